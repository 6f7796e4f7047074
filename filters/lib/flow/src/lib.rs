//! What a filter decides, as plain data.
//!
//! A filter's state machine takes an event (headers, a body, the end of a stream) and the time, and returns a
//! [`Step`]: what to change, what to remember, and whether to go on. It never calls the host, so its tests
//! are plain data; `penstock-host` carries steps out inside Envoy.

mod header;
mod reply;
mod step;

pub use header::{HeaderOp, Headers};
pub use reply::LocalReply;
pub use step::{Body, Count, Level, LogLine, Sample, Shift, Step, Verdict};
