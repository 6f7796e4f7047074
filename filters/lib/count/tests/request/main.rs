//! What requests cost.

// Helpers of a test may do what tests may.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod corpus;
mod free;
mod limits;
mod media;
mod messages;
mod tools;

use penstock_chat::{Api, Tokens};
use penstock_count::{Counted, family, request};
use penstock_tokens::{Tokenizer, Vocabulary};
use serde_json::Value;

/// Counts a request for a model without a limit.
fn count(client: Api, model: &str, body: &Value) -> Counted {
    let body = serde_json::to_vec(body).unwrap();
    request(
        &mut Tokenizer::new(),
        client,
        &body,
        &family(model),
        Tokens(u64::MAX),
    )
    .unwrap()
}

fn tokens(client: Api, model: &str, body: &Value) -> u64 {
    count(client, model, body).tokens.0
}

/// The tokens of plain texts, each counted alone.
fn texts(texts: &[&str]) -> u64 {
    let mut tokenizer = Tokenizer::new();
    texts
        .iter()
        .map(|text| tokenizer.count(Vocabulary::O200kBase, text))
        .sum()
}
