//! Limits, on a real Envoy with two workers.
//!
//! Tests share one gateway ([`world`]), and each has tenants of its own, so that none sees what another has used.

mod admission;
mod bad_input;
mod counting;
mod disconnects;
mod exits;
mod flood;
mod holds;
mod learning;
mod metadata;
mod metrics;
mod off;
mod overrun;
mod refusals;
mod scopes;
mod shadow;
mod world;
