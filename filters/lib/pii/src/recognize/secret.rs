//! Secrets.

mod anthropic;
mod aws;
mod aws_secret;
mod azure;
mod gcp;
mod github;
mod jwt;
mod named;
mod openai;
mod password;
mod plausible;
mod private_key;
mod shape;
mod slack;
mod stripe;

use super::Recognizer;
use crate::Score;
use crate::text::Text;

pub(super) const RECOGNIZERS: &[Recognizer] = &[
    anthropic::RECOGNIZER,
    aws::RECOGNIZER,
    aws_secret::RECOGNIZER,
    azure::RECOGNIZER,
    gcp::RECOGNIZER,
    github::RECOGNIZER,
    jwt::RECOGNIZER,
    openai::RECOGNIZER,
    password::RECOGNIZER,
    private_key::RECOGNIZER,
    slack::RECOGNIZER,
    stripe::RECOGNIZER,
];

/// A published prefix and a length: nothing that is found inside it, whatever words stand around, may take its place.
const SURE: Score = Score(100);

/// Whether a token may start at a place: nothing that could be a part of it stands in front.
fn opens(text: &Text<'_>, at: usize) -> bool {
    !is_token(text.before(at))
}

/// Letters, digits, underscore, dash: what most tokens consist of.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Whether exactly these bytes stand at a place.
fn has(text: &Text<'_>, at: usize, bytes: &[u8]) -> bool {
    text.from(at).starts_with(bytes)
}

/// Whether exactly these bytes stand in front of a place.
fn has_before(text: &Text<'_>, at: usize, bytes: &[u8]) -> bool {
    at.checked_sub(bytes.len())
        .is_some_and(|start| has(text, start, bytes))
}
