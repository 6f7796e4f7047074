//! Requests through a gateway to a provider, both in this process, so that one clock times both ends.

pub mod client;
mod clock;
pub mod fixture;
pub mod provider;
