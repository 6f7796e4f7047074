//! Percentages of a budget at which somebody is told.

use serde::Serialize;

use super::Money;
use crate::store::{Account, Window};

/// A budget has come to one of its thresholds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What it is, for who reads the log: `budget_threshold`.
    pub event: &'static str,
    /// The budget's name.
    pub budget: String,
    /// The threshold, in percent.
    pub threshold: u8,
    /// Whose it is.
    pub account: String,
    /// When it begins anew, in milliseconds since the Unix epoch.
    pub ends_ms: u64,
}

/// The thresholds that lie above `before` and not above `after`, of a budget of `amount`. What is used only grows
/// within a window, so whoever is told what it was before and after each settlement sees every threshold once, however
/// many replicas settle.
pub fn crossed(before: u64, after: u64, amount: u64, thresholds: &[u8]) -> Vec<u8> {
    let reached = |used: u64, percent: u8| u128::from(used) * 100 >= u128::from(percent) * u128::from(amount);
    let crossed = thresholds.iter().copied();
    crossed
        .filter(|percent| reached(after, *percent) && !reached(before, *percent))
        .collect()
}

impl Money {
    /// What a settlement of `account` has to be told of, that found `before` used and left `after`.
    pub fn after(&self, account: &Account, before: u64, after: u64) -> Vec<Event> {
        let Some((_, budget)) = self.budget_of(account) else {
            return Vec::new();
        };
        let config = &budget.config;
        let ends_ms = match account.window {
            Window::Until { end_ms, .. } => end_ms,
            Window::Every(_) | Window::Concurrent => 0,
        };
        crossed(before, after, config.amount.0, &config.thresholds)
            .into_iter()
            .map(|threshold| Event {
                event: "budget_threshold",
                budget: config.name.clone(),
                threshold,
                account: account.name.clone(),
                ends_ms,
            })
            .collect()
    }
}
