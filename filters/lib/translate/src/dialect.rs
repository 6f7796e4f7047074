//! What the translation needs of each API, and the one table that names them.

use std::borrow::Cow;

use penstock_chat::Api;
use penstock_chat::neutral::response::Answer;

use crate::error::{ApiError, Rendered, Report};
use crate::request::RequestDialect;
use crate::response::{AnswerError, Context, Measured, ReadAnswer};
use crate::stream::{Options, Reader, Writer};
use crate::{anthropic, openai};

/// One API's part in translating requests, errors, answers and streams.
pub(crate) struct Dialect {
    /// Inspects, reads, writes and edits requests.
    pub request: &'static dyn RequestDialect,
    /// Writes an error answer.
    pub render_error: fn(&ApiError) -> Rendered,
    /// Writes an error into a stream.
    pub render_error_event: fn(&ApiError, &mut Vec<u8>),
    /// Reads an error object; `None` if the text holds none.
    pub read_error: fn(&str) -> Option<Report>,
    /// Reads a whole answer.
    pub read_answer: for<'a> fn(&'a str) -> Result<ReadAnswer<'a>, AnswerError>,
    /// Measures a whole answer that goes on as it came; `None` if only [`Dialect::read_answer`] can tell what it is.
    pub measure_answer: for<'a> fn(&'a str) -> Option<Measured<'a>>,
    /// Writes a whole answer.
    pub write_answer: fn(&Context, &Answer<'_>) -> Result<Vec<u8>, AnswerError>,
    /// Reads a stream.
    pub reader: fn() -> Box<dyn Reader>,
    /// Writes a stream.
    pub writer: fn(&Options) -> Box<dyn Writer>,
}

/// The table: one line for each API.
pub(crate) fn dialect(api: Api) -> &'static Dialect {
    match api {
        Api::OpenAi => &openai::DIALECT,
        Api::Anthropic => &anthropic::DIALECT,
    }
}

/// An id of one API made from another's: its own prefix, and what follows the other's.
pub(crate) fn rename_id<'a>(id: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    if id.starts_with(to) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("{to}{}", id.strip_prefix(from).unwrap_or(id)))
}
