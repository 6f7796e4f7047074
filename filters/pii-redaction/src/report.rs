//! What is said of personal data: kinds and counts, never values.

use std::collections::BTreeMap;

use penstock_pii::{Action, Entity};
use serde::Serialize;

use crate::request::Denied;

/// The response header with the kinds that were found in a request, and how many values of each.
pub(crate) const HEADER: &str = "x-penstock-pii";
/// The key in filter state of what was found in a request. Logged.
pub(crate) const STATE: &str = "penstock.pii";

/// What was found in a request and what became of it, for access logs.
#[derive(Serialize)]
pub(crate) struct Record<'a> {
    /// How many values of each kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<&'a str, u32>,
    /// Images, audio and files that were let through unseen.
    #[serde(skip_serializing_if = "is_zero")]
    pub attachments: u32,
    /// Why the request could not be looked into, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unscannable: Option<&'static str>,
    /// The request was refused.
    #[serde(skip_serializing_if = "is_false")]
    pub denied: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // What serde asks for.
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // What serde asks for.
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Record<'_> {
    /// Strings and numbers always serialise.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The name of a kind, as the configuration writes it.
pub(crate) fn name(entity: Entity, custom: &[String]) -> &str {
    match entity {
        Entity::Custom(index) => custom.get(usize::from(index)).map_or("CUSTOM", String::as_str),
        entity => entity.name(),
    }
}

/// `EMAIL_ADDRESS=2, CREDIT_CARD=1`.
pub(crate) fn header(counts: &BTreeMap<Entity, u32>, custom: &[String]) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(entity, count)| format!("{}={count}", name(*entity, custom)))
        .collect();
    counts.join(", ")
}

/// Why a request is refused, with the places of the first few values.
pub(crate) fn denial(denied: &[Denied], custom: &[String]) -> String {
    let places: Vec<String> = denied
        .iter()
        .map(|denied| {
            format!(
                "{} in {} at characters {} to {}",
                name(denied.entity, custom),
                denied.field,
                denied.characters.start,
                denied.characters.end
            )
        })
        .collect();
    format!(
        "the request holds personal data that must not be sent: {}; remove it and try again",
        places.join(", ")
    )
}

/// The name of an action, as the configuration writes it.
pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Mask => "mask",
        Action::Hash => "hash",
        Action::Redact => "redact",
        Action::Deny => "deny",
        Action::Flag => "flag",
        Action::Ignore => "ignore",
    }
}
