//! One request as it is written down.

use penstock_chat::{MicroUsd, Tokens};
use penstock_client::{Endpoint, trail::Trail, usage::UsageRecord};

use crate::{outcome::Outcome, receipt::Receipt};

/// Most bytes of a text in a row: names come from requests and providers.
const LONGEST_TEXT: usize = 1024;
/// Most of a count in a row, so that the sum of any number of rows is a number.
const MOST_TOKENS: u64 = 1_000_000_000_000;
/// As [`MOST_TOKENS`]: ten million dollars.
const MOST_MONEY: u64 = 10_000_000_000_000;
/// Bytes of text that are taken for one token where no count is known.
const BYTES_PER_TOKEN: u64 = 4;

/// One request as it is written down. Holds no word of what was asked or answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Unique: an outcome that arrives twice is one row.
    pub id: String,
    /// When the request arrived, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Whose contract it is; none if nobody asked the service.
    pub tenant: Option<String>,
    /// The id of its key.
    pub key: Option<String>,
    /// Which agent of the tenant's.
    pub agent: Option<String>,
    /// Which team of the tenant's.
    pub team: Option<String>,
    /// Names and values, each name once.
    pub tags: Vec<(String, String)>,
    /// The path that was asked for, without the query: one that is served here, `/v1/models/{model}` for each model, or
    /// `other`.
    pub path: String,
    /// The alias that was asked for.
    pub model: Option<String>,
    /// The alias whose targets it got.
    pub served: Option<String>,
    /// The provider of the last attempt.
    pub provider: Option<String>,
    /// The model of the last attempt, as the provider reports it where it does.
    pub provider_model: Option<String>,
    /// Every attempt, `provider/model:outcome`, separated by commas.
    pub targets: String,
    /// How many there were.
    pub attempts: u64,
    /// Input tokens of every attempt that is billed.
    pub input: Option<Tokens>,
    /// Output tokens of every attempt that is billed.
    pub output: Option<Tokens>,
    /// Input tokens read from the provider's cache.
    pub cached: Option<Tokens>,
    /// Input tokens written to the provider's cache.
    pub cache_write: Option<Tokens>,
    /// Output tokens spent on reasoning.
    pub reasoning: Option<Tokens>,
    /// A count that no provider has reported is among them.
    pub is_estimated: bool,
    /// What it cost, if that is known.
    pub cost: Option<MicroUsd>,
    /// What the cache had for it; `none` without one.
    pub cache: String,
    /// Kinds of personal data and how many values of each, `EMAIL_ADDRESS=2`, separated by commas.
    pub pii: String,
    /// What became of it, in a word: `admitted`, `downgraded`, `refused`; `undecided` if nobody asked the service.
    pub decision: String,
    /// Why, in a word.
    pub reason: Option<String>,
    /// The status that the client saw; zero if it saw none.
    pub status: u16,
    /// Envoy's response flags, separated by commas.
    pub flags: String,
    /// Why Envoy answered as it did.
    pub details: String,
    /// The answer broke off through no doing of the client's.
    pub is_cut: bool,
    /// The client left before the end.
    pub client_left: bool,
    /// Why the model stopped.
    pub finish_reason: Option<String>,
    /// Milliseconds that the decision took.
    pub decided_ms: Option<u64>,
    /// Milliseconds to the first byte of the answer.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from the start of the last attempt to its first content.
    pub first_token_ms: Option<u64>,
    /// Milliseconds from the first byte of the request to the last of the answer.
    pub duration_ms: u64,
    /// The configuration that the proxy had in force.
    pub proxy_policy: String,
    /// The configuration that the service decided by.
    pub service_policy: Option<String>,
}

impl Row {
    /// The row of `outcome`, which has cost `cost` and was heard of at `now_ms`.
    pub fn new(outcome: &Outcome, cost: Option<MicroUsd>, now_ms: u64) -> Self {
        let receipt = outcome.receipt.as_ref();
        let usage = outcome.usage.as_ref();
        let caller = outcome.caller.as_ref();
        let last = outcome.trail.0.last();
        let name = |text: &str| Some(bounded(text)).filter(|text| !text.is_empty());
        let (decision, reason) = decision(outcome);
        let mut row = Self {
            id: bounded(&outcome.id),
            started_ms: Some(outcome.started_ms).filter(|ms| *ms > 0).unwrap_or(now_ms),
            tenant: caller.and_then(|caller| name(&caller.tenant)),
            key: caller.and_then(|caller| name(caller.key.as_deref()?)),
            agent: caller.and_then(|caller| name(caller.agent.as_deref()?)),
            team: caller.and_then(|caller| name(caller.team.as_deref()?)),
            tags: caller.map(|caller| tags(&caller.tags)).unwrap_or_default(),
            path: path(&outcome.path).to_owned(),
            model: receipt.and_then(|receipt| name(&receipt.asked)),
            served: receipt.and_then(|receipt| name(&receipt.served)),
            provider: usage
                .and_then(|usage| name(&usage.provider))
                .or_else(|| name(&last?.provider)),
            provider_model: usage
                .and_then(|usage| name(&usage.model))
                .or_else(|| name(&last?.model)),
            targets: targets(&outcome.trail),
            attempts: u64::try_from(outcome.trail.0.len()).unwrap_or(u64::MAX),
            cost: cost.map(|cost| MicroUsd(cost.0.min(MOST_MONEY))),
            cache: receipt
                .and_then(|receipt| name(receipt.cache.as_deref()?))
                .unwrap_or_else(|| "none".to_owned()),
            pii: joined(outcome.pii.iter().map(|(kind, count)| format!("{kind}={count}"))),
            decision: decision.to_owned(),
            reason: reason.and_then(name),
            status: outcome.status,
            flags: joined(outcome.flags.iter().cloned()),
            details: bounded(&outcome.details),
            is_cut: outcome.is_cut(),
            client_left: outcome.client_left(),
            finish_reason: usage.and_then(|usage| Some(usage.finish_reason?.as_str().to_owned())),
            decided_ms: receipt.map(|receipt| receipt.decided_ms),
            first_byte_ms: outcome.first_byte_ms,
            first_token_ms: usage
                .and_then(|usage| usage.first_token_ms)
                .or_else(|| last?.first_token_ms),
            duration_ms: outcome.duration_ms,
            proxy_policy: bounded(&outcome.policy_version),
            service_policy: receipt.and_then(|receipt| name(&receipt.policy_version)),
            ..Self::default()
        };
        if let Some(usage) = usage {
            row.count(usage, receipt);
        }
        row
    }

    /// Whether nobody known has made it and no provider was asked.
    pub(super) fn is_of_nobody(&self) -> bool {
        self.tenant.is_none() && self.attempts == 0
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn weight(&self) -> usize {
        let texts = [
            &self.id,
            &self.path,
            &self.targets,
            &self.pii,
            &self.flags,
            &self.details,
        ];
        let texts: usize = texts.iter().map(|text| text.len()).sum();
        let tags: usize = self
            .tags
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        size_of::<Self>().saturating_add(texts).saturating_add(tags)
    }

    fn count(&mut self, usage: &UsageRecord, receipt: Option<&Receipt>) {
        let bounded = |tokens: Tokens| Tokens(tokens.0.min(MOST_TOKENS));
        let answered =
            usage
                .answered
                .then_some((usage.input_tokens, usage.output_tokens, usage.output_bytes));
        let earlier = usage
            .earlier
            .iter()
            .map(|earlier| (earlier.input_tokens, earlier.output_tokens, earlier.output_bytes));
        let (mut input, mut output) = (0_u64, 0_u64);
        let mut billed = false;
        for (reported_input, reported_output, bytes) in earlier.chain(answered) {
            billed = true;
            self.is_estimated |= reported_input.is_none() || reported_output.is_none();
            let counted = Tokens(receipt.map_or(0, |receipt| receipt.input_tokens));
            let streamed = Tokens(bytes.div_ceil(BYTES_PER_TOKEN));
            input = input.saturating_add(reported_input.unwrap_or(counted).0);
            output = output.saturating_add(reported_output.unwrap_or(streamed).0);
        }
        if billed {
            self.input = Some(bounded(Tokens(input)));
            self.output = Some(bounded(Tokens(output)));
            self.cached = usage.cache_read_tokens.map(bounded);
            self.cache_write = usage.cache_write_tokens.map(bounded);
            self.reasoning = usage.reasoning_tokens.map(bounded);
        }
    }
}

/// Anything else is the client's own words.
fn path(path: &str) -> &str {
    const OWN: [&str; 3] = [
        "/v1/penstock/cache",
        "/v1/penstock/estimate",
        "/v1/penstock/usage",
    ];
    match Endpoint::of(path, false).0 {
        Endpoint::Model(_) => "/v1/models/{model}",
        Endpoint::Unknown if !OWN.contains(&path) => "other",
        _ => path,
    }
}

/// The decision in a word, and its reason.
fn decision(outcome: &Outcome) -> (&'static str, Option<&str>) {
    const DENIED: [u16; 2] = [401, 403];
    let Some(receipt) = &outcome.receipt else {
        let denied = DENIED.contains(&outcome.status) && outcome.trail.0.is_empty();
        return (if denied { "refused" } else { "undecided" }, None);
    };
    let reason = receipt.reason.as_deref();
    let word = match reason {
        Some(_) if receipt.asked != receipt.served && !receipt.served.is_empty() => "downgraded",
        Some(_) if outcome.status >= 400 && outcome.trail.0.is_empty() => "refused",
        _ => "admitted",
    };
    (word, reason)
}

fn targets(trail: &Trail) -> String {
    joined(trail.0.iter().map(|stop| {
        let outcome = stop.outcome.as_deref().unwrap_or("no-answer");
        match stop.model.as_str() {
            "" => format!("{}:{outcome}", stop.provider),
            model => format!("{}/{model}:{outcome}", stop.provider),
        }
    }))
}

/// The last value of each name.
fn tags(tags: &[(String, String)]) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in tags {
        kept.retain(|(kept, _)| kept != name);
        kept.push((bounded(name), bounded(value)));
    }
    kept
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    bounded(&parts.collect::<Vec<_>>().join(","))
}

fn bounded(text: &str) -> String {
    let end = text.floor_char_boundary(LONGEST_TEXT);
    text.get(..end).unwrap_or_default().to_owned()
}
