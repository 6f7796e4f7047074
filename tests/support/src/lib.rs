//! What tests, benchmarks and the demo stand on: a scripted provider, a quota service, a client that sees everything,
//! and a harness around a real Envoy.
//!
//! Nothing here is part of the gateway. Everything waits for conditions, never for a time.

pub mod client;
pub mod collector;
pub mod gateway;
mod play;
pub mod provider;
pub mod quota_service;
pub mod redis;
pub mod service;
pub mod wait;

pub use client::Request;
pub use collector::Collector;
pub use gateway::Gateway;
pub use provider::Provider;
pub use quota_service::QuotaService;
pub use redis::Redis;
pub use service::Service;
