//! The service beside a real Envoy.

mod bad_input;
mod budgets;
mod cache;
mod decisions;
mod estimates;
mod health;
mod identity;
mod jwt;
mod keys;
mod ledger;
mod limits;
mod metrics;
mod reload;
mod replicas;
mod residency;
mod telemetry;
mod world;
