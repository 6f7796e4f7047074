//! Statistics of this filter. Envoy shows them as `wasmcustom.<name>`; labels are name-value pairs in the name.
//! Every label comes from configuration or a fixed list, so that no caller can make a series of its own.

use penstock_flow::{LocalReply, Step};

/// Values of placeholders that the client got back.
pub(crate) const RESTORED: &str = "penstock.pii_restored";

/// Images, audio and files that were let through unseen.
pub(crate) const ATTACHMENTS: &str = "penstock.pii_attachments";

/// Time from a whole request body to what became of it, in microseconds.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // Only the shell reads a clock.
pub(crate) const MASK_US: &str = "penstock.pii_mask_us";

/// Values found, by kind, action and direction (`request`, `response`).
pub(crate) fn found(entity: &str, action: &'static str, direction: &'static str) -> String {
    format!("penstock.pii_entities.entity.{entity}.action.{action}.direction.{direction}")
}

/// Requests and answers that could not be looked into, by reason and by what became of them.
pub(crate) fn unscannable(reason: &'static str, outcome: &'static str) -> String {
    format!("penstock.pii_unscannable.reason.{reason}.outcome.{outcome}")
}

/// Ends a request with a refusal, and counts it in the statistic that all filters share.
pub(crate) fn refuse(reply: LocalReply) -> Step {
    let counter = format!("penstock.refusals.reason.{}", reply.details);
    let mut step = Step::reply(reply);
    step.count(counter);
    step
}
