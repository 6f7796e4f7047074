//! End-to-end tests on a real Envoy: one file for each concern.
//!
//! Tests share one gateway with one worker ([`world`]) where they can, and tell their requests apart by a marker in the
//! prompt. The provider is scripted; which fault it shows is in the name of the model that an alias leads to.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests"
)]

mod ask;
mod bad_input;
mod choices;
mod commit;
mod concurrency;
mod credentials;
mod errors;
mod fallback;
mod headers;
mod http2;
mod lease;
mod live;
mod memory;
mod models;
mod pace;
mod pii;
mod plans;
mod quota;
mod read;
mod service;
mod streaming;
mod tls;
mod translation;
mod world;
