//! What a request may cost, who has to pay for it, and what happens when the money is spent.
//!
//! Pure: time is an argument, and the store is somebody else's. Amounts are whole micro-dollars. What cannot be
//! priced is never guessed: its cost is unknown, and where a budget could refuse it must not be asked for.

pub mod approve;
mod budget;
mod downgrade;
mod metrics;
mod pots;
mod quote;
mod refusal;
mod spent;
mod table;
mod threshold;
mod window;

use std::collections::HashMap;

use penstock_chat::{MicroUsd, Tokens};
use penstock_config as config;
use penstock_plan::Price;
use thiserror::Error;

use self::{approve::Approvals, budget::Budget, table::Tariff};
pub use self::{
    budget::{BudgetClaim, Priced},
    downgrade::{DOWNGRADED, Served},
    metrics::MoneyMetrics,
    pots::Pot,
    quote::{Quote, QuotedApproval, QuotedBudget, QuotedPrice, QuotedTarget},
    refusal::ESTIMATE,
    spent::{Part, Spent},
    threshold::{Event, crossed},
    window::calendar,
};

/// Why money cannot be reckoned with as configured.
#[derive(Debug, Error)]
pub enum MoneyError {
    /// The price table that Penstock brings along cannot be read.
    #[error("the shipped price table is broken")]
    Table(#[source] serde_json::Error),
    /// The time zone of a budget is not in the database that Penstock brings along.
    #[error("budget {budget}: no time zone is named {zone:?}")]
    TimeZone {
        /// The budget's name.
        budget: String,
        /// What its zone is called.
        zone: String,
    },
    /// The key that approvals are signed with.
    #[error(transparent)]
    Key(#[from] approve::KeyError),
}

/// What requests cost and who may spend how much.
#[derive(Debug)]
pub struct Money {
    table: HashMap<String, Tariff>,
    /// By provider, then by model.
    overrides: HashMap<String, HashMap<String, Tariff>>,
    budgets: Vec<Budget>,
    downgrades: HashMap<String, String>,
    approvals: Option<Approvals>,
}

impl Money {
    /// As configured. `approve_key` is what the configuration's `approve_key` leads to.
    ///
    /// # Errors
    /// See [`MoneyError`]; none of a checked configuration but for the key.
    pub fn new(config: Option<&config::Money>, approve_key: Option<&[u8]>) -> Result<Self, MoneyError> {
        let table = table::shipped().map_err(MoneyError::Table)?;
        let Some(config) = config else {
            return Ok(Self {
                table,
                overrides: HashMap::new(),
                budgets: Vec::new(),
                downgrades: HashMap::new(),
                approvals: None,
            });
        };
        let mut overrides: HashMap<String, HashMap<String, Tariff>> = HashMap::new();
        for price in &config.prices {
            let models = overrides.entry(price.provider.clone()).or_default();
            models.insert(price.model.clone(), Tariff::from(price));
        }
        let budgets = config.budgets.iter().map(Budget::new);
        let downgrades = config.downgrades.iter();
        let approvals = config
            .approval
            .as_ref()
            .map(|approval| Approvals::new(approval.above, approve_key.unwrap_or_default()));
        Ok(Self {
            table,
            overrides,
            budgets: budgets.collect::<Result<_, _>>()?,
            downgrades: downgrades
                .map(|downgrade| (downgrade.from.clone(), downgrade.to.clone()))
                .collect(),
            approvals: approvals.transpose()?,
        })
    }

    /// What a model of a provider costs for a request of `input` tokens and some images: some models cost more for long ones. The
    /// configuration's prices come first, then those that Penstock brings along.
    pub fn price(&self, provider: &str, model: &str, input: Tokens, images: u64) -> Option<Price> {
        let own = self
            .overrides
            .get(provider)
            .and_then(|models| table::find(models, model));
        let tariff = own.or_else(|| table::find(&self.table, model))?;
        Some(tariff.at(input, images))
    }

    /// The most that a request can cost there, whatever kinds its tokens turn out to be.
    pub fn estimate(
        &self,
        (provider, model): (&str, &str),
        (input, output): (Tokens, Tokens),
        images: u64,
    ) -> Option<MicroUsd> {
        Some(self.price(provider, model, input, images)?.at_most(input, output))
    }

    /// Who signs and checks approvals, if any request needs one.
    pub fn approvals(&self) -> Option<&Approvals> {
        self.approvals.as_ref()
    }
}

#[cfg(test)]
mod tests;
