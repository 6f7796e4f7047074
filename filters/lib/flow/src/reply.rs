/// An answer that the filter gives itself, without asking a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalReply {
    /// HTTP status.
    pub status: u16,
    /// Headers beside the content type, which is JSON.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Vec<u8>,
    /// Why, in one word for access logs (`%RESPONSE_CODE_DETAILS%`); no white space.
    pub details: &'static str,
}
