//! The one definition of `penstock.yaml`, and the slices of it that parts of Penstock are given.
//!
//! With the feature `file` (default) it reads and checks `penstock.yaml`; filters leave that out and only
//! parse their slice, which `penstock render` has written and which is therefore already checked.
//!
//! It never reads a secret, an environment variable or a file that the configuration names: those
//! belong to whoever uses the configuration.

#[cfg(feature = "file")]
mod attributes;
#[cfg(feature = "file")]
mod cache;
#[cfg(feature = "file")]
mod config;
#[cfg(feature = "file")]
mod credential;
#[cfg(feature = "file")]
mod endpoint;
#[cfg(feature = "file")]
mod fail;
#[cfg(feature = "file")]
mod health;
#[cfg(feature = "file")]
mod identity;
#[cfg(feature = "file")]
mod keys;
#[cfg(feature = "file")]
mod ledger;
#[cfg(feature = "file")]
mod limits;
#[cfg(feature = "file")]
mod listen;
#[cfg(feature = "file")]
mod model;
#[cfg(feature = "file")]
mod money;
#[cfg(feature = "file")]
mod only;
#[cfg(feature = "file")]
mod pii;
#[cfg(feature = "file")]
mod problem;
#[cfg(feature = "file")]
mod provider;
#[cfg(feature = "file")]
mod quota;
#[cfg(feature = "file")]
mod raw;
#[cfg(feature = "file")]
mod read;
#[cfg(feature = "file")]
mod route;
#[cfg(feature = "file")]
pub mod routing;
#[cfg(feature = "file")]
mod service;
pub mod slice;
#[cfg(feature = "file")]
mod suggest;
#[cfg(feature = "file")]
pub mod telemetry;
#[cfg(feature = "file")]
mod unit;

#[cfg(feature = "file")]
pub use penstock_chat::Api;
#[cfg(feature = "file")]
pub use penstock_translate::target::Flavor;

#[cfg(feature = "file")]
pub use self::{
    attributes::Attributes,
    cache::{Cache, CachePolicy, CacheStore, Embedder, EmbeddingEndpoint, Share},
    config::{AccessLog, Config},
    credential::Credential,
    endpoint::{Endpoint, Scheme},
    fail::Fail,
    health::Health,
    keys::{Fault, Holder, Key, KeyHash, KeyLimits, Keys},
    ledger::{Bodies, Ledger, Otlp},
    limits::Limits,
    money::{Approval, Budget, Downgrade, Exceeded, Money, OnAway, Payer, Period, PriceOverride},
    pii::Pii,
    problem::{Invalid, LoadError, Problem},
    provider::{Capacity, Provider, Queue, Tls},
    quota::{Quota, Service, StrictLimit},
    route::{ROUTES, Route},
    routing::Routing,
    service::{DecisionService, Redis, RedisSource},
    telemetry::{Telemetry, Traces},
    unit::ByteCount,
};
