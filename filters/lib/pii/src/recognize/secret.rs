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

/// Whether a token may start at a place: nothing that could be a part of it stands in front, unless it belongs to an escape
/// of JSON (`\n`, `\u003d`) or of a URL (`%3D`).
fn opens(text: &Text<'_>, at: usize) -> bool {
    let before = |count: usize| at.checked_sub(count).map_or(0, |place| text.at(place));
    let hex = |from: usize, to: usize| (from..=to).all(|count| before(count).is_ascii_hexdigit());
    match before(1) {
        b'n' | b'r' | b't' if before(2) == b'\\' => true,
        byte if is_token(byte) => {
            before(3) == b'%' && hex(1, 2) || before(6) == b'\\' && before(5) == b'u' && hex(1, 4)
        }
        _ => true,
    }
}

/// Where a token starts that is asked for at its first letter, or at the backslash of an escape in front of it.
fn start(text: &Text<'_>, at: usize) -> Option<usize> {
    let start = match (text.at(at), text.at(at + 1)) {
        (b'\\', b'n' | b'r' | b't') => at + 2,
        (b'\\', _) => return None,
        _ => at,
    };
    opens(text, start).then_some(start)
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
