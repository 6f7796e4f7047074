//! What requests cost, who may spend how much, and what happens when it is spent.

mod amount;
mod budget;
mod downgrade;
mod price;

use penstock_chat::MicroUsd;
use serde::Serialize;

pub use self::{
    budget::{Budget, Exceeded, OnAway, Payer, Period},
    downgrade::Downgrade,
    price::PriceOverride,
};
use crate::{credential::Credential, problem::Problems, raw, spanned::Spanned};

/// What requests cost, and who may spend how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// Prices in the place of those that Penstock brings along, in the order of the file.
    pub prices: Vec<PriceOverride>,
    /// In the order of the file.
    pub budgets: Vec<Budget>,
    /// Cheaper models for when a budget runs low; without a cycle.
    pub downgrades: Vec<Downgrade>,
    /// Requests that may cost more need approval.
    pub approval: Option<Approval>,
}

/// Which requests need approval, and what approvals are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Those that may cost more than this.
    pub above: MicroUsd,
    /// Where the key is: an environment variable or a file.
    pub key: Credential,
}

/// Names that the section may use. Faulty entries count as well, so that a use of one is not reported on top.
struct Known<'a> {
    providers: Vec<&'a str>,
    models: Vec<&'a str>,
    /// A provider and one of its models, for every target.
    targets: Vec<(&'a str, &'a str)>,
}

impl<'a> Known<'a> {
    fn of(raw: &'a raw::File) -> Self {
        let providers = raw.providers.iter().flat_map(|list| &list.value);
        let models = || raw.models.iter().flat_map(|list| &list.value);
        let targets = models().flat_map(|model| model.value.targets.iter().flat_map(|list| &list.value));
        Self {
            providers: providers
                .filter_map(|provider| Some(provider.value.name.as_ref()?.value.as_str()))
                .collect(),
            models: models()
                .filter_map(|model| Some(model.value.name.as_ref()?.value.as_str()))
                .collect(),
            targets: targets
                .filter_map(|target| {
                    let provider = &target.value.provider.as_ref()?.value;
                    Some((provider.as_str(), target.value.model.as_ref()?.value.as_str()))
                })
                .collect(),
        }
    }
}

impl Money {
    /// The outer `None` is a problem, the inner one a file that says nothing of money.
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Option<Self>> {
        let Some(Spanned { value: money, .. }) = &raw.money else {
            return Some(None);
        };
        let known = Known::of(raw);
        let prices = price::parse(&money.prices, &known, problems);
        let downgrades = downgrade::parse(&money.downgrades.0, &known, problems);
        let budgets = budget::parse(&money.budgets, &known, money.downgrades.0.is_empty(), problems);
        let approval = approval(money, problems);
        Some(Some(Self {
            prices: prices?,
            budgets: budgets?,
            downgrades: downgrades?,
            approval: approval?,
        }))
    }
}

fn approval(raw: &raw::Money, problems: &mut Problems) -> Option<Option<Approval>> {
    let key = raw
        .approve_key
        .as_ref()
        .map(|key| (key, key_source(key, problems)));
    match (&raw.approve_above, key) {
        (None, None) => Some(None),
        (None, Some((key, _))) => {
            problems.at(
                key.referenced,
                "money.approve_key",
                "means nothing without approve_above; write the amount or leave it out",
            );
            None
        }
        (Some(text), None) => {
            problems.at(
                text.referenced,
                "money.approve_key",
                "missing, and approvals are signed with it; write one of { env: NAME } or { file: PATH }",
            );
            None
        }
        (Some(text), Some((_, key))) => {
            let above = amount::dollars(text, "money.approve_above", amount::MOST, problems);
            Some(Some(Approval {
                above: above?,
                key: key?,
            }))
        }
    }
}

fn key_source(raw: &Spanned<raw::Credential>, problems: &mut Problems) -> Option<Credential> {
    match Credential::parse(Some(raw), "money.approve_key", problems)? {
        key @ (Credential::Env(_) | Credential::File(_)) => Some(key),
        Credential::Client | Credential::None => {
            problems.at(
                raw.referenced,
                "money.approve_key",
                "approvals are not signed with a caller's credential; write one of { env: NAME } or { file: PATH }",
            );
            None
        }
    }
}
