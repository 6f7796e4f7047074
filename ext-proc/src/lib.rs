//! The service that decides what needs memory of other requests: who may ask, where a request goes and in which
//! order, what it may cost, and which limits all proxies share.
//!
//! Envoy asks it before each request is sent: ext_authz for the key, ext_proc for the decision; and tells it
//! afterwards how the request went, by its gRPC access log. The decision is a pure state machine; the shells around
//! it move messages and read the clock. Prompt text is looked at and never logged; what the cache keeps
//! of it is masked.

pub mod access_log;
pub mod admin;
pub mod authorize;
pub mod cache;
pub mod caller;
pub mod collector;
pub mod console;
pub mod counting;
pub mod deciding;
mod fixed;
pub mod health;
pub mod keys;
mod label;
pub mod ledger;
pub mod limits;
pub mod metrics;
pub mod money;
pub mod news;
pub mod outcome;
pub mod plan;
pub mod process;
pub mod quota;
pub mod receipt;
pub mod reload;
pub mod secrets;
pub mod server;
pub mod service;
pub mod session;
pub mod settling;
pub mod snapshot;
pub mod store;
pub mod telemetry;
pub mod verdict;
