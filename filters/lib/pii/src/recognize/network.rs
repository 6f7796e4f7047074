//! Machines, and accounts on them.

mod ip;
mod mac;
mod url;

use super::Recognizer;

pub(super) const RECOGNIZERS: &[Recognizer] = &[ip::V4, ip::V6, mac::RECOGNIZER, url::RECOGNIZER];
