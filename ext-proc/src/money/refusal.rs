//! How a client is told that there is no money for its request.

use penstock_client::Client;
use penstock_flow::LocalReply;
use penstock_translate::error::{ApiError, ErrorKind};

use super::{BudgetClaim, Money, approve};
use crate::store::Standing;

/// Both vendors' SDKs try again after a 429 unless they read this (`_should_retry` in their Python packages, read 2026-11).
const NO_RETRY: (&str, &str) = ("x-should-retry", "false");
/// The path that says what a request would cost.
pub const ESTIMATE: &str = "/v1/penstock/estimate";

impl Money {
    /// Refuses a request for which `claim` had not enough left: 429, `insufficient_quota` for OpenAI's clients. Names the
    /// budget and when it begins anew, and no amount: others may spend it too.
    pub fn refuse(&self, client: &Client, claim: &BudgetClaim, standing: Standing) -> LocalReply {
        let name = self
            .budgets
            .get(claim.budget)
            .map_or("", |budget| budget.config.name.as_str());
        let (cap, amount) = (claim.claim.cap, claim.claim.amount);
        let reset = standing.reset_ms.div_ceil(1_000).max(1);
        let (message, retry_after) = if amount > cap {
            let message = format!(
                "the request may cost more than the whole budget `{name}`; ask for fewer output tokens or a cheaper model"
            );
            (message, None)
        } else if standing.used.saturating_add(amount) <= cap {
            let message = format!(
                "what is left of the budget `{name}` is reserved by requests under way; try again when they are over"
            );
            (message, Some(1))
        } else {
            let message = format!(
                "the budget `{name}` has not enough left for this request; it begins anew in {reset} seconds"
            );
            (message, Some(reset))
        };
        let error = ApiError::new(ErrorKind::QuotaExceeded, message);
        let mut reply = client.refuse(&error, "budget_exceeded");
        if let Some(seconds) = retry_after {
            reply.headers.push(("retry-after", seconds.to_string()));
        }
        if retry_after != Some(1) {
            reply.headers.push((NO_RETRY.0, NO_RETRY.1.to_owned()));
        }
        reply
    }

    /// Refuses a request that may cost more than needs no approval: 403, `approval_required`.
    pub fn refuse_unapproved(&self, client: &Client, why: approve::Refused) -> LocalReply {
        let message = format!(
            "{why}; POST the same body to {ESTIMATE} and send the token that it returns as {}",
            approve::HEADER
        );
        let error = ApiError {
            kind: ErrorKind::Permission,
            message,
            param: None,
            code: Some("approval_required".to_owned()),
        };
        client.refuse(&error, "approval_required")
    }
}
