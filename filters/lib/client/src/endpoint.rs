use penstock_chat::Api;

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// A chat completion or message.
    Chat,
    /// How many input tokens a message would take.
    CountTokens,
    /// What a chat completion or message would cost.
    Estimate,
    /// The list of models.
    Models,
    /// One model of that list.
    Model(&'a str),
    /// Nothing that is served here.
    Unknown,
}

impl<'a> Endpoint<'a> {
    /// Reads `path`, and the dialect in which it is answered. Paths that both APIs have are answered in Anthropic's
    /// if the request carries `anthropic-version`, which Anthropic's SDKs always send.
    pub fn of(path: &'a str, anthropic_version: bool) -> (Self, Api) {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let shared = if anthropic_version {
            Api::Anthropic
        } else {
            Api::OpenAi
        };
        match path {
            "/v1/chat/completions" => (Self::Chat, Api::OpenAi),
            "/v1/messages" => (Self::Chat, Api::Anthropic),
            "/v1/messages/count_tokens" => (Self::CountTokens, Api::Anthropic),
            "/v1/models" => (Self::Models, shared),
            "/v1/penstock/estimate" => (Self::Estimate, shared),
            _ => match path.strip_prefix("/v1/models/") {
                Some(name) => (Self::Model(name), shared),
                None if path.starts_with("/v1/messages") => (Self::Unknown, Api::Anthropic),
                None => (Self::Unknown, shared),
            },
        }
    }

    /// Whether a request for it has a body.
    pub fn takes_body(self) -> bool {
        matches!(self, Self::Chat | Self::CountTokens | Self::Estimate)
    }

    /// The method that is right, if `method` is not.
    pub(crate) fn wrong_method(self, method: &str) -> Option<&'static str> {
        let allowed = match self {
            Self::Chat | Self::CountTokens | Self::Estimate => "POST",
            Self::Models | Self::Model(_) => "GET",
            Self::Unknown => return None,
        };
        (method != allowed).then_some(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_endpoint_and_dialect() {
        let cases = [
            ("/v1/chat/completions", false, Endpoint::Chat, Api::OpenAi),
            ("/v1/chat/completions?x=1", true, Endpoint::Chat, Api::OpenAi),
            ("/v1/messages?beta=true", false, Endpoint::Chat, Api::Anthropic),
            (
                "/v1/messages/count_tokens?beta=true",
                false,
                Endpoint::CountTokens,
                Api::Anthropic,
            ),
            (
                "/v1/messages/count_tokens/",
                false,
                Endpoint::Unknown,
                Api::Anthropic,
            ),
            ("/v1/messages/batches", false, Endpoint::Unknown, Api::Anthropic),
            ("/v1/models", false, Endpoint::Models, Api::OpenAi),
            ("/v1/penstock/estimate", false, Endpoint::Estimate, Api::OpenAi),
            (
                "/v1/penstock/estimate?x",
                true,
                Endpoint::Estimate,
                Api::Anthropic,
            ),
            ("/v1/models", true, Endpoint::Models, Api::Anthropic),
            ("/v1/models/a/b", false, Endpoint::Model("a/b"), Api::OpenAi),
            ("/v1/embeddings", false, Endpoint::Unknown, Api::OpenAi),
            ("", false, Endpoint::Unknown, Api::OpenAi),
        ];
        for (path, version, endpoint, dialect) in cases {
            assert_eq!(Endpoint::of(path, version), (endpoint, dialect), "{path}");
        }
    }
}
