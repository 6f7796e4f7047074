//! The plan of one request: its ordered targets, and which comes next after a failure.
//!
//! Pure policy. Envoy does the retrying; this crate says whether, where and how long to wait. The plan is
//! settled once, before the first attempt; [`Progress`] goes from attempt to attempt.

mod decision;
mod failure;
mod plan;
mod price;
mod progress;

pub use decision::{Chosen, DECISION, Decision, Lookup, NAMESPACE};
pub use failure::Failure;
pub use plan::Plan;
pub use price::Price;
pub use progress::{Attempt, Next, Progress};
