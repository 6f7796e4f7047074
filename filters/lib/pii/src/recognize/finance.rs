//! Where a person's money is.

mod card;
mod crypto;
mod iban;
mod swift;

use super::Recognizer;

pub(super) const RECOGNIZERS: &[Recognizer] = &[
    card::RECOGNIZER,
    crypto::RECOGNIZER,
    iban::RECOGNIZER,
    swift::RECOGNIZER,
];
