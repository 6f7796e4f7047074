//! The answer, its stream and its errors in their wire form.
//!
//! [`received`] is what a provider sends, unknown members skipped; [`sent`] is what a client gets, with every
//! field that the official SDKs require. [`measured`] is for what goes on as it came.

pub mod measured;
pub mod received;
pub mod sent;
