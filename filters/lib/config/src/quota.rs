//! Who may use how much, and how it is counted.

mod counting;
mod limit;
mod service;
mod strict;

use std::time::Duration;

use penstock_chat::Tokens;
use serde::Serialize;

pub use self::service::Service;
pub use self::strict::StrictLimit;
use self::{counting::Counting, limit::Known};
use crate::{
    model,
    problem::Problems,
    raw,
    slice::{CountedModel, Limit, Model},
    unit,
};

const DEFAULT_OUTPUT: Tokens = Tokens(4_096);
const WINDOWS: u32 = 4_096;
/// Windows share buckets, and spread over few buckets too unevenly for each to have a place.
const FEWEST_WINDOWS: u32 = 64;
/// Envoy never gives back the memory of one.
const MOST_WINDOWS: u32 = 65_536;
const HOLD: Duration = Duration::from_secs(120);
/// A hold is renewed by a timer that may be late on a busy worker.
const SHORTEST_HOLD: Duration = Duration::from_secs(30);
const LONGEST_HOLD: Duration = Duration::from_secs(3_600);
/// Each has statistics of its own for every model.
const MOST_TENANTS: usize = 1_000;
/// In statistics, every tenant that is not listed.
const OTHERS: &str = "other";

/// Who may use how much, and how it is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// What an answer is taken to need where neither the client nor the model says.
    pub default_output_tokens: Tokens,
    /// Tenants that statistics name.
    pub tenants: Vec<String>,
    /// In the order of the file, one for each amount.
    pub limits: Vec<Limit>,
    /// Limits that the service holds for each request, in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strict: Vec<StrictLimit>,
    /// The most windows that one Envoy keeps at once.
    pub windows: u32,
    /// How long a reservation lasts that is not renewed.
    pub hold: Duration,
    /// An answer from the cache costs what its provider would have taken.
    pub charge_cached: bool,
    /// Where limits are leased from that several Envoys share.
    pub service: Option<Service>,
    /// Models that say of themselves how they are counted.
    counting: Vec<Counting>,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            default_output_tokens: DEFAULT_OUTPUT,
            tenants: Vec::new(),
            limits: Vec::new(),
            strict: Vec::new(),
            windows: WINDOWS,
            hold: HOLD,
            charge_cached: false,
            service: None,
            counting: Vec::new(),
        }
    }
}

impl Quota {
    /// How `model` is counted.
    pub(crate) fn counted(&self, model: &Model) -> CountedModel {
        let own = self.counting.iter().find(|own| own.model == model.name);
        let first = model.targets.first().map(|target| &target.model);
        CountedModel {
            name: model.name.clone(),
            counted_as: own
                .and_then(|own| own.count_as.as_ref())
                .or(first)
                .unwrap_or(&model.name)
                .clone(),
            default_output_tokens: own
                .and_then(|own| own.default_output_tokens)
                .unwrap_or(self.default_output_tokens),
            max_output_tokens: counting::most_output(model),
        }
    }

    /// `models` are those that are right. The outer `None` is a problem, the inner one a quota that is switched off.
    pub(crate) fn parse(raw: &raw::File, models: &[Model], problems: &mut Problems) -> Option<Option<Self>> {
        let default = Self::default();
        let counting = counting::parse(raw, models, problems);
        let Some(quota) = &raw.quota else {
            return Some(Some(Self {
                counting: counting?,
                ..default
            }));
        };
        let default_output_tokens = model::tokens(
            &quota.default_output_tokens,
            "quota",
            "default_output_tokens",
            problems,
        );
        let tenants = tenants(&quota.tenants, problems);
        let limits = limit::parse(&quota.limits, &Known::of(raw), problems);
        let windows = windows(&quota.windows, problems);
        let hold = match &quota.hold {
            Some(text) => unit::duration_within(text, "quota.hold", SHORTEST_HOLD..=LONGEST_HOLD, problems),
            None => Some(default.hold),
        };
        let service = match &quota.service {
            Some(service) => Service::parse(service, problems).map(Some),
            None => Some(None),
        };
        let (limits, strict) = limits.unzip();
        let parsed = Self {
            default_output_tokens: default_output_tokens?.unwrap_or(default.default_output_tokens),
            tenants: tenants?,
            limits: limits?,
            strict: strict?,
            windows: windows?,
            hold: hold?,
            charge_cached: quota.charge_cached.as_ref().is_some_and(|flag| flag.value),
            service: service?,
            counting: counting?,
        };
        let enabled = quota.enabled.as_ref().is_none_or(|flag| flag.value);
        Some(enabled.then_some(parsed))
    }
}

fn windows(number: &raw::Number, problems: &mut Problems) -> Option<u32> {
    let Some(number) = number else {
        return Some(WINDOWS);
    };
    let windows = u32::try_from(number.value)
        .ok()
        .filter(|windows| (FEWEST_WINDOWS..=MOST_WINDOWS).contains(windows));
    if windows.is_none() {
        problems.at(
            number.referenced,
            "quota.windows",
            format!("must be {FEWEST_WINDOWS} to {MOST_WINDOWS}"),
        );
    }
    windows
}

fn tenants(list: &raw::List<String>, problems: &mut Problems) -> Option<Vec<String>> {
    let Some(list) = list else {
        return Some(Vec::new());
    };
    if list.value.len() > MOST_TENANTS {
        problems.at(
            list.referenced,
            "quota.tenants",
            format!(
                "{} tenants; name at most {MOST_TENANTS}, all others are counted together",
                list.value.len()
            ),
        );
        return None;
    }
    if let Some((index, text)) = list
        .value
        .iter()
        .enumerate()
        .find(|(_, text)| text.value == OTHERS)
    {
        problems.at(
            text.referenced,
            format!("quota.tenants[{index}]"),
            format!("{OTHERS:?} is what statistics call all tenants that are not listed; leave it out"),
        );
        return None;
    }
    model::names(list, "quota.tenants", problems)
}
