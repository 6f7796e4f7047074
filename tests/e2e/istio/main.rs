//! What `penstock render istio` writes, merged into what istiod gives a proxy, in a real Envoy.
//!
//! No control plane runs here: [`istiod`] makes, from the rendered resources, the listeners, routes and clusters that one
//! would, and applies the patches the way Istio's sources say. What Envoy makes of the result is real.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "these are tests"
)]

mod fetch;
mod gateway;
mod istiod;
mod merge;
mod mesh;
mod sidecar;
