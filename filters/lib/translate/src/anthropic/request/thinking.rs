//! How reasoning is asked of a model, and how much output room it needs.
//!
//! | effort | budget where the model takes one |
//! |---|---|
//! | `minimal` | 1,024 |
//! | `low` | 2,048 |
//! | `medium` | 8,192 |
//! | `high` | 16,384 |
//! | `xhigh` | 24,576 |
//! | `max` | 32,000 |
//!
//! Models from 4.6 on get `adaptive` thinking and the effort itself. Budgets are Penstock's choice; they stay below
//! half of the client's own limit, as thinking counts towards it and the answer needs room.

use penstock_chat::Tokens;
use penstock_chat::neutral::request::{Effort, Reasoning, ReasoningMode};

use super::model::Traits;
use crate::loss::{Feature, Losses};

/// Least budget (`ThinkingConfigEnabledParam`, Python SDK 2.11, read 2026-11).
const LEAST_BUDGET: u64 = 1_024;

/// Output limit where neither client nor target gives one.
const DEFAULT_LIMIT: u64 = 4_096;

/// The same for models that may think without being asked: thinking counts towards the limit, and with the lower
/// one answers are cut in mid-sentence. All of these models write far more (Anthropic, "Models overview", read
/// 2026-11).
const THINKING_LIMIT: u64 = 16_384;

/// What to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `max_tokens`.
    pub max_tokens: u64,
    /// `thinking`.
    pub thinking: Thinking,
    /// `output_config.effort`.
    pub effort: Option<&'static str>,
}

/// `thinking`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Not sent.
    Unset,
    /// `adaptive`.
    Adaptive,
    /// `enabled` with a budget.
    Budget(u64),
}

/// Settles limit and thinking together, as the budget must stay below the limit.
pub fn plan(
    reasoning: Reasoning,
    client_limit: Option<Tokens>,
    target_limit: Option<Tokens>,
    traits: Traits,
    losses: &mut Losses,
) -> Plan {
    let wanted = match (reasoning.mode, reasoning.effort) {
        (ReasoningMode::Budget(Tokens(budget)), _) => Some(budget),
        (ReasoningMode::Adaptive, effort) => Some(budget_of(effort.unwrap_or(Effort::High))),
        (ReasoningMode::Off | ReasoningMode::Unset, _) => None,
    };
    let given = client_limit.or(target_limit).map(|Tokens(limit)| limit);
    let limit = match given {
        Some(limit) => limit,
        None if traits.adaptive_thinking => THINKING_LIMIT,
        None => DEFAULT_LIMIT.saturating_add(wanted.unwrap_or(0)),
    };
    let unset = Plan {
        max_tokens: limit,
        thinking: Thinking::Unset,
        effort: None,
    };
    if traits.adaptive_thinking {
        return adaptive(reasoning, unset, traits, losses);
    }
    if wanted.is_none() && reasoning.effort.is_some() {
        losses.feature(Feature::Effort, "the target's model takes no effort");
    }
    let Some(wanted) = wanted else { return unset };
    let room = if given.is_some() { limit / 2 } else { wanted };
    let budget = wanted.min(room).max(LEAST_BUDGET);
    if budget >= limit {
        losses.feature(Feature::Reasoning, "the output limit leaves no room for it");
        return unset;
    }
    Plan {
        thinking: Thinking::Budget(budget),
        ..unset
    }
}

fn adaptive(reasoning: Reasoning, unset: Plan, traits: Traits, losses: &mut Losses) -> Plan {
    let effort = reasoning.effort.map(|effort| match effort {
        Effort::Minimal => "low",
        Effort::XHigh if !traits.xhigh_effort => {
            losses.feature(Feature::Effort, "sent as high");
            "high"
        }
        effort => effort.as_str(),
    });
    let thinking = match reasoning.mode {
        ReasoningMode::Unset => Thinking::Unset,
        ReasoningMode::Adaptive => Thinking::Adaptive,
        ReasoningMode::Budget(_) => {
            losses.feature(Feature::Reasoning, "the target's model sets its budget itself");
            Thinking::Adaptive
        }
        // `disabled` is refused by some of these models, and the others do not think unless asked.
        ReasoningMode::Off => {
            if !traits.thinking_budget {
                losses.feature(Feature::Reasoning, "the target's model may think all the same");
            }
            Thinking::Unset
        }
    };
    Plan {
        thinking,
        effort,
        ..unset
    }
}

fn budget_of(effort: Effort) -> u64 {
    match effort {
        Effort::Minimal => 1_024,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 16_384,
        Effort::XHigh => 24_576,
        Effort::Max => 32_000,
    }
}
