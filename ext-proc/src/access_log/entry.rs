//! From one entry of Envoy's access log to how a request went.

use std::{collections::HashMap, time::Duration};

use envoy_types::pb::{
    envoy::data::accesslog::v3::{AccessLogCommon, AccessLogType, HttpAccessLogEntry},
    google::protobuf::{self, value::Kind},
};
use penstock_client::{
    trail::{Stop, TRAIL, Trail},
    usage::{ATTEMPTS, USAGE, UsageRecord},
};
use penstock_plan::NAMESPACE;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    filter_state::{self, Unreadable},
    flags,
};
use crate::{
    caller::Caller,
    outcome::Outcome,
    receipt::{RECEIPT, Receipt},
};

const AUTHZ: &str = "envoy.filters.http.ext_authz";
const CALLER: &str = "caller";
const PATH: &str = "penstock.path";
const REQUEST_ID: &str = "penstock.request_id";
const PII: &str = "penstock.pii";
/// The tag of an entry that says under which configuration the request was served. Where it is missing, what the node
/// has announced holds.
const POLICY_VERSION: &str = "penstock.policy_version";

const LONGEST_ID: usize = 128;
const LONGEST_PATH: usize = 1024;
const LONGEST_DETAILS: usize = 256;
pub(super) const LONGEST_VERSION: usize = 64;
/// Most bytes of JSON in dynamic metadata.
const LONGEST_JSON: usize = 64 << 10;
const MOST_KINDS: usize = 64;
const MOST_STOPS: usize = 64;

/// What became of one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// How the request went; none without its id: nothing could be settled.
    pub outcome: Option<Outcome>,
    /// What was there and made no sense.
    pub unreadable: Vec<Part>,
}

/// Part of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Part {
    Id,
    Path,
    Caller,
    Receipt,
    Trail,
    Attempts,
    Usage,
    Pii,
}

impl Part {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Path => "path",
            Self::Caller => "caller",
            Self::Receipt => "receipt",
            Self::Trail => "trail",
            Self::Attempts => "attempts",
            Self::Usage => "usage",
            Self::Pii => "pii",
        }
    }
}

/// What pii-redaction leaves of a request; other fields are its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pii {
    found: HashMap<String, u64>,
}

/// Reads one entry of a node that has announced `policy_version`. None for an entry that was written before its request
/// was over.
pub fn read(entry: &HttpAccessLogEntry, policy_version: &str) -> Option<Reading> {
    let nothing = AccessLogCommon::default();
    let common = entry.common_properties.as_ref().unwrap_or(&nothing);
    let last = [AccessLogType::NotSet, AccessLogType::DownstreamEnd].map(|kind| kind as i32);
    #[allow(deprecated)] // What an older Envoy says instead of a type.
    let intermediate = common.intermediate_log_entry;
    if intermediate || !last.contains(&common.access_log_type) {
        return None;
    }
    let mut reader = Reader {
        common,
        unreadable: Vec::new(),
    };
    let outcome = reader.outcome(entry, policy_version);
    if outcome.id.is_empty() {
        reader.unreadable.push(Part::Id);
    }
    Some(Reading {
        outcome: Some(outcome).filter(|outcome| !outcome.id.is_empty()),
        unreadable: reader.unreadable,
    })
}

struct Reader<'a> {
    common: &'a AccessLogCommon,
    unreadable: Vec<Part>,
}

impl Reader<'_> {
    fn outcome(&mut self, entry: &HttpAccessLogEntry, policy_version: &str) -> Outcome {
        let common = self.common;
        let response = entry.response.as_ref();
        let trail = match self.wasm(TRAIL, Part::Trail) {
            Some(trail) => trail,
            None => self.attempts(),
        };
        let caller = self.metadata::<Caller>(AUTHZ, CALLER, Part::Caller);
        let receipt = self.metadata::<Receipt>(NAMESPACE, RECEIPT, Part::Receipt);
        Outcome {
            id: self.id(entry),
            started_ms: common.start_time.as_ref().map_or(0, since_epoch_ms),
            duration_ms: millis(common.duration.as_ref())
                .or_else(|| millis(common.time_to_last_downstream_tx_byte.as_ref()))
                .unwrap_or_default(),
            first_byte_ms: millis(common.time_to_first_downstream_tx_byte.as_ref()),
            path: self.path(entry),
            // Where there are no keys, only the decision knows.
            caller: caller.or_else(|| receipt.as_ref()?.caller.clone()),
            receipt,
            trail: bounded_trail(trail),
            usage: self.wasm::<UsageRecord>(USAGE, Part::Usage),
            status: response
                .and_then(|response| response.response_code)
                .and_then(|code| u16::try_from(code.value).ok())
                .unwrap_or_default(),
            flags: common
                .response_flags
                .as_ref()
                .map(flags::short)
                .unwrap_or_default(),
            details: response.map_or_else(String::new, |response| {
                bounded(&response.response_code_details, LONGEST_DETAILS)
            }),
            pii: self.pii(),
            policy_version: common
                .custom_tags
                .get(POLICY_VERSION)
                .map_or_else(|| policy_version.to_owned(), |tag| bounded(tag, LONGEST_VERSION)),
        }
    }

    /// What our own filter has kept holds: the header is gone by now.
    fn id(&mut self, entry: &HttpAccessLogEntry) -> String {
        let kept = self.text(REQUEST_ID, Part::Id);
        let header = entry.request.as_ref().map(|request| request.request_id.as_str());
        let all = [kept.as_deref(), header, Some(self.common.stream_id.as_str())];
        let id = all.into_iter().flatten().find(|id| !id.is_empty());
        bounded(id.unwrap_or_default(), LONGEST_ID)
    }

    /// The entry's own is the one that the provider was sent.
    fn path(&mut self, entry: &HttpAccessLogEntry) -> String {
        let path = self.text(PATH, Part::Path).or_else(|| {
            let request = entry.request.as_ref()?;
            let paths = [&request.original_path, &request.path];
            paths.into_iter().find(|path| !path.is_empty()).cloned()
        });
        let path = path.unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap_or_default();
        bounded(path, LONGEST_PATH)
    }

    fn pii(&mut self) -> Vec<(String, u64)> {
        let found = self.wasm::<Pii>(PII, Part::Pii).unwrap_or_default().found;
        let mut found: Vec<_> = found
            .into_iter()
            .map(|(kind, count)| (bounded(&kind, LONGEST_ID), count))
            .collect();
        found.sort();
        found.truncate(MOST_KINDS);
        found
    }

    /// A proxy whose filters keep no trail leaves its attempts as text: `openai:429,claude:200`.
    fn attempts(&mut self) -> Trail {
        let text = self
            .text(&format!("wasm.{ATTEMPTS}"), Part::Attempts)
            .unwrap_or_default();
        let stops = text.split(',').filter_map(|attempt| {
            let (provider, outcome) = attempt.rsplit_once(':')?;
            Some(Stop {
                provider: provider.to_owned(),
                outcome: Some(outcome.to_owned()).filter(|outcome| outcome != "no-answer"),
                ..Stop::default()
            })
        });
        Trail(stops.collect())
    }

    fn text(&mut self, key: &str, part: Part) -> Option<String> {
        let value = filter_state::value(&self.common.filter_state_objects, key);
        self.noted(value, part)
            .and_then(|value| self.noted(String::from_utf8(value).map(Some).map_err(|_| Unreadable), part))
    }

    fn wasm<T: DeserializeOwned>(&mut self, key: &str, part: Part) -> Option<T> {
        let value = filter_state::value(&self.common.filter_state_objects, &format!("wasm.{key}"));
        let value = self.noted(value, part)?;
        self.noted(json(&value), part)
    }

    fn metadata<T: DeserializeOwned>(&mut self, namespace: &str, key: &str, part: Part) -> Option<T> {
        let metadata = self.common.metadata.as_ref()?;
        let value = metadata.filter_metadata.get(namespace)?.fields.get(key)?;
        let read = match value.kind.as_ref() {
            Some(Kind::StringValue(text)) => json(text.as_bytes()),
            _ => Err(Unreadable),
        };
        self.noted(read, part)
    }

    fn noted<T>(&mut self, read: Result<Option<T>, Unreadable>, part: Part) -> Option<T> {
        read.unwrap_or_else(|Unreadable| {
            self.unreadable.push(part);
            None
        })
    }
}

fn json<T: DeserializeOwned>(value: &[u8]) -> Result<Option<T>, Unreadable> {
    if value.len() > LONGEST_JSON {
        return Err(Unreadable);
    }
    serde_json::from_slice(value).map(Some).map_err(|_| Unreadable)
}

fn bounded_trail(mut trail: Trail) -> Trail {
    trail.0.truncate(MOST_STOPS);
    for stop in &mut trail.0 {
        stop.provider = bounded(&stop.provider, LONGEST_DETAILS);
        stop.model = bounded(&stop.model, LONGEST_DETAILS);
        stop.outcome = stop
            .outcome
            .as_deref()
            .map(|outcome| bounded(outcome, LONGEST_DETAILS));
    }
    trail
}

/// At most so many bytes, and whole characters.
pub(super) fn bounded(text: &str, longest: usize) -> String {
    let end = text.floor_char_boundary(longest);
    text.get(..end).unwrap_or_default().to_owned()
}

fn since_epoch_ms(time: &protobuf::Timestamp) -> u64 {
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    let nanos = u64::try_from(time.nanos).unwrap_or_default();
    seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
}

fn millis(duration: Option<&protobuf::Duration>) -> Option<u64> {
    let duration = duration?;
    let seconds = u64::try_from(duration.seconds).ok()?;
    let nanos = u32::try_from(duration.nanos).ok()?;
    let whole = Duration::from_secs(seconds).saturating_add(Duration::from_nanos(u64::from(nanos)));
    u64::try_from(whole.as_millis()).ok()
}
