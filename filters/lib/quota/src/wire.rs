//! The messages of `proto/penstock/quota/v1/quota.proto`, which says what they mean.
//!
//! They are written by hand, so that building a filter takes no `protoc`.

use prost::Message;

/// Calls of the service, as gRPC names them.
pub const SERVICE: &str = "penstock.quota.v1.Quota";
/// Asks for leases: a [`LeaseRequest`] for a [`LeaseResponse`].
pub const LEASE: &str = "Lease";
/// Reports windows that are over: a [`SettleRequest`] for a [`SettleResponse`].
pub const SETTLE: &str = "Settle";

/// What one Envoy has used, and wants.
#[derive(Clone, PartialEq, Message)]
pub struct LeaseRequest {
    /// Which Envoy.
    #[prost(string, tag = "1")]
    pub proxy: String,
    /// Its windows.
    #[prost(message, repeated, tag = "2")]
    pub windows: Vec<Window>,
}

/// A window as one proxy sees it.
#[derive(Clone, PartialEq, Message)]
pub struct Window {
    /// Which window.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// What people call it.
    #[prost(string, tag = "2")]
    pub label: String,
    /// Its length; zero for a limit on what is under way at once.
    #[prost(uint64, tag = "3")]
    pub span_ms: u64,
    /// Most that all proxies together may use.
    #[prost(uint64, tag = "4")]
    pub limit: u64,
    /// Which of the successive windows of this key.
    #[prost(uint64, tag = "5")]
    pub window: u64,
    /// How long ago it was opened here.
    #[prost(uint64, tag = "6")]
    pub age_ms: u64,
    /// What was used here in all.
    #[prost(uint64, tag = "7")]
    pub used: u64,
    /// What is reserved on top of it.
    #[prost(uint64, tag = "8")]
    pub held: u64,
    /// The total that would have been needed for what was refused.
    #[prost(uint64, tag = "9")]
    pub wanted: u64,
}

/// What the service grants.
#[derive(Clone, PartialEq, Message)]
pub struct LeaseResponse {
    /// One for each window that changes.
    #[prost(message, repeated, tag = "1")]
    pub grants: Vec<Grant>,
}

/// What one proxy may use of a window.
#[derive(Clone, PartialEq, Message)]
pub struct Grant {
    /// Which window.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// Which of the successive windows of this key.
    #[prost(uint64, tag = "2")]
    pub window: u64,
    /// What it may use and hold in all.
    #[prost(uint64, tag = "3")]
    pub granted: u64,
    /// When the window is over; zero if the proxy's own idea is right.
    #[prost(uint64, tag = "4")]
    pub reset_ms: u64,
    /// How long the grant is valid.
    #[prost(uint64, tag = "5")]
    pub valid_ms: u64,
}

/// What was used of windows that are over.
#[derive(Clone, PartialEq, Message)]
pub struct SettleRequest {
    /// Which Envoy.
    #[prost(string, tag = "1")]
    pub proxy: String,
    /// Its windows.
    #[prost(message, repeated, tag = "2")]
    pub windows: Vec<Closed>,
}

/// A window that is over.
#[derive(Clone, PartialEq, Message)]
pub struct Closed {
    /// Which window.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// What people call it.
    #[prost(string, tag = "2")]
    pub label: String,
    /// Its length.
    #[prost(uint64, tag = "3")]
    pub span_ms: u64,
    /// Which of the successive windows of this key.
    #[prost(uint64, tag = "4")]
    pub window: u64,
    /// What was used here in all.
    #[prost(uint64, tag = "5")]
    pub used: u64,
}

/// The service has noted them.
#[derive(Clone, PartialEq, Message)]
pub struct SettleResponse {}
