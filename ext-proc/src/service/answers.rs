//! What the service answers itself: what a request would cost, and what has been used.

use penstock_flow::LocalReply;
use penstock_translate::error::{ApiError, ErrorKind};

use super::{Service, now_ms};
use crate::{
    deciding::Deciding,
    ledger::{Query, UsageError},
    limits::Drawn,
    session::Question,
    snapshot::Snapshot,
    store::Account,
};

impl Service {
    pub(super) async fn estimate(&self, snapshot: &Snapshot, deciding: &mut Deciding) -> LocalReply {
        let sketch = deciding.sketch(&snapshot.health);
        let budgets = sketch.budgets.iter().map(|claim| &claim.claim);
        let limits = sketch.limits.iter().map(|drawn| &drawn.claim);
        let accounts: Vec<Account> = budgets.chain(limits).map(|claim| claim.account.clone()).collect();
        let mut reasons = sketch.excluded;
        let standings = match self.store.standings(&accounts).await {
            Some(standings) => standings,
            None => {
                reasons.push("what is left of budgets and limits is not known at present".to_owned());
                Vec::new()
            }
        };
        let (budgets, limits) = standings
            .split_at_checked(sketch.budgets.len())
            .unwrap_or_default();
        let tight: Vec<&Drawn> = sketch
            .limits
            .iter()
            .zip(limits)
            .filter(|(drawn, standing)| !drawn.claim.fits(**standing))
            .map(|(drawn, _)| drawn)
            .collect();
        let is_limited = !tight.is_empty();
        reasons.extend(
            tight
                .iter()
                .map(|drawn| format!("the limit {} has not enough left", drawn.name)),
        );
        let question = deciding.question();
        let amount = sketch
            .priced
            .iter()
            .filter_map(|target| target.estimate)
            .max()
            .unwrap_or_default();
        let token = snapshot
            .money
            .approvals()
            .filter(|approvals| approvals.is_needed(amount))
            .map(|approvals| {
                approvals.issue(
                    &question.caller,
                    &question.body,
                    amount,
                    now_ms(),
                    fastrand::u64(..),
                )
            });
        let mut quote = snapshot.money.quote(
            (&sketch.asked, &sketch.served),
            (sketch.input, sketch.output, sketch.images),
            &sketch.priced,
            &sketch.budgets,
            budgets,
            reasons,
            token,
        );
        quote.would_pass &= !is_limited;
        question.client.reply(200, quote.to_json(), "estimate")
    }

    pub(super) async fn report(&self, question: &Question) -> LocalReply {
        let query = question.path.split_once('?').map_or("", |(_, query)| query);
        let query = match Query::parse(query, &question.caller, jiff::Timestamp::now()) {
            Ok(query) => query,
            Err(error) => return question.client.refuse(&error, "usage"),
        };
        match self.ledger.usage(query).await {
            Ok(report) => question.client.reply(200, report.to_json(), "usage"),
            Err(error) => {
                let kind = match error {
                    UsageError::Busy | UsageError::TimeLimit => ErrorKind::Overloaded,
                    UsageError::Ledger(_) => ErrorKind::Internal,
                };
                question
                    .client
                    .refuse(&ApiError::new(kind, error.to_string()), "usage")
            }
        }
    }
}
