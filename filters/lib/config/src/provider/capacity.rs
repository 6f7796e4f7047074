//! What a provider takes of all callers together, and where requests wait for it.

use std::time::Duration;

use serde::Serialize;
use serde_saphyr::Location;

use crate::{
    fail::{FAILS, Fail, is_open},
    problem::Problems,
    raw,
    spanned::Spanned,
    suggest, unit,
};

/// Sums of amounts stay far from what a number can hold.
const LARGEST: u64 = 1_000_000_000_000;
const QUEUE_SIZE: u32 = 100;
const LARGEST_QUEUE: u32 = 100_000;
const DEADLINE: Duration = Duration::from_secs(5);

/// What a provider takes in a minute of all callers together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capacity {
    /// Of this model; without it, of all its models together.
    pub model: Option<String>,
    /// Requests in a minute.
    pub requests_per_minute: Option<u64>,
    /// Input and output tokens in a minute.
    pub tokens_per_minute: Option<u64>,
    /// What happens while the service's shared store is away.
    #[serde(skip_serializing_if = "is_open")]
    pub fail: Fail,
    /// Where requests wait if no other target is left.
    pub queue: Queue,
}

/// Where requests wait for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// How many wait at most, in each replica; zero if none does.
    pub size: u32,
    /// How long each waits at most.
    pub deadline: Duration,
}

impl Queue {
    /// The longest that a deadline may be.
    pub const LONGEST_DEADLINE: Duration = Duration::from_secs(300);
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            size: QUEUE_SIZE,
            deadline: DEADLINE,
        }
    }
}

/// The `limits` of the provider at `path`.
pub(super) fn parse(
    list: &raw::List<raw::Capacity>,
    path: &str,
    problems: &mut Problems,
) -> Option<Vec<Capacity>> {
    let mut all: Option<Vec<Capacity>> = Some(Vec::new());
    for (index, raw) in list.iter().flat_map(|list| &list.value).enumerate() {
        let path = format!("{path}.limits[{index}]");
        let capacity = one(raw, &path, problems);
        if let (Some(capacity), Some(others)) = (&capacity, &all)
            && let Some(first) = others.iter().position(|other| other.model == capacity.model)
        {
            problems.at(
                raw.referenced,
                path,
                format!("limits the same as limits[{first}]; write one"),
            );
            all = None;
        }
        all = all.zip(capacity).map(|(mut all, capacity)| {
            all.push(capacity);
            all
        });
    }
    all
}

fn one(raw: &Spanned<raw::Capacity>, path: &str, problems: &mut Problems) -> Option<Capacity> {
    let here = raw.referenced;
    let raw = &raw.value;
    let model = match &raw.model {
        Some(text) => crate::model::name(text, &format!("{path}.model"), problems).map(Some),
        None => Some(None),
    };
    let requests = amount(&raw.requests_per_minute, path, "requests_per_minute", problems);
    let tokens = amount(&raw.tokens_per_minute, path, "tokens_per_minute", problems);
    if raw.requests_per_minute.is_none() && raw.tokens_per_minute.is_none() {
        problems.at(
            here,
            path,
            "limits nothing; write requests_per_minute, tokens_per_minute or both",
        );
        return None;
    }
    let fail = match &raw.fail {
        Some(text) => suggest::one_of(text, &format!("{path}.fail"), &FAILS, problems),
        None => Some(Fail::Open),
    };
    let queue = queue(raw.queue.as_ref(), path, problems);
    Some(Capacity {
        model: model?,
        requests_per_minute: requests?,
        tokens_per_minute: tokens?,
        fail: fail?,
        queue: queue?,
    })
}

fn amount(number: &raw::Number, path: &str, field: &str, problems: &mut Problems) -> Option<Option<u64>> {
    let Some(number) = number else { return Some(None) };
    let message = match number.value {
        0 => "would admit nothing; write more than zero".to_owned(),
        1..=LARGEST => return Some(Some(number.value)),
        _ => format!("at most {LARGEST}; leave it out if there is no limit"),
    };
    problems.at(number.referenced, format!("{path}.{field}"), message);
    None
}

fn queue(raw: Option<&Spanned<raw::Queue>>, path: &str, problems: &mut Problems) -> Option<Queue> {
    let default = Queue::default();
    let Some(raw) = raw.map(|raw| &raw.value) else {
        return Some(default);
    };
    let size = match &raw.size {
        None => Some(default.size),
        Some(number) => size(number.value, number.referenced, path, problems),
    };
    let deadline = match &raw.deadline {
        None => Some(default.deadline),
        Some(text) => unit::duration(
            text,
            &format!("{path}.queue.deadline"),
            Queue::LONGEST_DEADLINE,
            problems,
        ),
    };
    Some(Queue {
        size: size?,
        deadline: deadline?,
    })
}

fn size(number: u64, place: Location, path: &str, problems: &mut Problems) -> Option<u32> {
    let size = u32::try_from(number).ok().filter(|size| *size <= LARGEST_QUEUE);
    if size.is_none() {
        problems.at(
            place,
            format!("{path}.queue.size"),
            format!("at most {LARGEST_QUEUE}"),
        );
    }
    size
}
