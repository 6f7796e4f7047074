//! `ledger` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Credential, Text, Tls};
use crate::spanned::Spanned;

/// What is written down of each request, in `service.data`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ledger {
    /// How long a row is kept; `1d` to `3650d`. Default `90d`.
    pub(crate) retention: Text,
    /// How often rows are written, and so the most that is lost when the service is killed; `10ms` to `1s`. Default
    /// `500ms`.
    pub(crate) flush: Text,
    /// A collector that is told of each request.
    pub(crate) otlp: Option<Spanned<Otlp>>,
    /// What is kept beside numbers and names.
    pub(crate) audit: Option<Audit>,
}

/// A collector that takes OTLP over gRPC.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Otlp {
    /// `http://` or `https://`, host and port. Required.
    pub(crate) url: Text,
    /// Trust in its certificate.
    pub(crate) tls: Option<Spanned<Tls>>,
    /// `{ env: NAME }`: an environment variable of the service with `name=value,name=value`.
    pub(crate) headers: Option<Spanned<Credential>>,
}

/// What is kept of requests themselves.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audit {
    /// `masked` keeps requests as they leave pii-redaction. Needs `pii`. One of `none`, `masked`. Default `none`.
    pub(crate) bodies: Text,
}
