//! How to reach a person.

mod email;
mod phone;

use super::Recognizer;

pub(super) const RECOGNIZERS: &[Recognizer] = &[email::RECOGNIZER, phone::RECOGNIZER];
