//! token-quota: counts the tokens of every request, and holds callers to their limits.
//!
//! At admission it reserves what a request may take at most, in every limit that applies or in none. At the end,
//! whatever the end is, it puts what was really used in the place of the reservation. Limits hold across all
//! workers of one Envoy: windows live in shared data and are changed by compare-and-swap. Where several Envoys share
//! them, each uses what a service has granted it, which is asked for in the background.
//!
//! It refuses to let through what it could not count, to keep a reservation of a request that is gone, and to name
//! a caller in a message. It keeps nothing in a worker but its working memory.

mod admission;
mod answer;
mod caller;
mod charge;
mod claims;
mod ending;
mod filter;
mod holds;
mod lease;
mod metrics;
mod overrun;
mod pace;
mod policy;
mod settlement;
#[cfg(target_arch = "wasm32")]
mod shell;
mod standing;
mod worker;

pub use caller::Caller;
pub use filter::Filter;
pub use lease::{Call, Lessee, Turn};
pub use worker::Worker;
