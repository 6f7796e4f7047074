//! What may be answered out of the cache, for one model or for all.

use std::{ops::RangeInclusive, time::Duration};

use serde::Serialize;
use serde_saphyr::Location;

use crate::{
    problem::Problems,
    raw,
    spanned::Spanned,
    suggest,
    unit::{self, ByteCount},
};

const THRESHOLD: u16 = 950;
const THRESHOLDS: RangeInclusive<f64> = 0.5..=1.0;
/// Below this cosine texts are about something else, and no error is measured (`FLOOR` in penstock-cache).
const LEAST_MEASURED: u16 = 700;
const MAX_ERRORS: RangeInclusive<f64> = 0.001..=0.5;
const TTL: Duration = Duration::from_secs(3_600);
const TTLS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(365 * 86_400);
const MAX_ANSWER: ByteCount = ByteCount::kibi(64);
const MOST_ANSWER: ByteCount = ByteCount::mebi(4);
const WAIT: Duration = Duration::from_secs(30);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(120);
const MOST_VARY: usize = 16;
const SHARES: [(&str, Share); 2] = [("tenant", Share::Tenant), ("all", Share::All)];

/// What may be answered out of the cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CachePolicy {
    /// Anything.
    pub enabled: bool,
    /// Requests that mean the same as one that was answered, and not only the same request.
    pub semantic: bool,
    /// How close two texts must be to mean the same: thousandths of the cosine of their vectors' angle.
    pub threshold_permille: u16,
    /// The most answers out of a thousand that may be wrong; the threshold then follows what is measured.
    pub max_error_permille: Option<u16>,
    /// How long an answer is used.
    pub ttl: Duration,
    /// Request headers, in lower case, in which requests must agree.
    pub vary: Vec<String>,
    /// Whose requests an answer is used for.
    pub share: Share,
    /// Answers that call tools are used again, too.
    pub tools: bool,
    /// A larger answer is not kept.
    pub max_answer: ByteCount,
    /// How long a request waits for the answer to the same one before it.
    pub wait: Duration,
}

/// Whose requests an answer is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// Those of the tenant that it was given to.
    Tenant,
    /// Everybody's: what is asked here may be told to other tenants.
    All,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            semantic: true,
            threshold_permille: THRESHOLD,
            max_error_permille: None,
            ttl: TTL,
            vary: Vec::new(),
            share: Share::Tenant,
            tools: false,
            max_answer: MAX_ANSWER,
            wait: WAIT,
        }
    }
}

impl CachePolicy {
    /// This policy with what is written in one place; none if something is wrong with it.
    pub(super) fn with(mut self, raw: &raw::Cache, path: &str, problems: &mut Problems) -> Option<Self> {
        let mut right = true;
        let field = |name: &str| format!("{path}.{name}");
        let flags = [
            (&raw.enabled, &mut self.enabled),
            (&raw.semantic, &mut self.semantic),
            (&raw.tools, &mut self.tools),
        ];
        for (written, value) in flags {
            if let Some(flag) = written {
                *value = flag.value;
            }
        }
        if let Some(number) = &raw.threshold {
            let read = permille(number, &field("threshold"), &THRESHOLDS, problems);
            right &= put(read, &mut self.threshold_permille);
        }
        if let Some(number) = &raw.max_error {
            let read = permille(number, &field("max_error"), &MAX_ERRORS, problems);
            right &= put(read.map(Some), &mut self.max_error_permille);
        }
        if self.max_error_permille.is_some()
            && self.threshold_permille < LEAST_MEASURED
            && let Some(number) = raw.threshold.as_ref().or(raw.max_error.as_ref())
        {
            let message = "with max_error it begins at 0.7 or above: nothing below is measured";
            problems.at(number.referenced, field("threshold"), message);
            right = false;
        }
        if let Some(text) = &raw.ttl {
            right &= put(
                unit::long_duration(text, &field("ttl"), TTLS, problems),
                &mut self.ttl,
            );
        }
        if let Some(list) = &raw.vary {
            right &= put(vary(list, &field("vary"), problems), &mut self.vary);
        }
        if let Some(word) = &raw.share {
            right &= put(
                suggest::one_of(word, &field("share"), &SHARES, problems),
                &mut self.share,
            );
        }
        if let Some(text) = &raw.max_answer {
            let read = unit::size(text, &field("max_answer"), MOST_ANSWER, problems);
            right &= put(read, &mut self.max_answer);
        }
        if let Some(text) = &raw.wait {
            right &= put(
                unit::duration(text, &field("wait"), LONGEST_WAIT, problems),
                &mut self.wait,
            );
        }
        right.then_some(self)
    }
}

/// Whether there was something to put.
fn put<T>(read: Option<T>, value: &mut T) -> bool {
    let is_right = read.is_some();
    if let Some(read) = read {
        *value = read;
    }
    is_right
}

/// What is said of all models only.
pub(super) fn for_all_models(raw: &raw::Cache) -> Vec<(&'static str, Location)> {
    let fields = [
        ("store", raw.store.as_ref().map(|text| text.referenced)),
        ("entries", raw.entries.as_ref().map(|number| number.referenced)),
        ("memory", raw.memory.as_ref().map(|text| text.referenced)),
        (
            "embedder",
            raw.embedder.as_ref().map(|embedder| embedder.referenced),
        ),
    ];
    let written = fields.into_iter();
    written
        .filter_map(|(field, place)| Some((field, place?)))
        .collect()
}

fn permille(
    number: &Spanned<f64>,
    field: &str,
    range: &RangeInclusive<f64>,
    problems: &mut Problems,
) -> Option<u16> {
    if range.contains(&number.value) {
        let thousandths = (number.value * 1_000.0).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and 1000"
        )]
        return Some(thousandths as u16);
    }
    let message = format!("must be {} to {}", range.start(), range.end());
    problems.at(number.referenced, field, message);
    None
}

fn vary(list: &Spanned<Vec<Spanned<String>>>, path: &str, problems: &mut Problems) -> Option<Vec<String>> {
    if list.value.len() > MOST_VARY {
        problems.at(list.referenced, path, format!("at most {MOST_VARY}"));
        return None;
    }
    let mut names = Vec::new();
    for (index, text) in list.value.iter().enumerate() {
        let name = text.value.to_ascii_lowercase();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let message = if name.is_empty() || !name.chars().all(is_token) {
            "not the name of a header"
        } else if name.starts_with("x-penstock-int-") {
            "clients cannot send it"
        } else {
            if !names.contains(&name) {
                names.push(name);
            }
            continue;
        };
        problems.at(text.referenced, format!("{path}[{index}]"), message);
        return None;
    }
    Some(names)
}
