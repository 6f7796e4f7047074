//! What there is to see at one time, as plain data.

use std::sync::Arc;

use penstock_chat::MicroUsd;
use penstock_config::{Exceeded, Period, slice::Kind};

use super::{recent::Request, spending::Spent};
use crate::{
    cache::{Report, Saved},
    health::TargetReport,
    store::Standing,
};

/// What there is to see at one time.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// The configuration in force.
    pub policy_version: String,
    /// Whether requests are to be sent here.
    pub is_ready: bool,
    /// What is wrong, in lines.
    pub notices: Vec<String>,
    /// Those that ended last, the very last first.
    pub requests: Vec<Arc<Request>>,
    /// Requests that were decided and have not ended.
    pub under_way: usize,
    /// What was spent.
    pub spent: Spent,
    /// How budgets stand; none while the store is away.
    pub budgets: Option<Vec<BudgetLine>>,
    /// How targets are.
    pub targets: Vec<TargetReport>,
    /// How the cache does, if there is one.
    pub cache: Option<CacheView>,
    /// How limits stand, the fullest first; none while the store is away.
    pub limits: Option<Vec<LimitLine>>,
}

/// How one account of a budget stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    /// The budget's name.
    pub name: String,
    /// Whose account it is; empty if all share it.
    pub owner: Vec<String>,
    /// How much there is.
    pub amount: MicroUsd,
    /// In what time.
    pub period: Period,
    /// What happens when it is spent.
    pub on_exceeded: Exceeded,
    /// What is used and reserved.
    pub standing: Standing,
}

/// How one limit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitLine {
    /// Who has set it: `key`, `strict` or `provider`.
    pub source: &'static str,
    /// What people call it.
    pub name: String,
    /// What it is kept for: names and values.
    pub owner: Vec<(String, String)>,
    /// What it counts.
    pub kind: Kind,
    /// The most.
    pub cap: u64,
    /// What is used and reserved.
    pub standing: Standing,
}

/// How the cache does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CacheView {
    /// Of each model.
    pub report: Report,
    /// In the order of the report's models.
    pub saved: Vec<Saved>,
}

impl BudgetLine {
    /// The part that is used or reserved, in thousandths.
    pub fn permille(&self) -> u64 {
        permille(self.standing, self.amount.0)
    }
}

impl LimitLine {
    /// The part that is used or reserved, in thousandths.
    pub fn permille(&self) -> u64 {
        permille(self.standing, self.cap)
    }
}

fn permille(standing: Standing, whole: u64) -> u64 {
    let taken = u128::from(standing.used).saturating_add(u128::from(standing.held));
    let part = taken.saturating_mul(1_000) / u128::from(whole.max(1));
    u64::try_from(part).unwrap_or(u64::MAX)
}
