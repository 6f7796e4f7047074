//! OpenAI chat completions, as its OpenAPI document of 2026 describes them.

pub mod request;
pub mod response;
