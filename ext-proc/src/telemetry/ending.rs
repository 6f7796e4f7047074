//! How a request ended, in words of which there are few.

use penstock_client::trail::Stop;

use super::OTHER;
use crate::outcome::Outcome;

/// How a request ended, for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With its whole answer.
    Ok,
    /// With an error that it is to blame for, or that a limit or a policy is.
    Refused,
    /// With an error that it is not to blame for.
    Failed,
    /// Within its answer.
    Truncated,
    /// Its client left.
    Disconnected,
}

/// Words of `x-penstock-attempts`, and statuses of providers, that are labels.
const CLASSES: [&str; 25] = [
    "200",
    "400",
    "401",
    "402",
    "403",
    "404",
    "408",
    "409",
    "413",
    "422",
    "429",
    "500",
    "502",
    "503",
    "504",
    "529",
    "cancelled",
    "connect-failure",
    "error",
    "incomplete",
    "malformed",
    "no-answer",
    "reset",
    "stall",
    "timeout",
];

/// Why Penstock answers with an error of its own: its filters and the service have these words.
const REFUSALS: [&str; 28] = [
    "approval_required",
    "approval_unavailable",
    "budget_exceeded",
    "budget_unavailable",
    "cache",
    "content_encoding",
    "empty_body",
    "internal",
    "invalid_api_key",
    "invalid_request",
    "limit_exceeded",
    "limit_unavailable",
    "loss_rejected",
    "method_not_allowed",
    "misdirected",
    "model_not_allowed",
    "model_not_found",
    "no_decision",
    "no_target",
    "personal_data",
    "provider_limit",
    "provider_limit_unavailable",
    "request_too_large",
    "token_quota",
    "unasked",
    "undecided",
    "unknown_path",
    "usage",
];

/// Envoy's own words for what it refuses, with ours. Source: `response_code_details` of Envoy 1.40, read 2026-11-28.
const ENVOYS: [(&str, &str); 7] = [
    ("ext_authz_denied", "invalid_api_key"),
    ("ext_authz_error", "identity_unavailable"),
    ("jwt_authn_access_denied", "invalid_token"),
    ("request_payload_too_large", "request_too_large"),
    ("request_payload_exceeded_retry_buffer_limit", "request_too_large"),
    ("route_not_found", "unknown_path"),
    ("direct_response", "unknown_path"),
];

impl Ending {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome.status {
            _ if outcome.client_left() => Self::Disconnected,
            _ if outcome.is_cut() => Self::Truncated,
            200..=399 if last(outcome).is_some_and(|stop| class(stop) != "200") => Self::Truncated,
            200..=399 => Self::Ok,
            408 | 429 if last(outcome).is_some() => Self::Failed,
            400..=499 => Self::Refused,
            _ => Self::Failed,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Truncated => "truncated",
            Self::Disconnected => "disconnected",
        }
    }
}

/// What became of an attempt.
pub(super) fn class(stop: &Stop) -> &'static str {
    let outcome = stop.outcome.as_deref().unwrap_or("no-answer");
    word(&CLASSES, outcome).unwrap_or(OTHER)
}

/// What went wrong with a request that did not end well.
pub(super) fn error(outcome: &Outcome, ending: Ending) -> Option<&'static str> {
    let at_last = last(outcome).map(class);
    Some(match ending {
        Ending::Ok => return None,
        Ending::Disconnected => "disconnected",
        Ending::Truncated => at_last.filter(|class| *class != "200").unwrap_or("cut"),
        Ending::Refused | Ending::Failed => at_last.filter(|class| *class != "200").unwrap_or(OTHER),
    })
}

/// Why Penstock has answered with an error of its own, or has passed on a provider's word that the request is at fault.
pub(super) fn refusal(outcome: &Outcome) -> Option<&'static str> {
    if outcome.status < 400 || outcome.client_left() {
        return None;
    }
    let decided = outcome
        .receipt
        .as_ref()
        .and_then(|receipt| receipt.reason.as_deref());
    if last(outcome).is_none() {
        let known = decided.and_then(|reason| word(&REFUSALS, reason));
        return Some(known.or_else(|| said(&outcome.details)).unwrap_or(OTHER));
    }
    said(&outcome.details).or_else(|| (Ending::of(outcome) == Ending::Refused).then_some("provider"))
}

/// The reason in Envoy's `details`.
fn said(details: &str) -> Option<&'static str> {
    let own = details.strip_prefix("penstock_").unwrap_or(details);
    word(&REFUSALS, own).or_else(|| {
        let envoys = ENVOYS.iter().find(|(word, _)| details.starts_with(word));
        envoys.map(|(_, reason)| *reason)
    })
}

fn last(outcome: &Outcome) -> Option<&Stop> {
    outcome.trail.0.last()
}

fn word(words: &[&'static str], wanted: &str) -> Option<&'static str> {
    words.iter().find(|word| **word == wanted).copied()
}
