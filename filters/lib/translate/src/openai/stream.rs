//! OpenAI's streams, to and from neutral events.

mod reader;
mod writer;

pub(crate) use reader::reader;
pub(crate) use writer::writer;
