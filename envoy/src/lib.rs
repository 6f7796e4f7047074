//! Renders `penstock.yaml` into a bootstrap for a stock Envoy, and runs it there.

pub mod admin;
pub mod binary;
pub mod pii_key;
pub mod process;
pub mod render;
pub mod runtime_dir;
pub mod xds;
