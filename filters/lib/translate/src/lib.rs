//! Translation between chat APIs, through the neutral form of `penstock-chat`.
//!
//! Pure: bytes in, bytes out, no clock and no I/O. What a target cannot express is reported as a
//! [`loss::Loss`], never dropped in silence. Within one API the bytes of the client are edited, not rebuilt.

pub mod anthropic;
mod dialect;
pub mod error;
pub mod json;
pub mod loss;
pub mod openai;
pub mod request;
pub mod response;
pub mod stream;
pub mod target;
