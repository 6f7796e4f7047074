//! The answer, its stream and its errors in their wire form.
//!
//! [`received`] is what a provider sends, unknown members skipped; [`sent`] is what a client gets, with every
//! field that the official SDKs require.

pub mod received;
pub mod sent;
