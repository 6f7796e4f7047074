//! Statistics of this filter. Envoy shows them as `wasmcustom.<name>`; labels are name-value pairs in the name.
//! Every label comes from configuration or a fixed list, so that no caller can make a series of its own.

use penstock_config::slice::{Kind, Limit};
use penstock_flow::{LocalReply, Step};

/// Time from a whole request body to the decision about it, in microseconds.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // Only the shell reads a clock.
pub(crate) const COUNT_US: &str = "penstock.count_us";

/// Calls of the service that leases limits.
pub(crate) const LEASE_CALLS: &str = "penstock.lease_calls";

/// Calls of that service that came to nothing.
pub(crate) const LEASE_FAILURES: &str = "penstock.lease_failures";

/// Tokens used, by direction (`input`, `output`), model and tenant.
pub(crate) fn tokens(direction: &'static str, model: &str, tenant: &str) -> String {
    format!(
        "penstock.tokens.direction.{direction}.model.{}.tenant.{}",
        label(model),
        label(tenant)
    )
}

/// Requests that a filter refused, by reason: the same statistic as that of schema-translation.
fn refused(details: &'static str) -> String {
    format!("penstock.refusals.reason.{details}")
}

/// Ends a request with a refusal, and counts it.
pub(crate) fn refuse(reply: LocalReply) -> Step {
    let counter = refused(reply.details);
    let mut step = Step::reply(reply);
    step.count(counter);
    step
}

/// Requests that a limit refused.
pub(crate) fn refusal(limit: &Limit) -> String {
    format!("penstock.quota_refusals.{}", limit_labels(limit))
}

/// Requests that a shadow limit would have refused.
pub(crate) fn shadow_refusal(limit: &Limit) -> String {
    format!("penstock.quota_shadow_refusals.{}", limit_labels(limit))
}

/// Streams that outgrew their reservation with nothing left, by what became of them.
pub(crate) fn overrun(limit: &Limit) -> String {
    format!("penstock.quota_overruns.{}", limit_labels(limit))
}

/// What requests under way have reserved, in the unit of the limit.
pub(crate) fn reserved(limit: &Limit) -> String {
    format!("penstock.quota_reserved.{}", limit_labels(limit))
}

/// Estimated input tokens for each thousand that the provider has counted: 1000 is exact.
pub(crate) fn estimate(model: &str) -> String {
    format!("penstock.estimate_permille.model.{}", label(model))
}

fn limit_labels(limit: &Limit) -> String {
    format!("limit.{}.kind.{}", label(&limit.name), kind(limit.kind))
}

/// The name of a kind, as the configuration writes it.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::TokensPerMinute => "tokens_per_minute",
        Kind::TokensPerHour => "tokens_per_hour",
        Kind::TokensPerDay => "tokens_per_day",
        Kind::RequestsPerMinute => "requests_per_minute",
        Kind::ConcurrentRequests => "concurrent_requests",
        Kind::InputTokens => "input_tokens",
    }
}

/// A dot ends a label's value in a statistic's name.
fn label(value: &str) -> String {
    value
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_label() {
        assert_eq!(
            tokens("input", "gpt-5.4", "a.b/c"),
            "penstock.tokens.direction.input.model.gpt-5_4.tenant.a_b_c"
        );
    }
}
