//! Anthropic's streams, to and from neutral events.

mod arguments;
mod reader;
mod writer;

pub(crate) use reader::reader;
pub(crate) use writer::writer;
