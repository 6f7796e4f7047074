//! Anthropic messages, API version `2023-06-01`.

pub mod request;
pub mod response;
