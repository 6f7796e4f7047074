//! What the instances of this filter tell each other, and everybody else, through filter state.
//!
//! Envoy keeps each value under `wasm.<key>` for the life of the request, across all its attempts.

use penstock_client::trail;
use penstock_client::usage::{self, EarlierUsage};
use serde::{Deserialize, Serialize};

/// The cluster of the next attempt; the route's matcher reads it.
pub const NEXT: &str = "penstock.next";
/// The [`Plan`](penstock_plan::Plan), [`packed`], written once by the front instance.
pub const PLAN: &str = "penstock.plan";
/// [`Journey`], [`packed`], kept current by the back instances; absent before the first attempt.
pub const PROGRESS: &str = "penstock.progress";
/// The attempts as text, `openai:429,claude:200`. Access logs print it.
pub const ATTEMPTS: &str = usage::ATTEMPTS;
/// How many attempts there have been, the running one included.
pub const ATTEMPT: &str = "penstock.attempt";
/// Present if a stream was asked for.
pub const STREAM: &str = "penstock.stream";
/// What the answer has cost in millionths of a dollar, once that is known. For spans and access logs.
pub const COST: &str = "penstock.cost";
/// [`UsageRecord`](usage::UsageRecord) as JSON, current after every event that changes it; written at the start of
/// every attempt but the first, of which [`ATTEMPTS`] tells as much. Access logs print it.
pub const USAGE: &str = usage::USAGE;
/// [`Trail`](trail::Trail) as JSON, kept for the service, current after every event that changes it. Without one,
/// it is not kept.
pub const TRAIL: &str = trail::TRAIL;
/// The last error a provider gave, as [`LastError`] JSON. It may quote a prompt: never printed.
pub const ERROR: &str = "penstock.error";
/// The client's own [`Credential`](crate::credential::Credential), [`packed`], where a target of the plan is to have
/// it. Never printed.
pub const CREDENTIAL: &str = "penstock.client_credential";

/// What spans and access logs read as text or as a number.
pub fn told() -> impl Iterator<Item = &'static str> {
    [ATTEMPTS, ATTEMPT, STREAM, COST]
        .into_iter()
        .chain(usage::UsageRecord::single_keys())
}

/// Present once the client has left before an answer began.
pub const CLIENT_GONE: &str = "penstock.client_gone";

/// The outcome, in [`ATTEMPTS`], of an attempt that ran out of time.
pub const TIMEOUT: &str = "timeout";

/// The value of [`NEXT`] when the plan has ended: no cluster has this name, so the matcher finds none.
pub const PLAN_ENDED: &str = "penstock-plan-ended";

/// How far the request has come, what the running attempt had to leave out, and what those before it have used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Attempts and the next target.
    pub progress: penstock_plan::Progress,
    /// Fields of the client's request that the target of the running attempt cannot express.
    pub loss: Vec<String>,
    /// What the attempts have used that failed although an answer had begun, or time had run out.
    pub billed: Vec<EarlierUsage>,
}

impl Journey {
    /// Before the first attempt.
    pub fn start() -> Self {
        Self {
            progress: penstock_plan::Progress::start(),
            loss: Vec::new(),
            billed: Vec::new(),
        }
    }
}

/// The last error of a provider, already fit to be shown to the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// HTTP status for the client.
    pub status: u16,
    /// Body in the client's dialect.
    pub body: String,
    /// The provider's `Retry-After`, where it means something to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
}

/// A value in the compact form in which the instances hand it to each other.
pub fn packed(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).unwrap_or_default()
}

/// A value that [`packed`] has written.
pub fn unpacked<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// A value in the form that others read. Our types always serialise; an empty value reads back as absent.
pub fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
