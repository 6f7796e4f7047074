//! Counters of this filter. Envoy shows them as `wasmcustom.<name>`; labels are name-value pairs in the name.
//! Every label comes from configuration or a fixed list.

use penstock_chat::Api;

/// Requests that went on to a provider, by client dialect.
pub(crate) fn request(dialect: Api) -> String {
    format!("penstock.requests.client_api.{dialect}")
}

/// Requests that the filter refused or answered itself, by reason.
pub(crate) fn refusal(reason: &'static str) -> String {
    format!("penstock.refusals.reason.{reason}")
}

/// Requests about which the service was to decide, by what became of that.
pub(crate) fn decision(outcome: &'static str) -> String {
    format!("penstock.decisions.outcome.{outcome}")
}

/// Attempts, by provider and how they ended.
pub(crate) fn attempt(provider: &str, outcome: &str) -> String {
    format!(
        "penstock.attempts.provider.{provider}.outcome.{}",
        bounded(outcome)
    )
}

/// Streams that broke after the client had got something, by provider and how. They count as attempts with 200 too.
pub(crate) fn broken(provider: &str, outcome: &'static str) -> String {
    format!("penstock.broken_streams.provider.{provider}.outcome.{outcome}")
}

/// Requests of which a target could not express everything, by provider.
pub(crate) fn loss(provider: &str) -> String {
    format!("penstock.losses.provider.{provider}")
}

/// Outcomes are statuses or our own words; a provider's unusual status must not make a series of its own.
fn bounded(outcome: &str) -> &str {
    const STATUSES: &[&str] = &[
        "200", "400", "401", "403", "404", "408", "413", "422", "429", "500", "502", "503", "504", "529",
    ];
    let unusual = outcome.bytes().all(|byte| byte.is_ascii_digit()) && !STATUSES.contains(&outcome);
    if unusual { "other" } else { outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusual_status_shares_one_series() {
        assert_eq!(attempt("p", "429"), "penstock.attempts.provider.p.outcome.429");
        assert_eq!(attempt("p", "418"), attempt("p", "799"));
        assert_eq!(
            attempt("p", "timeout"),
            "penstock.attempts.provider.p.outcome.timeout"
        );
    }
}
