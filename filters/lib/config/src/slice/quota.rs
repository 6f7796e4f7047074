//! Plugin configuration of token-quota.

use penstock_chat::Tokens;
use serde::{Deserialize, Serialize};

use super::Identity;

/// Plugin configuration of token-quota.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenQuota {
    /// Hash of the active configuration, in every decision and log line.
    pub policy_version: String,
    /// The largest request body that is taken.
    pub max_request_bytes: u64,
    /// The largest single event of a stream.
    pub max_event_bytes: u64,
    /// Every model a client may ask for, in the order of the configuration.
    pub models: Vec<CountedModel>,
    /// Where the names are that limits tell callers apart by.
    pub identity: Identity,
    /// Tenants that statistics name; all others are one.
    pub tenants: Vec<String>,
    /// In the order of the configuration, one for each amount.
    pub limits: Vec<Limit>,
    /// The most windows that one Envoy keeps at once.
    pub windows: u32,
    /// How long a reservation lasts that is not renewed, in milliseconds.
    pub hold_ms: u64,
    /// An answer from the cache costs what its provider would have taken.
    pub charge_cached: bool,
    /// Where limits are leased from that several Envoys share; without it each Envoy holds them alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leases: Option<Leases>,
    /// The service that decides is told what each request takes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tells_service: bool,
}

/// A model alias, and what is known of its tokens before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedModel {
    /// The name that clients ask for.
    pub name: String,
    /// The model whose way of counting holds for it: the first target's, unless the configuration names another.
    pub counted_as: String,
    /// What an answer is taken to need where the client says nothing.
    pub default_output_tokens: Tokens,
    /// The most output tokens that any of its targets gives, if all of them say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<Tokens>,
}

/// What limits tell requests apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// [`Identity::tenant`].
    Tenant,
    /// [`Identity::key`].
    Key,
    /// [`Identity::agent`].
    Agent,
    /// The alias that the client asks for.
    Model,
    /// The name of Envoy's route.
    Route,
}

/// One amount, and whom it holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Its name in the configuration, which all amounts of one entry share.
    pub name: String,
    /// Each combination of these has a window of its own; one window for all if it is empty.
    pub per: Vec<Scope>,
    /// Every scope that is listed must have one of its values, or the limit does not apply.
    pub only: Vec<(Scope, Vec<String>)>,
    /// What is counted, and over which time.
    pub kind: Kind,
    /// The most that is admitted, in the unit of `kind`; never zero.
    pub amount: u64,
    /// How much is set aside for an answer that is yet to come.
    pub reserve: Reserve,
    /// What becomes of a stream that outgrows what was set aside for it.
    pub on_overrun: Overrun,
    /// It counts and reports, and lets everything through.
    pub shadow: bool,
    /// The part of it that is admitted without a valid lease, in thousandths, where it differs from
    /// [`Leases::initial_permille`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_permille: Option<u32>,
}

/// What is counted, and over which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Input and output tokens in a minute.
    TokensPerMinute,
    /// Input and output tokens in an hour.
    TokensPerHour,
    /// Input and output tokens in a day.
    TokensPerDay,
    /// Requests in a minute.
    RequestsPerMinute,
    /// Requests at once.
    ConcurrentRequests,
    /// Input tokens of one request.
    InputTokens,
}

/// How much is set aside for an answer that is yet to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reserve {
    /// The most that it can take.
    #[default]
    Full,
    /// What answers of this model to this key have mostly taken.
    Learned,
}

/// What becomes of a stream that outgrows what was set aside for it, with nothing left in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overrun {
    /// It goes on, and the next window pays.
    #[default]
    Finish,
    /// It is ended as if the answer had reached its greatest length.
    Cut,
}

/// Where limits are leased from that several Envoys share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leases {
    /// The Envoy cluster that leads to the service.
    pub cluster: String,
    /// This Envoy's name to the service, which no other has; without it, the filter makes one up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// How often leases are renewed, in milliseconds.
    pub refresh_ms: u64,
    /// The part of a limit that is admitted without a valid lease, in thousandths.
    pub initial_permille: u32,
    /// How long one call may take, in milliseconds.
    pub timeout_ms: u64,
}
