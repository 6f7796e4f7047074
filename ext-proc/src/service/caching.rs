//! How the cache is asked, filled and emptied.

use std::sync::Arc;

use penstock_cache::Key;
use penstock_config::DecisionService;
use penstock_flow::LocalReply;
use penstock_translate::error::{ApiError, ErrorKind};

use super::{Decided, QUICKLY_COUNTED, Service, now_ms};
use crate::{
    cache::{Bypass, Cache, Filled, Hit, Inquiry, Quick, Recalled, Removal},
    deciding::Deciding,
    outcome::Outcome,
    session::{Purpose, Question},
    snapshot::Snapshot,
    verdict::Verdict,
};

/// What a request that was answered leaves to its fill before others stop waiting for that.
const FILL: std::time::Duration = std::time::Duration::from_secs(1);

impl Service {
    /// The cache, if there is one.
    pub fn cache(&self) -> Option<&Arc<Cache>> {
        self.cache.as_ref()
    }

    /// Looks for the same request.
    pub(super) async fn recall(&self, snapshot: &Snapshot, deciding: &Deciding) -> Quick {
        let Some(cache) = &self.cache else {
            return Quick::Recalled(Recalled::Off);
        };
        let (question, model) = (deciding.question(), deciding.alias());
        let inquiry = self
            .read(question.body.len(), || {
                Inquiry::new(snapshot, question, model, cache.embedder())
            })
            .await;
        if matches!(inquiry, Err(Bypass::Off)) {
            return Quick::Recalled(Recalled::Off);
        }
        let quick = cache.quick(inquiry, model, &question.client, now_ms()).await;
        if let Quick::Recalled(recalled) = &quick {
            self.saves(snapshot, recalled);
        }
        quick
    }

    /// Reads a body, a long one beside the threads that others wait for.
    pub async fn read<T>(&self, length: usize, read: impl FnOnce() -> T) -> T {
        if length <= QUICKLY_COUNTED {
            return read();
        }
        let _permit = self.counting.acquire().await;
        tokio::task::block_in_place(read)
    }

    /// Looks for one that means the same, and waits for one that is on its way.
    pub(super) async fn search(
        &self,
        snapshot: &Snapshot,
        deciding: &Deciding,
        inquiry: &Inquiry,
    ) -> Recalled {
        let Some(cache) = &self.cache else {
            return Recalled::Off;
        };
        let client = &deciding.question().client;
        let recalled = cache.search(inquiry, client, fastrand::f64(), &now_ms).await;
        self.saves(snapshot, &recalled);
        recalled
    }

    /// Counts what was not to be paid.
    fn saves(&self, snapshot: &Snapshot, recalled: &Recalled) {
        let (Some(cache), Recalled::Hit(hit)) = (&self.cache, recalled) else {
            return;
        };
        let Hit { model, usage, .. } = &**hit;
        let first = snapshot
            .routing(model)
            .and_then(|routing| routing.targets.first());
        let price = first.and_then(|first| {
            snapshot
                .money
                .price(&first.provider, &first.model, usage.input, 0)
        });
        cache.saved(hit, price.map(|price| price.of(usage)));
    }

    /// Keeps what Envoy has shown.
    pub async fn fill(&self, filled: Filled) {
        if let Some(cache) = &self.cache {
            cache.fill(filled, now_ms()).await;
        }
    }

    /// Envoy does not wait for this request any more.
    pub fn release(&self, request: &str) {
        self.store.release(request);
        self.gives_up(request);
    }

    /// No answer comes from this request.
    pub(super) fn gives_up(&self, request: &str) {
        if let Some(cache) = self.cache.clone().filter(|cache| cache.fetches(request)) {
            let request = request.to_owned();
            tokio::spawn(async move { cache.give_up(&request).await });
        }
    }

    /// Whoever waits for the answer to this request goes on, unless it is just being kept.
    pub(super) fn lands(&self, outcome: &Outcome) {
        let wanted = outcome
            .receipt
            .as_ref()
            .and_then(|receipt| receipt.wanted.as_deref());
        let Some((cache, key)) = self.cache.clone().zip(wanted.and_then(Key::from_hex)) else {
            return;
        };
        let (request, was_answered) = (outcome.id.clone(), outcome.status == 200);
        tokio::spawn(async move {
            if was_answered {
                tokio::time::sleep(FILL).await;
            }
            cache.land(&key, &request).await;
        });
    }

    /// Tells what has been used or is kept, or forgets what is.
    pub fn tell(self: Arc<Self>, question: Box<Question>) -> Decided {
        Decided::Later {
            at_most: DecisionService::LONGEST_WORK + self.settings.timeout,
            waiting: Box::pin(async move {
                let reply = match question.purpose {
                    Purpose::Kept => self.kept(&question),
                    Purpose::Forget => self.forget(&question).await,
                    _ => self.report(&question).await,
                };
                Verdict::Reply { reply, receipt: None }
            }),
        }
    }

    fn kept(&self, question: &Question) -> LocalReply {
        let (client, snapshot) = (&question.client, self.snapshot());
        let Some((cache, config)) = self.cache.as_ref().zip(snapshot.config.cache.as_ref()) else {
            return client.refuse(&without(), "cache");
        };
        if !question.caller.admin {
            let message = "only a key with admin may see what is kept of all";
            return client.refuse(&ApiError::new(ErrorKind::Permission, message), "cache");
        }
        let models = snapshot.config.models.iter().map(|model| model.name.as_str());
        client.reply(200, cache.report(config, models).to_json(), "cache")
    }

    async fn forget(&self, question: &Question) -> LocalReply {
        let client = &question.client;
        let Some(cache) = &self.cache else {
            return client.refuse(&without(), "cache");
        };
        let query = question.path.split_once('?').map_or("", |(_, query)| query);
        let removal = match Removal::parse(query, &question.caller, now_ms()) {
            Ok(removal) => removal,
            Err(error) => return client.refuse(&error, "cache"),
        };
        match cache.remove(&removal, now_ms()).await {
            Some(removed) => client.reply(200, format!("{{\"removed\":{removed}}}").into_bytes(), "cache"),
            None => {
                let message = "what is kept cannot be reached at present; try again later";
                client.refuse(&ApiError::new(ErrorKind::Unavailable, message), "cache")
            }
        }
    }
}

fn without() -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        "this gateway keeps no answers: its configuration has no section `cache`",
    )
}
