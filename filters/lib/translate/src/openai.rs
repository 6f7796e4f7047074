//! OpenAI chat completions and what calls itself compatible with it.

pub mod error;
pub mod request;
pub mod response;
pub mod stream;
