//! All that the service knows and does, for the shells around it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use penstock_config::{Config, LoadError};
use penstock_flow::LocalReply;
use penstock_plan::{Chosen, Decision};

use crate::{receipt::Receipt, session::Question, snapshot::Snapshot, verdict::Verdict};

/// A decision that is to come.
pub type Waiting = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// What is known of a question.
pub enum Decided {
    /// The answer.
    Now(Box<Verdict>),
    /// The answer comes later, and Envoy is to be told.
    Later {
        /// The longest that it takes.
        at_most: Duration,
        /// The answer.
        waiting: Waiting,
    },
}

/// All that the service knows.
#[derive(Debug)]
pub struct Service {
    snapshot: ArcSwap<Snapshot>,
    draining: AtomicBool,
    refused: ArcSwap<Option<String>>,
}

impl Service {
    /// Starts on a configuration.
    ///
    /// # Errors
    /// When what it names is not to be had.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        Ok(Self {
            snapshot: ArcSwap::from_pointee(Snapshot::new(config)),
            draining: AtomicBool::new(false),
            refused: ArcSwap::from_pointee(None),
        })
    }

    /// What is in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts a configuration in force that has been read anew, or says why not and keeps the old one.
    pub fn take_up(&self, read: Result<Config, LoadError>) {
        match read {
            Ok(config) if config.service.is_none() => self.refuse("it has no section `service` any more"),
            Ok(config) => {
                self.refused.store(Arc::new(None));
                let new = Snapshot::new(config);
                eprintln!("penstock-ext-proc: policy {} is in force", new.policy_version());
                self.snapshot.store(Arc::new(new));
            }
            Err(error) => self.refuse(&error.to_string()),
        }
    }

    fn refuse(&self, reason: &str) {
        eprintln!(
            "penstock-ext-proc: the changed configuration is not taken up, the old one stays: {reason}"
        );
        self.refused.store(Arc::new(Some(reason.to_owned())));
    }

    /// Whether it may be sent requests, and what there is to say about it, in lines.
    pub fn readiness(&self) -> (bool, String) {
        let draining = self.draining.load(Ordering::Relaxed);
        let mut lines = String::new();
        lines.push_str(if draining { "draining\n" } else { "ready\n" });
        lines.push_str(&format!("policy {}\n", self.snapshot().policy_version()));
        if let Some(reason) = self.refused.load().as_ref() {
            lines.push_str(&format!("the changed configuration is not taken up: {reason}\n"));
        }
        (!draining, lines)
    }

    /// The statistics, in the OpenMetrics text format.
    pub fn metrics_text(&self) -> String {
        String::new()
    }

    /// No more requests are to be sent here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Writes down what is not written yet.
    pub async fn finish(&self) {}

    /// Decides where a request goes.
    pub async fn decide(&self, question: Box<Question>) -> Decided {
        let snapshot = self.snapshot();
        let alias = serde_json::from_slice::<serde_json::Value>(&question.body)
            .ok()
            .and_then(|body| Some(body.get("model")?.as_str()?.to_owned()))
            .unwrap_or_default();
        let model = snapshot.config.models.iter().find(|model| model.name == alias);
        let Some(model) = model else {
            return Decided::Now(Box::new(Verdict::Reply {
                reply: question.client.refuse_model(&alias),
                receipt: None,
            }));
        };
        let decision = Decision {
            alias: alias.clone(),
            targets: model
                .targets
                .iter()
                .map(|target| Chosen {
                    provider: target.provider.clone(),
                    model: target.model.clone(),
                    price: None,
                })
                .collect(),
            policy_version: snapshot.policy_version().to_owned(),
        };
        Decided::Now(Box::new(Verdict::Go {
            decision: Box::new(decision),
            receipt: Box::new(Receipt {
                asked: alias.clone(),
                served: alias,
                policy_version: snapshot.policy_version().to_owned(),
                ..Receipt::default()
            }),
        }))
    }

    /// Tells what has been used.
    pub async fn usage(&self, question: &Question) -> LocalReply {
        question.client.reply(200, b"{}".to_vec(), "usage")
    }
}
