//! The look into the cache: the same request first, then one that means the same.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use penstock_cache::{
    Entry,
    answer::{Replay, replay},
    guard::{self, Reading},
    store::Near,
};
use penstock_chat::{MicroUsd, Usage};
use penstock_client::Client;
use penstock_flow::LocalReply;
use penstock_plan::Lookup;

use super::{Bypass, Cache, Inquiry, Wanted, measure::Judged};

/// Near requests that are looked at.
const CANDIDATES: usize = 4;
/// A request that waits looks whether the answer is there, after pauses from this one, each twice as long, to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// What the cache had for a request.
#[derive(Debug)]
pub enum Recalled {
    /// The answer.
    Hit(Box<Hit>),
    /// None: a provider is to be asked.
    Goes {
        /// What the client is told.
        lookup: Lookup,
        /// What is to become of the provider's answer; none if it is not kept.
        wanted: Option<Box<Wanted>>,
    },
    /// Nothing to do with it.
    Off,
}

/// What is known at once.
#[derive(Debug)]
pub enum Quick {
    /// All there is to know.
    Recalled(Recalled),
    /// It takes a while to find out.
    Search(Box<Inquiry>),
}

/// A kept answer.
#[derive(Debug)]
pub struct Hit {
    /// The answer, as it is told to the client.
    pub reply: LocalReply,
    /// `hit-exact` or `hit-semantic`.
    pub word: &'static str,
    /// The alias of the model.
    pub model: String,
    /// What it had used when it was made.
    pub usage: Usage,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Tier {
    Exact,
    Semantic { cosine: f32 },
}

impl Tier {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic { .. } => "semantic",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Exact => "hit-exact",
            Self::Semantic { .. } => "hit-semantic",
        }
    }
}

impl Cache {
    /// Looks for the same request, which takes no time worth mentioning.
    pub async fn quick(
        &self,
        inquiry: Result<Inquiry, Bypass>,
        model: &str,
        client: &Client,
        now_ms: u64,
    ) -> Quick {
        let inquiry = match inquiry {
            Ok(inquiry) => inquiry,
            Err(Bypass::Off) => return Quick::Recalled(Recalled::Off),
            Err(Bypass::Request(why)) => {
                self.metrics.bypassed(why.as_str());
                self.metrics.request(model, Lookup::Bypass.as_str());
                return Quick::Recalled(bypass(None));
            }
        };
        if inquiry.control.no_cache {
            self.metrics.bypassed("asked");
            self.metrics.request(model, Lookup::Bypass.as_str());
            return Quick::Recalled(bypass(inquiry.wanted(None)));
        }
        let began = Instant::now();
        let found = self.exact(&inquiry, now_ms).await;
        self.metrics.took(Tier::Exact.as_str(), began.elapsed());
        match found.and_then(|entry| self.hit(&inquiry, Tier::Exact, &entry, client, began, now_ms)) {
            Some(hit) => Quick::Recalled(Recalled::Hit(Box::new(hit))),
            None => Quick::Search(Box::new(inquiry)),
        }
    }

    /// Looks for a request that means the same, and waits for the answer to the same one if somebody fetches it.
    /// `draw` is random, from 0 to 1.
    pub async fn search(
        &self,
        inquiry: &Inquiry,
        client: &Client,
        draw: f64,
        now: &(impl Fn() -> u64 + Sync),
    ) -> Recalled {
        let began = Instant::now();
        let leads = !inquiry.shares_flights() || self.takes_off(inquiry, now()).await;
        if leads {
            // It may have been stored since the first look.
            let entry = self.exact(inquiry, now()).await;
            if let Some(hit) =
                entry.and_then(|entry| self.hit(inquiry, Tier::Exact, &entry, client, began, now()))
            {
                self.give_up(&inquiry.id).await;
                return Recalled::Hit(Box::new(hit));
            }
        } else {
            let entry = self.wait(inquiry, now).await;
            let hit = entry.and_then(|entry| self.hit(inquiry, Tier::Exact, &entry, client, began, now()));
            self.metrics
                .waited(if hit.is_some() { "answer" } else { "nothing" });
            if let Some(hit) = hit {
                return Recalled::Hit(Box::new(hit));
            }
        }
        let looked = Instant::now();
        let neighbour = self.neighbour(inquiry, draw, now()).await;
        self.metrics.took("semantic", looked.elapsed());
        let mut compared = None;
        match neighbour {
            Some((near, judged)) if judged.compares && !inquiry.control.no_store => {
                compared = Some((near.entry.key, near.cosine));
            }
            Some((Near { cosine, entry }, judged)) if judged.hits => {
                let tier = Tier::Semantic { cosine };
                if let Some(hit) = self.hit(inquiry, tier, &entry, client, began, now()) {
                    self.give_up(&inquiry.id).await;
                    return Recalled::Hit(Box::new(hit));
                }
            }
            _ => {}
        }
        self.metrics.request(&inquiry.scope.model, Lookup::Miss.as_str());
        Recalled::Goes {
            lookup: Lookup::Miss,
            wanted: inquiry.wanted(compared),
        }
    }

    /// What a request saved that was answered here, at what it would have cost.
    pub fn saved(&self, hit: &Hit, cost: Option<MicroUsd>) {
        self.metrics.saved(&hit.model, &hit.usage, cost);
    }

    async fn exact(&self, inquiry: &Inquiry, now_ms: u64) -> Option<Arc<Entry>> {
        let found = self.store.get(&inquiry.key, now_ms).await;
        let entry = self.storing.heard(found, &self.metrics).flatten()?;
        fits(inquiry, &entry, now_ms).then_some(entry)
    }

    /// Whether it is for this request to fetch the answer. If nobody can tell, each goes for itself.
    async fn takes_off(&self, inquiry: &Inquiry, now_ms: u64) -> bool {
        let hold_ms = millis(inquiry.policy.wait);
        let began = self
            .store
            .begin_flight(&inquiry.key, &inquiry.id, hold_ms, now_ms)
            .await;
        match self.storing.heard(began, &self.metrics) {
            Some(true) => {
                self.took_off(inquiry.key, &inquiry.id);
                true
            }
            Some(false) => false,
            None => true,
        }
    }

    /// The answer that another request fetches, if it comes in time.
    async fn wait(&self, inquiry: &Inquiry, now: &(impl Fn() -> u64 + Sync)) -> Option<Arc<Entry>> {
        let end = Instant::now() + inquiry.policy.wait;
        let mut pause = FIRST_PAUSE;
        loop {
            // In this order: what lands between the two looks is found by the next.
            let flies = self.store.is_in_flight(&inquiry.key, now()).await;
            let flies = self.storing.heard(flies, &self.metrics)?;
            if let Some(entry) = self.exact(inquiry, now()).await {
                return Some(entry);
            }
            if !flies || Instant::now() >= end {
                return None;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The nearest request that no trap sets apart, and what is to become of this one.
    async fn neighbour(&self, inquiry: &Inquiry, draw: f64, now_ms: u64) -> Option<(Near, Judged)> {
        let (partition, embedder) = inquiry.partition.as_ref().zip(self.embedder.as_ref())?;
        let vector = embedder.embed(&inquiry.asked.text).await;
        let vector = self.embedding.heard(vector, &self.metrics)?;
        let model = &inquiry.scope.model;
        let floor = self.measures.floor(model, &inquiry.policy);
        let near = self
            .store
            .nearest(partition, &vector, floor, CANDIDATES, now_ms)
            .await;
        let near = self.searching.heard(near, &self.metrics)?;
        let asked = Reading::of(&inquiry.asked.text);
        let near = near
            .into_iter()
            .find(|near| self.means_same(inquiry, &asked, near, now_ms))?;
        self.metrics.nearest(model, near.cosine);
        let judged = self.measures.judge(model, &inquiry.policy, near.cosine, draw);
        Some((near, judged))
    }

    fn means_same(&self, inquiry: &Inquiry, asked: &Reading, near: &Near, now_ms: u64) -> bool {
        if !fits(inquiry, &near.entry, now_ms) {
            return false;
        }
        match guard::trap(asked, &Reading::of(&near.entry.text)) {
            Some(trap) => {
                self.metrics.trapped(trap.as_str());
                false
            }
            None => true,
        }
    }

    /// The reply, unless the client's dialect cannot say it.
    fn hit(
        &self,
        inquiry: &Inquiry,
        tier: Tier,
        entry: &Entry,
        client: &Client,
        began: Instant,
        now_ms: u64,
    ) -> Option<Hit> {
        let how = Replay {
            dialect: client.dialect,
            stream: inquiry.asked.stream,
            include_usage: inquiry.asked.include_usage,
            id: &client.request_id,
            created: now_ms / 1_000,
        };
        let replayed = replay(&entry.answer, &how).ok()?;
        let mut reply = client.reply(200, replayed.body, "cache");
        let age_s = now_ms.saturating_sub(entry.stored_ms) / 1_000;
        reply.headers.extend([
            ("content-type", replayed.content_type.to_owned()),
            ("age", age_s.to_string()),
            ("x-penstock-cache", tier.word().to_owned()),
            ("x-penstock-cache-key", entry.key.to_string()),
            ("x-penstock-cost", MicroUsd(0).to_string()),
        ]);
        if let Tier::Semantic { cosine } = tier {
            reply
                .headers
                .push(("x-penstock-cache-similarity", format!("{cosine:.4}")));
        }
        let spent = began.elapsed().as_secs_f64() * 1_000.0;
        reply
            .headers
            .push(("server-timing", format!("cache;dur={spent:.2}")));
        self.metrics.request(&inquiry.scope.model, tier.word());
        Some(Hit {
            reply,
            word: tier.word(),
            model: inquiry.scope.model.clone(),
            usage: entry.answer.usage.unwrap_or_default(),
        })
    }
}

fn bypass(wanted: Option<Box<Wanted>>) -> Recalled {
    Recalled::Goes {
        lookup: Lookup::Bypass,
        wanted,
    }
}

/// Whether an entry is what the request may be answered with, were it to mean the same.
fn fits(inquiry: &Inquiry, entry: &Entry, now_ms: u64) -> bool {
    // The hash holds the scope; that it is the same is worth a second look.
    inquiry.asked.allows(&entry.answer)
        && entry.scope == inquiry.scope
        && inquiry.control.admits(entry.stored_ms, now_ms)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
