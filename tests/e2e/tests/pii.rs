//! Personal data, on a real Envoy with two workers.
//!
//! Tests share one gateway ([`world`]); the scripted provider answers with what it was sent.

mod actions;
mod bad_input;
mod cuts;
mod fallback;
mod key;
mod leaks;
mod quota;
mod refusals;
mod report;
mod round_trip;
mod tenants;
mod thinking;
mod transport;
mod values;
mod world;
