//! Wire types of each chat API, and the neutral form between them.
//!
//! Holds shapes only: nothing here decides, translates or does I/O. The wire types are those of the
//! public documents of each API; what an API has and the neutral form has not is for `translate` to report.

pub mod anthropic;
mod api;
mod finish;
pub mod measured;
mod money;
pub mod neutral;
pub mod openai;
pub mod shape;
mod text;
mod usage;

pub use api::Api;
pub use finish::FinishReason;
pub use money::{InvalidAmount, MicroUsd};
pub use usage::{Tokens, Usage};
