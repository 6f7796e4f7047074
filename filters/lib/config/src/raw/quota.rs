//! `quota` as it is written.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Flag, List, Number, Text, Tls};
use crate::spanned::Spanned;

/// Who may use how much, and how it is counted.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quota {
    /// `false` leaves the filter out: nothing is counted. Default `true`.
    pub(crate) enabled: Flag,
    /// The most windows that one Envoy keeps at once, 64 to 65536. Default `4096`.
    pub(crate) windows: Number,
    /// How long a reservation lasts that nobody renews; `30s` to `1h`. Default `2m`.
    pub(crate) hold: Text,
    /// What an answer is taken to need where neither the client nor the model says. Default `4096`.
    pub(crate) default_output_tokens: Number,
    /// Whether an answer from the cache costs what its provider would have taken. Default `false`.
    pub(crate) charge_cached: Flag,
    /// Tenants that metrics show by name, at most 1000. All others are one, `other`.
    pub(crate) tenants: List<String>,
    /// All that apply must admit a request.
    pub(crate) limits: List<Limit>,
    /// Where limits are leased from that several Envoys share.
    pub(crate) service: Option<Spanned<Service>>,
}

/// What may be used. One of its amounts is needed, each 1 to 10¹².
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limit {
    /// Letters, digits, `-` and `_`, at most 64; unique. Errors and metrics name it. Required.
    pub(crate) name: Text,
    /// Each combination of these has a window of its own; without any, there is one for all. Each one of `tenant`,
    /// `key`, `agent`, `model`, `route`.
    pub(crate) per: List<String>,
    /// Whose requests it holds for. Without it, all.
    #[serde(rename = "match")]
    pub(crate) only: Option<Match>,
    /// Input and output tokens.
    pub(crate) tokens_per_minute: Number,
    /// Input and output tokens.
    pub(crate) tokens_per_hour: Number,
    /// Input and output tokens.
    pub(crate) tokens_per_day: Number,
    /// Requests that were admitted.
    pub(crate) requests_per_minute: Number,
    /// Requests under way at once.
    pub(crate) concurrent_requests: Number,
    /// Input tokens of one request.
    pub(crate) input_tokens: Number,
    /// What is set aside for an answer: all that it can take, or what such answers have mostly taken. One of `full`,
    /// `learned`. Default `full`.
    pub(crate) reserve: Text,
    /// A stream that outgrows what was set aside, with nothing left, goes on, or is ended as if it had reached its
    /// greatest length. One of `finish`, `cut`. Default `finish`.
    pub(crate) on_overrun: Text,
    /// Counts and reports what would be refused, and lets it through. Default `false`.
    pub(crate) shadow: Flag,
    /// Each request reserves in the service before it is sent, so the limit is exact over all Envoys at any moment.
    /// Default `false`.
    pub(crate) strict: Flag,
    /// While it cannot be asked how the limit stands, a part of it is admitted, or nothing. Only with `strict` or a
    /// `service`. One of `open`, `closed`. Default `open`.
    pub(crate) fail: Text,
}

/// Whose requests: those that have one of the values in every list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Match {
    /// Tenants.
    pub(crate) tenant: List<String>,
    /// Ids of keys.
    pub(crate) key: List<String>,
    /// Agents.
    pub(crate) agent: List<String>,
    /// Models that clients ask for.
    pub(crate) model: List<String>,
    /// Endpoints. Each one of `chat-completions`, `messages`.
    pub(crate) route: List<String>,
}

/// Where limits are leased from. No request waits for it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Service {
    /// `http://` or `https://`, host and port, no path; of Penstock's own service the address of `service.listen`.
    /// Required.
    pub(crate) url: Text,
    /// Trust in its certificate.
    pub(crate) tls: Option<Spanned<Tls>>,
    /// This Envoy's name there: letters, digits, `-` and `_`, at most 64. No other may have it. Without it, one is
    /// made up at the start.
    pub(crate) proxy: Text,
    /// How often leases are renewed; `100ms` to `1m`. Default `500ms`.
    pub(crate) refresh: Text,
    /// How long one call may take; at most `30s`. Default `1s`.
    pub(crate) timeout: Text,
    /// Percentage of each limit that this Envoy admits without a valid lease. `0` admits nothing then. Default `10`.
    pub(crate) initial_share: Number,
}
