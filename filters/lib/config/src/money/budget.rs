//! Budgets: who may spend how much in a day, a week or a month.

use jiff::tz::TimeZoneDatabase;
use penstock_chat::MicroUsd;
use serde::Serialize;

use super::{Known, amount};
use crate::{
    config::unique,
    only::{self, Choice},
    problem::Problems,
    provider, raw,
    spanned::Spanned,
    suggest,
};

/// Every request looks at each.
const MOST: usize = 256;
const UTC: &str = "UTC";
const PAYERS: [(&str, Payer); 4] = [
    ("tenant", Payer::Tenant),
    ("key", Payer::Key),
    ("team", Payer::Team),
    ("provider", Payer::Provider),
];
const PERIODS: [(&str, Period); 3] = [
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
];
const EXCEEDED: [(&str, Exceeded); 2] = [("refuse", Exceeded::Refuse), ("notify", Exceeded::Notify)];
const AWAY: [(&str, OnAway); 2] = [("open", OnAway::Open), ("closed", OnAway::Closed)];

/// Who may spend how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Unique among budgets.
    pub name: String,
    /// Each combination of these has the amount for itself; all have it together where there is none.
    pub per: Vec<Payer>,
    /// For whom it holds: each of these must be one of the values; everybody where there is none.
    pub only: Vec<(Payer, Vec<String>)>,
    /// Aliases that it holds for; all where there is none.
    pub models: Vec<String>,
    /// How much.
    pub amount: MicroUsd,
    /// In what time.
    pub period: Period,
    /// Name of the time zone whose calendar it follows.
    pub timezone: String,
    /// Percentages of the amount at which an event tells of it; ascending.
    pub thresholds: Vec<u8>,
    /// Percentage from which on a cheaper model is served.
    pub downgrade_at: Option<u8>,
    /// What happens when it is spent.
    pub on_exceeded: Exceeded,
    /// What happens while the shared store is away.
    pub fail: OnAway,
}

/// What a budget is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// Each tenant.
    Tenant,
    /// Each key.
    Key,
    /// Each team of a tenant.
    Team,
    /// Each provider.
    Provider,
}

/// How long a budget lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// From the first to the last of a month.
    Month,
}

/// What happens when a budget is spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exceeded {
    /// Requests are refused.
    #[default]
    Refuse,
    /// Nothing but an event.
    Notify,
}

/// What happens while the shared store is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAway {
    /// Each replica goes on by its own count.
    #[default]
    Open,
    /// Nothing is spent.
    Closed,
}

pub(super) fn parse(
    list: &raw::List<raw::Budget>,
    known: &Known<'_>,
    no_downgrades: bool,
    problems: &mut Problems,
) -> Option<Vec<Budget>> {
    let Some(list) = list else {
        return Some(Vec::new());
    };
    if list.value.len() > MOST {
        problems.at(
            list.referenced,
            "money.budgets",
            format!(
                "{} budgets; at most {MOST}, use per for one amount that each of many has",
                list.value.len()
            ),
        );
        return None;
    }
    unique(&list.value, "money.budgets", |budget| &budget.name, problems);
    let mut all = Some(Vec::new());
    for (index, raw) in list.value.iter().enumerate() {
        let budget = one(
            raw,
            &format!("money.budgets[{index}]"),
            known,
            no_downgrades,
            problems,
        );
        all = all.zip(budget).map(|(mut all, budget)| {
            all.push(budget);
            all
        });
    }
    all
}

fn one(
    raw: &Spanned<raw::Budget>,
    path: &str,
    known: &Known<'_>,
    no_downgrades: bool,
    problems: &mut Problems,
) -> Option<Budget> {
    let here = raw.referenced;
    let raw = &raw.value;
    let missing = |field: &str, remedy: &str, problems: &mut Problems| {
        problems.at(here, format!("{path}.{field}"), format!("missing; {remedy}"));
        None
    };
    let name = match &raw.name {
        Some(text) => provider::name(text, &format!("{path}.name"), problems),
        None => missing("name", "give the budget a name", problems).map(|()| String::new()),
    };
    let amount = match &raw.amount {
        Some(text) => spendable(text, &format!("{path}.amount"), problems),
        None => missing("amount", "write dollars such as 500.00", problems).map(|()| MicroUsd(0)),
    };
    let period = match &raw.period {
        Some(text) => suggest::one_of(text, &format!("{path}.period"), &PERIODS, problems),
        None => missing("period", "write day, week or month", problems).map(|()| Period::Day),
    };
    let per = per(&raw.per, path, problems);
    let only = only(raw.only.as_ref(), path, known, problems);
    let models = match raw.only.as_ref().and_then(|only| only.model.as_ref()) {
        Some(list) => only::values(list, "model", Some(&known.models), "budget", path, problems),
        None => Some(Vec::new()),
    };
    let timezone = timezone(&raw.timezone, path, problems);
    let thresholds = thresholds(&raw.thresholds, path, problems);
    let downgrade_at = downgrade_at(&raw.downgrade_at, path, no_downgrades, problems);
    let on_exceeded = choice(&raw.on_exceeded, path, "on_exceeded", &EXCEEDED, problems);
    let fail = choice(&raw.fail, path, "fail", &AWAY, problems);
    Some(Budget {
        name: name?,
        per: per?,
        only: only?,
        models: models?,
        amount: amount?,
        period: period?,
        timezone: timezone?,
        thresholds: thresholds?,
        downgrade_at: downgrade_at?,
        on_exceeded: on_exceeded?,
        fail: fail?,
    })
}

fn spendable(text: &Spanned<String>, field: &str, problems: &mut Problems) -> Option<MicroUsd> {
    let amount = amount::dollars(text, field, amount::MOST, problems)?;
    if amount == MicroUsd(0) {
        problems.at(
            text.referenced,
            field,
            "would admit nothing; write more than zero",
        );
        return None;
    }
    Some(amount)
}

fn per(list: &raw::List<String>, path: &str, problems: &mut Problems) -> Option<Vec<Payer>> {
    let mut payers = Vec::new();
    let mut right = true;
    for (index, text) in list.iter().flat_map(|list| &list.value).enumerate() {
        let field = format!("{path}.per[{index}]");
        match suggest::one_of(text, &field, &PAYERS, problems) {
            Some(payer) if payers.contains(&payer) => {
                problems.at(
                    text.referenced,
                    field,
                    format!("{:?} is listed already; keep one", text.value),
                );
                right = false;
            }
            Some(payer) => payers.push(payer),
            None => right = false,
        }
    }
    right.then_some(payers)
}

type Only = Vec<(Payer, Vec<String>)>;

fn only(
    raw: Option<&raw::BudgetMatch>,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Only> {
    let Some(raw) = raw else {
        return Some(Vec::new());
    };
    let choice = |by, word, list, known| Choice {
        by,
        word,
        list,
        known,
    };
    let providers = Some(known.providers.as_slice());
    let choices = [
        choice(Payer::Tenant, "tenant", &raw.tenant, None),
        choice(Payer::Key, "key", &raw.key, None),
        choice(Payer::Team, "team", &raw.team, None),
        choice(Payer::Provider, "provider", &raw.provider, providers),
    ];
    only::only(choices, "budget", path, problems)
}

/// A name of the database that is part of the program: machines differ in what they have.
fn timezone(text: &raw::Text, path: &str, problems: &mut Problems) -> Option<String> {
    let Some(text) = text else {
        return Some(UTC.to_owned());
    };
    let database = TimeZoneDatabase::bundled();
    if database.get(&text.value).is_ok() {
        return Some(text.value.clone());
    }
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    let remedy = suggest::remedy(&text.value, names.iter().map(String::as_str));
    let remedy = match remedy.starts_with("did you mean") {
        true => remedy.as_str(),
        false => "write a name such as Europe/Berlin",
    };
    problems.at(
        text.referenced,
        format!("{path}.timezone"),
        format!("no time zone is named {:?}; {remedy}", text.value),
    );
    None
}

fn thresholds(list: &raw::List<u64>, path: &str, problems: &mut Problems) -> Option<Vec<u8>> {
    let mut all: Vec<u8> = Vec::new();
    let mut right = true;
    for (index, number) in list.iter().flat_map(|list| &list.value).enumerate() {
        let field = format!("{path}.thresholds[{index}]");
        match percent(number.value) {
            None => {
                problems.at(number.referenced, field, "must be 1 to 100");
                right = false;
            }
            Some(percent) if all.last().is_some_and(|last| percent <= *last) => {
                problems.at(
                    number.referenced,
                    field,
                    "must be more than the one before it; write them in ascending order, each once",
                );
                right = false;
            }
            Some(percent) => all.push(percent),
        }
    }
    right.then_some(all)
}

fn downgrade_at(
    number: &raw::Number,
    path: &str,
    no_downgrades: bool,
    problems: &mut Problems,
) -> Option<Option<u8>> {
    let Some(number) = number else {
        return Some(None);
    };
    let field = format!("{path}.downgrade_at");
    let message = match percent(number.value) {
        None => "must be 1 to 100",
        Some(_) if no_downgrades => {
            "there is no cheaper model for any; name one in money.downgrades or leave it out"
        }
        percent => return Some(percent),
    };
    problems.at(number.referenced, field, message);
    None
}

fn percent(number: u64) -> Option<u8> {
    u8::try_from(number)
        .ok()
        .filter(|percent| (1..=100).contains(percent))
}

fn choice<T: Copy + Default>(
    text: &raw::Text,
    path: &str,
    field: &str,
    choices: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    match text {
        Some(text) => suggest::one_of(text, &format!("{path}.{field}"), choices, problems),
        None => Some(T::default()),
    }
}
