//! Anthropic messages.

pub mod error;
pub mod request;
pub mod response;
pub mod stream;

/// Anthropic's line in the table of dialects.
pub(crate) const DIALECT: crate::dialect::Dialect = crate::dialect::Dialect {
    request: &request::Dialect,
    render_error: error::render,
    render_error_event: error::render_event,
    read_error: error::read,
    read_answer: response::read,
    measure_answer: response::measure,
    write_answer: response::write,
    reader: stream::reader,
    writer: stream::writer,
};
