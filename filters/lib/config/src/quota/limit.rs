//! Limits: an entry of the file may hold several amounts, and each becomes a limit of its own.

mod reach;

use serde_saphyr::Location;

use super::strict::{Keeping, StrictLimit, keeping};
use crate::{
    fail::Fail,
    only::{self, Choice},
    problem::Problems,
    provider, raw,
    route::ROUTES,
    slice::{Kind, Limit, Overrun, Reserve, Scope},
    spanned::Spanned,
    suggest,
};

const SCOPES: [(&str, Scope); 5] = [
    ("tenant", Scope::Tenant),
    ("key", Scope::Key),
    ("agent", Scope::Agent),
    ("model", Scope::Model),
    ("route", Scope::Route),
];
const RESERVES: [(&str, Reserve); 2] = [("full", Reserve::Full), ("learned", Reserve::Learned)];
const OVERRUNS: [(&str, Overrun); 2] = [("finish", Overrun::Finish), ("cut", Overrun::Cut)];
/// Sums of amounts stay far from what a number can hold.
const LARGEST: u64 = 1_000_000_000_000;

/// What a limit may name.
pub(super) struct Known<'a> {
    models: Vec<&'a str>,
    is_leased: bool,
}

impl<'a> Known<'a> {
    /// Faulty models count as well, so that a limit on one is not reported on top.
    pub(super) fn of(raw: &'a raw::File) -> Self {
        let models = raw.models.iter().flat_map(|list| &list.value);
        let names = models.filter_map(|model| model.value.name.as_ref());
        Self {
            models: names.map(|name| name.value.as_str()).collect(),
            is_leased: raw.quota.as_ref().is_some_and(|quota| quota.service.is_some()),
        }
    }
}

/// A limit and where its amount stands.
struct Placed {
    limit: Limit,
    keeping: Keeping,
    entry: usize,
    field: &'static str,
    place: Location,
}

/// Limits that Envoys hold, and limits that the service holds.
pub(super) type Both = (Vec<Limit>, Vec<StrictLimit>);

/// All limits of the file, or problems.
pub(super) fn parse(
    list: &raw::List<raw::Limit>,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Both> {
    let mut all = Some(Vec::new());
    for (entry, raw) in list.iter().flat_map(|list| &list.value).enumerate() {
        let limits = expand(raw, entry, known, problems);
        all = all.zip(limits).map(|(mut all, limits)| {
            all.extend(limits);
            all
        });
    }
    let all = all?;
    let mut right = true;
    for (index, one) in all.iter().enumerate() {
        let first = all
            .iter()
            .enumerate()
            .find(|(other, limit)| *other != index && reach::hides(&limit.limit, &one.limit, *other < index));
        if let Some((_, first)) = first {
            report(first, one, problems);
            right = false;
        }
    }
    right.then(|| split(all))
}

fn split(all: Vec<Placed>) -> Both {
    let (strict, ordinary): (Vec<_>, Vec<_>) = all.into_iter().partition(|placed| placed.keeping.strict);
    let strict = strict.into_iter().map(|placed| StrictLimit {
        limit: placed.limit,
        fail: placed.keeping.fail,
    });
    let ordinary = ordinary.into_iter().map(|placed| placed.limit);
    (ordinary.collect(), strict.collect())
}

/// One limit for each amount of an entry.
fn expand(
    raw: &Spanned<raw::Limit>,
    entry: usize,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Vec<Placed>> {
    let here = raw.referenced;
    let raw = &raw.value;
    let path = format!("quota.limits[{entry}]");
    let name = match &raw.name {
        Some(text) => provider::name(text, &format!("{path}.name"), problems),
        None => {
            problems.at(here, format!("{path}.name"), "missing; give the limit a name");
            None
        }
    };
    let per = per(&raw.per, &path, problems);
    let only = only(raw.only.as_ref(), &path, known, problems);
    let amounts = amounts(raw, here, &path, problems);
    let reserve = choice(&raw.reserve, raw, &path, "reserve", &RESERVES, problems);
    let overrun = choice(&raw.on_overrun, raw, &path, "on_overrun", &OVERRUNS, problems);
    let keeping = keeping(raw, &path, known.is_leased, problems);
    let (name, per, only) = (name?, per?, only?);
    let keeping = keeping?;
    let (reserve, overrun) = (reserve?, overrun?);
    let shadow = raw.shadow.as_ref().is_some_and(|flag| flag.value);
    let limits = amounts?.into_iter().map(|(field, kind, amount)| Placed {
        limit: Limit {
            name: name.clone(),
            per: per.clone(),
            only: only.clone(),
            kind,
            amount: amount.value,
            reserve: if counts_answers(kind) {
                reserve
            } else {
                Reserve::default()
            },
            on_overrun: if counts_answers(kind) {
                overrun
            } else {
                Overrun::default()
            },
            shadow,
            initial_permille: (!keeping.strict && keeping.fail == Fail::Closed).then_some(0),
        },
        keeping,
        entry,
        field,
        place: amount.referenced,
    });
    Some(limits.collect())
}

type Amount<'a> = (&'static str, Kind, &'a Spanned<u64>);

/// The amounts that an entry holds, of which there must be one.
fn amounts<'a>(
    raw: &'a raw::Limit,
    here: Location,
    path: &str,
    problems: &mut Problems,
) -> Option<Vec<Amount<'a>>> {
    let amounts = written(raw);
    if amounts.is_empty() {
        problems.at(
            here,
            path,
            "limits nothing; write one of tokens_per_minute, tokens_per_hour, tokens_per_day, \
             requests_per_minute, concurrent_requests, input_tokens",
        );
        return None;
    }
    let mut right = true;
    for (field, _, amount) in &amounts {
        let message = match amount.value {
            0 => "would admit nothing; write more than zero".to_owned(),
            1..=LARGEST => continue,
            _ => format!("at most {LARGEST}; leave it out if there is no limit"),
        };
        problems.at(amount.referenced, format!("{path}.{field}"), message);
        right = false;
    }
    right.then_some(amounts)
}

fn written(raw: &raw::Limit) -> Vec<Amount<'_>> {
    let fields = [
        ("tokens_per_minute", Kind::TokensPerMinute, &raw.tokens_per_minute),
        ("tokens_per_hour", Kind::TokensPerHour, &raw.tokens_per_hour),
        ("tokens_per_day", Kind::TokensPerDay, &raw.tokens_per_day),
        (
            "requests_per_minute",
            Kind::RequestsPerMinute,
            &raw.requests_per_minute,
        ),
        (
            "concurrent_requests",
            Kind::ConcurrentRequests,
            &raw.concurrent_requests,
        ),
        ("input_tokens", Kind::InputTokens, &raw.input_tokens),
    ];
    fields
        .into_iter()
        .filter_map(|(field, kind, number)| number.as_ref().map(|number| (field, kind, number)))
        .collect()
}

/// Answers are part of what is counted, so they can be reserved for and outgrow it.
fn counts_answers(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TokensPerMinute | Kind::TokensPerHour | Kind::TokensPerDay
    )
}

fn choice<T: Copy + Default>(
    text: &raw::Text,
    raw: &raw::Limit,
    path: &str,
    field: &str,
    choices: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let Some(text) = text else {
        return Some(T::default());
    };
    let field = format!("{path}.{field}");
    let amounts = written(raw);
    // An entry without any amount is reported as that.
    if !amounts.is_empty() && !amounts.iter().any(|(_, kind, _)| counts_answers(*kind)) {
        problems.at(
            text.referenced,
            field,
            "only has a meaning with tokens_per_minute, tokens_per_hour or tokens_per_day; leave it out",
        );
        return None;
    }
    suggest::one_of(text, &field, choices, problems)
}

fn per(list: &raw::List<String>, path: &str, problems: &mut Problems) -> Option<Vec<Scope>> {
    let mut scopes = Vec::new();
    let mut right = true;
    for (index, text) in list.iter().flat_map(|list| &list.value).enumerate() {
        let field = format!("{path}.per[{index}]");
        match suggest::one_of(text, &field, &SCOPES, problems) {
            Some(scope) if scopes.contains(&scope) => {
                problems.at(
                    text.referenced,
                    field,
                    format!("{:?} is listed already; keep one", text.value),
                );
                right = false;
            }
            Some(scope) => scopes.push(scope),
            None => right = false,
        }
    }
    right.then_some(scopes)
}

type Only = Vec<(Scope, Vec<String>)>;

fn only(raw: Option<&raw::Match>, path: &str, known: &Known<'_>, problems: &mut Problems) -> Option<Only> {
    let Some(raw) = raw else {
        return Some(Vec::new());
    };
    let routes = ROUTES.map(|route| route.name);
    let choice = |by, word, list, known| Choice {
        by,
        word,
        list,
        known,
    };
    let choices = [
        choice(Scope::Tenant, "tenant", &raw.tenant, None),
        choice(Scope::Key, "key", &raw.key, None),
        choice(Scope::Agent, "agent", &raw.agent, None),
        choice(Scope::Model, "model", &raw.model, Some(known.models.as_slice())),
        choice(Scope::Route, "route", &raw.route, Some(routes.as_slice())),
    ];
    only::only(choices, "limit", path, problems)
}

fn report(first: &Placed, other: &Placed, problems: &mut Problems) {
    problems.at(
        other.place,
        format!("quota.limits[{}].{}", other.entry, other.field),
        format!(
            "never reached: quota.limits[{}].{} of {} holds for the same requests and refuses first; remove one",
            first.entry, first.field, first.limit.amount
        ),
    );
}
