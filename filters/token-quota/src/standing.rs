//! How much a caller has left, in the headers that its SDK reads.

use penstock_chat::Api;
use penstock_client::time;
use penstock_config::slice::Limit;
use penstock_quota::Standing;

use crate::policy::{Unit, unit};

/// The `x-ratelimit-*` or `anthropic-ratelimit-*` headers: for requests and for tokens, the limit that has least left.
/// Shadow limits are not shown, since they bind nobody. The standings are of `at_ms`, which may be a while ago.
pub(crate) fn headers<'a>(
    dialect: Api,
    standings: impl IntoIterator<Item = (&'a Limit, &'a Standing)>,
    at_ms: u64,
    now_ms: u64,
) -> Vec<(&'static str, String)> {
    let (mut requests, mut tokens) = (None, None);
    for (limit, standing) in standings {
        let place = match unit(limit) {
            Unit::Requests => &mut requests,
            Unit::Tokens => &mut tokens,
            Unit::Concurrency | Unit::Input => continue,
        };
        let tighter = place.is_none_or(|other: &Standing| standing.remaining < other.remaining);
        if tighter && !limit.shadow {
            *place = Some(standing);
        }
    }
    let names = names(dialect);
    let mut headers = Vec::new();
    for (standing, names) in [(requests, names.0), (tokens, names.1)] {
        let Some(standing) = standing else { continue };
        let reset = match dialect {
            Api::OpenAi => time::span(standing.reset_ms.saturating_sub(now_ms.saturating_sub(at_ms))),
            Api::Anthropic => time::moment(at_ms.saturating_add(standing.reset_ms)),
        };
        let values = [standing.limit.to_string(), standing.remaining.to_string(), reset];
        headers.extend(names.into_iter().zip(values));
    }
    headers
}

/// Limit, remaining and reset, of requests and of tokens.
fn names(dialect: Api) -> ([&'static str; 3], [&'static str; 3]) {
    match dialect {
        Api::OpenAi => (
            [
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-requests",
                "x-ratelimit-reset-requests",
            ],
            [
                "x-ratelimit-limit-tokens",
                "x-ratelimit-remaining-tokens",
                "x-ratelimit-reset-tokens",
            ],
        ),
        Api::Anthropic => (
            [
                "anthropic-ratelimit-requests-limit",
                "anthropic-ratelimit-requests-remaining",
                "anthropic-ratelimit-requests-reset",
            ],
            [
                "anthropic-ratelimit-tokens-limit",
                "anthropic-ratelimit-tokens-remaining",
                "anthropic-ratelimit-tokens-reset",
            ],
        ),
    }
}
