//! What the service must remember of a decision until it hears how it went: it travels with the request, so that
//! any replica can settle it.

use penstock_chat::MicroUsd;
use serde::{Deserialize, Serialize};

use crate::{caller::Caller, store::Account};

/// The key of dynamic metadata that holds the [`Receipt`], as JSON.
pub const RECEIPT: &str = "receipt";

/// What was decided and reserved for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who asked, where no key has told that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    /// The alias that the client asked for.
    pub asked: String,
    /// The alias whose targets it got.
    pub served: String,
    /// Why it got another, or was refused; a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Input tokens, as counted before.
    pub input_tokens: u64,
    /// Output tokens that were reserved.
    pub output_tokens: u64,
    /// What the cache had for it, if it was asked: a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// The key of the answer that is wanted for the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// Whether the answer was to be streamed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// Images in it.
    #[serde(default, skip_serializing_if = "none")]
    pub images: u64,
    /// What it was estimated to cost at most.
    pub estimate: MicroUsd,
    /// What is reserved, and in which unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// Milliseconds that the decision took, a wait in the queue included.
    pub decided_ms: u64,
    /// The policy version that decided.
    pub policy_version: String,
}

fn none(number: &u64) -> bool {
    *number == 0
}

/// One account in which something is reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Where.
    pub account: Account,
    /// How much.
    pub amount: u64,
    /// In what unit it is settled.
    pub unit: Unit,
    /// Only for requests that this provider has served, or this model of its.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// As `provider`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What an account counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Input and output tokens.
    Tokens,
    /// Requests, which stay used however they end.
    Requests,
    /// Requests under way, which are given back at the end.
    Concurrent,
    /// Micro-dollars.
    Money,
}
