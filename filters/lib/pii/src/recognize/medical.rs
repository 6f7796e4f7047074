//! Health.

mod birth;
mod record;

use super::Recognizer;

pub(super) const RECOGNIZERS: &[Recognizer] = &[birth::RECOGNIZER, record::RECOGNIZER];

/// Without the quotes and other marks of the block General Punctuation (`E2 80 xx`) at either end.
fn unquoted(mut word: &[u8]) -> &[u8] {
    while let [0xe2, 0x80, _, rest @ ..] | [rest @ .., 0xe2, 0x80, _] = word {
        word = rest;
    }
    word
}
