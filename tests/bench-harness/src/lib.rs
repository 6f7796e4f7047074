//! What the benchmarks stand on: bootstraps made from the rendered one, probes that time code inside Envoy, traffic through a
//! gateway, resident memory, and texts that are the same in every run.
//!
//! It measures and prints nothing by itself.

pub mod bootstrap;
pub mod config;
pub mod memory;
pub mod probe;
pub mod prose;
pub mod random;
pub mod sample;
pub mod traffic;
