//! pii-redaction: keeps personal data from providers, and gives it back to the client.
//!
//! In a request it puts placeholders in the place of personal data, or refuses it, as the policy of the model says. In the answer it
//! puts the client's own values back: in a whole answer, in every text of a stream, inside the arguments of tool calls, wherever
//! the pieces are cut. Nothing is kept beyond the request: a placeholder depends on a key, the tenant and the value.
//!
//! It refuses to let through what it could not look into, unless the policy says so, and to show a value in an
//! error, a header, a statistic or a log. It does not find names and addresses of people, which have no structure.

mod answer;
mod channel;
mod chunk;
mod event;
mod filter;
mod metrics;
mod opaque;
mod policy;
mod report;
mod request;
mod rule;
#[cfg(target_arch = "wasm32")]
mod shell;
mod stream;
mod walk;
mod worker;

pub use filter::Filter;
pub use worker::{Unusable, Worker};
