//! What `POST /v1/penstock/estimate` answers.

use penstock_chat::{MicroUsd, Tokens};
use penstock_config::Exceeded;
use penstock_plan::Price;
use serde::Serialize;

use super::{BudgetClaim, Money, Priced, approve::Token};
use crate::store::Standing;

/// What a request would cost, and whether it would pass.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quote {
    /// `penstock.estimate`.
    pub object: &'static str,
    /// The alias that was asked for.
    pub model: String,
    /// The alias whose targets it would get.
    pub served_model: String,
    /// Input tokens, as counted.
    pub input_tokens: Tokens,
    /// The most output tokens.
    pub output_tokens: Tokens,
    /// In the order in which they would be tried.
    pub targets: Vec<QuotedTarget>,
    /// The most that it can cost at the dearest target, in dollars; absent if one of them has no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_usd: Option<String>,
    /// The same in micro-dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_micro_usd: Option<MicroUsd>,
    /// Budgets that would pay.
    pub budgets: Vec<QuotedBudget>,
    /// Whether nothing stands in its way now, given the approval if one is needed.
    pub would_pass: bool,
    /// What stands in its way.
    pub reasons: Vec<String>,
    /// What is to be sent along as `x-penstock-approve`, if that is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<QuotedApproval>,
}

/// A target and what a request would cost there at most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotedTarget {
    /// The provider's name.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// Dollars for a million tokens; absent if there is no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_usd: Option<QuotedPrice>,
    /// In dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_usd: Option<String>,
    /// In micro-dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_micro_usd: Option<MicroUsd>,
}

/// Dollars for a million tokens of each kind, and for the images of the request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotedPrice {
    input: String,
    cached_input: String,
    cache_write: String,
    output: String,
    reasoning: String,
    /// The request's images, all together.
    images: String,
}

/// A budget that would pay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotedBudget {
    /// Its name.
    pub name: String,
    /// The provider whose requests it is for, if each has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What is left, in dollars; absent where it would tell what other tenants spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_usd: Option<String>,
    /// The same in micro-dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_micro_usd: Option<MicroUsd>,
    /// Seconds until it begins anew.
    pub resets_in_seconds: u64,
    /// Whether the request fits; true for budgets that refuse nothing.
    pub fits: bool,
}

/// A token and its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotedApproval {
    /// What is sent as `x-penstock-approve`.
    pub token: String,
    /// Until when it is good, in milliseconds since the Unix epoch.
    pub expires_ms: u64,
}

impl From<Price> for QuotedPrice {
    fn from(price: Price) -> Self {
        Self {
            input: price.input.to_string(),
            cached_input: price.cached_input.to_string(),
            cache_write: price.cache_write.to_string(),
            output: price.output.to_string(),
            reasoning: price.reasoning.to_string(),
            images: price.images.to_string(),
        }
    }
}

impl Quote {
    /// The body of the answer. Strings and numbers always serialise.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Money {
    /// What a request of so many tokens (input and output) and images for `asked` would cost that would get the alias `served` and its
    /// `targets`. `standings` are those of `claims`; `excluded` says why other targets are out; `token` is its approval, if
    /// it needs one. Whoever knows of another obstacle adds it to the reasons.
    #[expect(clippy::too_many_arguments, reason = "each is a different part of the answer")]
    pub fn quote(
        &self,
        (asked, served): (&str, &str),
        (input, output, images): (Tokens, Tokens, u64),
        targets: &[Priced],
        claims: &[BudgetClaim],
        standings: &[Standing],
        excluded: Vec<String>,
        token: Option<Token>,
    ) -> Quote {
        let budgets: Vec<QuotedBudget> = claims
            .iter()
            .zip(standings)
            .filter_map(|(claim, standing)| self.quoted_budget(claim, *standing))
            .collect();
        let mut reasons = excluded;
        if targets.is_empty() && reasons.is_empty() {
            reasons.push("no target is left".to_owned());
        }
        let tight = budgets.iter().filter(|budget| !budget.fits);
        reasons.extend(tight.map(|budget| format!("the budget {} has not enough left", budget.name)));
        let estimates = targets.iter().map(|target| target.estimate);
        let estimate = estimates
            .collect::<Option<Vec<_>>>()
            .and_then(|estimates| estimates.into_iter().max());
        Quote {
            object: "penstock.estimate",
            model: asked.to_owned(),
            served_model: served.to_owned(),
            input_tokens: input,
            output_tokens: output,
            targets: targets
                .iter()
                .map(|target| QuotedTarget {
                    provider: target.provider.clone(),
                    model: target.model.clone(),
                    price_usd: self
                        .price(&target.provider, &target.model, input, images)
                        .map(Into::into),
                    estimate_usd: target.estimate.map(|amount| amount.to_string()),
                    estimate_micro_usd: target.estimate,
                })
                .collect(),
            estimate_usd: estimate.map(|amount| amount.to_string()),
            estimate_micro_usd: estimate,
            would_pass: !targets.is_empty() && budgets.iter().all(|budget| budget.fits),
            budgets,
            reasons,
            approval: token.map(|token| QuotedApproval {
                token: token.text,
                expires_ms: token.expires_ms,
            }),
        }
    }

    fn quoted_budget(&self, claim: &BudgetClaim, standing: Standing) -> Option<QuotedBudget> {
        let budget = self.budgets.get(claim.budget)?;
        let taken = standing.used.saturating_add(standing.held);
        let left = MicroUsd(budget.config.amount.0.saturating_sub(taken));
        let told = budget.is_private().then_some(left);
        let refuses = budget.config.on_exceeded == Exceeded::Refuse;
        Some(QuotedBudget {
            name: budget.config.name.clone(),
            provider: claim.provider.clone(),
            remaining_usd: told.map(|left| left.to_string()),
            remaining_micro_usd: told,
            resets_in_seconds: standing.reset_ms.div_ceil(1_000),
            fits: !refuses || claim.claim.amount <= left.0,
        })
    }
}
