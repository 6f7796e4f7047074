//! What the folders in `examples/` promise, from their own `penstock.yaml` on a real Envoy.

mod budget;
mod cache;
mod claude_code;
mod keys;
mod limits;
mod pii;
mod providers;
mod quickstart;
mod regulated;
mod site;
mod telemetry;
mod two_tier;
