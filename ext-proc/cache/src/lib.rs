//! The semantic cache: which answer is the answer to another request, too, and where answers are kept.
//!
//! A wrong hit is worse than a miss. An entry can only answer a request of the same [`Partition`], in which everything is
//! hashed but what the user said last; that is compared by meaning, and then [`guard`] looks for what meaning does not
//! see. Texts here are masked: this stage is behind pii-redaction. Nothing here knows Envoy, or reads a clock.

pub mod answer;
pub mod entry;
pub mod guard;
pub mod judge;
pub mod request;
pub mod store;
pub mod threshold;

pub use answer::Answer;
pub use entry::{Entry, Key, Partition, Scope};
pub use request::Asked;
