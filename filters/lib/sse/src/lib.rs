//! Server-sent events, as the WHATWG HTML standard describes them (section 9.2, read 2026-11).
//!
//! [`Decoder`] takes a stream in pieces of any size and lends one [`Frame`] per event, with the exact bytes that
//! it came in, so that an event can be passed on untouched. [`write`] encodes. What comes out does not depend on
//! where the input was cut.
//!
//! The decoder refuses an event larger than its limit and one that is not UTF-8; it holds at most one limit plus
//! the last piece, and reads every byte once. It knows nothing of reconnection: `id` and `retry` are skipped.

mod decoder;
mod encoder;
mod frame;

pub use decoder::{DecodeError, Decoder};
pub use encoder::write;
pub use frame::Frame;
