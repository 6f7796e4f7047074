//! The service beside a real Envoy.

mod decisions;
mod world;
