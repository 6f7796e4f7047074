//! The answer, its stream and its errors in their wire form.
//!
//! [`received`] is what a provider sends, read as leniently as "OpenAI-compatible" demands; [`sent`] is what a
//! client gets, with every field that the OpenAPI document requires. [`measured`] is for what goes on as it came.

pub mod measured;
pub mod received;
pub mod sent;
