//! What is learned of a request once it is over.

use std::sync::{Arc, PoisonError};

use super::{MOST_REMEMBERED, Service, now_ms};
use crate::{
    ledger::Row,
    money::Event,
    outcome::Outcome,
    settling,
    snapshot::Snapshot,
    store::{self, Account, Claim, Fail, Refused, Standing, Unsettled, Window},
};

impl Service {
    /// Learns how a request went: settles it, and writes it down. Returns at once.
    pub fn outcome(self: &Arc<Self>, outcome: Outcome) {
        let snapshot = self.snapshot();
        let now_ms = now_ms();
        snapshot.health.observe(&outcome, now_ms);
        if let Some(news) = &self.news {
            news.tell(&outcome);
        }
        let spent = snapshot.money.spent(&outcome);
        let cost = spent.total();
        if cost.is_none() {
            snapshot.money_metrics.unpriced();
        }
        self.telemetry.observe(&snapshot, &outcome, &spent);
        self.lands(&outcome);
        let row = Arc::new(Row::new(&outcome, cost, now_ms));
        if self.ledger.record(Arc::clone(&row)) {
            self.recent
                .ended(row, outcome.trail.0.clone(), spent.parts.clone());
        }
        if outcome.receipt.is_none() {
            // Envoy has never heard what was decided, if anything was.
            self.store.release(&outcome.id);
        }
        let entries = settling::settlements(&snapshot, &outcome, &spent);
        if entries.is_empty() {
            return;
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let Ok(_permit) = service.settling.acquire().await else {
                return;
            };
            let standings = service.store.settle(&outcome.id, &entries).await;
            for stop in &outcome.trail.0 {
                snapshot.queues.nudge(&stop.provider);
            }
            service.tell_thresholds(&snapshot, standings).await;
        });
    }

    /// Waits until all outcomes that have come are settled or being settled, so that no more wait than one message holds.
    pub async fn has_room(&self) {
        // It is never closed; who waits is served in turn.
        let _ = self.settling.acquire().await;
    }

    /// Tells of budgets that have come to a threshold, each time once however many replicas see it.
    async fn tell_thresholds(&self, snapshot: &Snapshot, standings: Vec<(Account, Standing)>) {
        let of_budgets = |(account, _): &(Account, Standing)| matches!(account.window, Window::Until { .. });
        for (account, standing) in standings.into_iter().filter(of_budgets) {
            let before = {
                let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
                if spent.len() >= MOST_REMEMBERED && !spent.contains_key(&account) {
                    spent.clear();
                }
                spent.insert(account.clone(), standing.used).unwrap_or_default()
            };
            snapshot.money_metrics.stands(&snapshot.money, &account, standing);
            for event in snapshot.money.after(&account, before, standing.used) {
                if self.is_first(&event, &account).await {
                    snapshot.money_metrics.crossed(&event);
                    // Strings and numbers always serialise.
                    eprintln!("{}", serde_json::to_string(&event).unwrap_or_default());
                }
            }
        }
    }

    /// Whether nobody has told of it: the store remembers.
    async fn is_first(&self, event: &Event, account: &Account) -> bool {
        let marker = Claim {
            account: Account {
                name: format!("told/{}/{}", event.threshold, account.name)
                    .chars()
                    .take(store::LONGEST_NAME)
                    .collect(),
                window: account.window,
            },
            cap: 1,
            amount: 1,
            unsettled: Unsettled::Charged,
            fail: Fail::Open,
        };
        let id = format!("told-{}-{}", event.threshold, fastrand::u64(..));
        let hold_ms = event.ends_ms.saturating_sub(now_ms()).max(1_000);
        !matches!(
            self.store.reserve(&id, &[marker], hold_ms).await,
            Err(Refused::Short { .. })
        )
    }
}
