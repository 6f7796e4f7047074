//! E-mail addresses and telephone numbers.

mod email;
mod phone;

use crate::kind::Kind;

pub const KINDS: &[Kind] = &[email::EMAIL, phone::PHONE];
