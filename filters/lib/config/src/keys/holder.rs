//! What a key says of who holds it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// The highest place in a queue.
pub(super) const HIGHEST_PRIORITY: u8 = 9;
/// As long as any name of a caller may be.
const LONGEST_NAME: usize = 256;
const LONGEST_WORD: usize = 64;
const MOST_MODELS: usize = 256;
const MOST_TAGS: usize = 16;
/// As for every limit of the quota.
const LARGEST_LIMIT: u64 = 1_000_000_000_000;

/// Who holds a key, and what they may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Whose contract it is.
    pub tenant: String,
    /// Which of the tenant's teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Which agent of the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Aliases that may be asked for; none is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Where requests must stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Names and values for the ledger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// The place in a queue: 0 to 9, the highest first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: u8,
    /// May read what others have used, and look at the console.
    #[serde(default, skip_serializing_if = "is_default")]
    pub admin: bool,
    /// The key's own limits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: KeyLimits,
}

/// Limits that one key brings along; none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLimits {
    /// Requests in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Input and output tokens in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Input and output tokens in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<u64>,
}

/// What is wrong with a key, wherever it comes from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Fault {
    /// Path of the field, such as `models[1]`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Fault {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl Holder {
    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let names = [
            ("tenant", Some(&self.tenant)),
            ("team", self.team.as_ref()),
            ("agent", self.agent.as_ref()),
        ];
        faults.extend(names.into_iter().filter_map(|(field, name)| {
            let message = format!("not a name; 1 to {LONGEST_NAME} bytes without control characters");
            (!is_name(name?)).then(|| Fault::new(field, message))
        }));
        if self.region.as_deref().is_some_and(|region| !is_word(region)) {
            faults.push(Fault::new("region", NOT_A_WORD));
        }
        self.check_models(&mut faults);
        self.check_tags(&mut faults);
        if self.priority > HIGHEST_PRIORITY {
            faults.push(Fault::new("priority", format!("must be 0 to {HIGHEST_PRIORITY}")));
        }
        let limits = [
            ("requests_per_minute", self.limits.requests_per_minute),
            ("tokens_per_minute", self.limits.tokens_per_minute),
            ("tokens_per_day", self.limits.tokens_per_day),
        ];
        faults.extend(limits.into_iter().filter_map(|(field, limit)| {
            let message = match limit? {
                0 => "would admit nothing; write more than zero, or revoked: true".to_owned(),
                1..=LARGEST_LIMIT => return None,
                _ => format!("at most {LARGEST_LIMIT}; leave it out if there is no limit"),
            };
            Some(Fault::new(format!("limits.{field}"), message))
        }));
        faults
    }

    fn check_models(&self, faults: &mut Vec<Fault>) {
        let Some(models) = &self.models else { return };
        if models.is_empty() || models.len() > MOST_MODELS {
            let message = format!("name 1 to {MOST_MODELS}; leave it out to allow all");
            faults.push(Fault::new("models", message));
            return;
        }
        let mut seen = HashSet::new();
        for (index, model) in models.iter().enumerate() {
            let message = if !is_name(model) {
                format!("not a name; 1 to {LONGEST_NAME} bytes without control characters")
            } else if !seen.insert(model) {
                format!("{model:?} is listed already; keep one")
            } else {
                continue;
            };
            faults.push(Fault::new(format!("models[{index}]"), message));
        }
    }

    fn check_tags(&self, faults: &mut Vec<Fault>) {
        if self.tags.len() > MOST_TAGS {
            faults.push(Fault::new("tags", format!("at most {MOST_TAGS}")));
            return;
        }
        let mut seen = HashSet::new();
        for (name, value) in &self.tags {
            // What is no word must not make the path unreadable.
            let (field, message) = if !is_word(name) {
                ("tags".to_owned(), format!("{name:?} is {NOT_A_WORD}"))
            } else if !seen.insert(name) {
                ("tags".to_owned(), format!("{name:?} is given twice; keep one"))
            } else if !is_name(value) {
                let message = format!("not a value; 1 to {LONGEST_NAME} bytes without control characters");
                (format!("tags.{name}"), message)
            } else {
                continue;
            };
            faults.push(Fault::new(field, message));
        }
    }
}

pub(super) const NOT_A_WORD: &str = "not a name; use letters, digits, - and _, at most 64";

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && !text.contains(char::is_control)
}

pub(super) fn is_word(text: &str) -> bool {
    (1..=LONGEST_WORD).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
