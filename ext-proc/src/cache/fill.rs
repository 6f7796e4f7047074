//! What becomes of the answer that a provider gave.

use penstock_cache::{Answer, Entry, Key, Partition, answer::Unfit, store::StoreError};
use penstock_chat::{Tokens, Usage};
use serde::{Deserialize, Serialize};

use super::{Cache, Filled, Inquiry};
use crate::counting;

/// The key of dynamic metadata that holds [`Wanted`], as JSON. Where it stands, Envoy shows the answer.
pub const WANTED: &str = "fill";

/// Longer answers, in bytes, are not compared: it would take longer than it is worth.
const LARGEST_COMPARED: usize = 8 << 10;

/// An answer that is wanted for the cache: it travels with the request, so that any replica can take it. It holds no
/// word of what is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Of the request, in hexadecimal digits.
    pub key: String,
    /// The entry that it is to be compared with, and the cosine to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<(String, f32)>,
}

impl Inquiry {
    /// That the answer is wanted, and what it is to be compared with.
    pub(super) fn wanted(&self, compare: Option<(Key, f32)>) -> Option<Box<Wanted>> {
        (!self.control.no_store).then(|| {
            Box::new(Wanted {
                key: self.key.to_string(),
                compare: compare.map(|(key, cosine)| (key.to_string(), cosine)),
            })
        })
    }
}

impl Cache {
    /// Keeps an answer, or does not, and lets those go who wait for it.
    pub async fn fill(&self, filled: Filled, now_ms: u64) {
        let Filled {
            inquiry,
            answer,
            compare,
            input,
        } = filled;
        let result = match answer {
            Ok(answer) => self.keep(&inquiry, answer, compare, input, now_ms).await,
            Err(unfit) => {
                // What cannot be kept would have been a wrong hit all the same.
                let differs = matches!(unfit, Unfit::Refusal | Unfit::ToolCalls);
                if let Some((_, cosine)) = compare.filter(|_| differs) {
                    self.measures
                        .observe(&inquiry.scope.model, &inquiry.policy, cosine, false);
                }
                unfit.as_str()
            }
        };
        self.metrics.filled(result);
        self.land(&inquiry.key, &inquiry.id).await;
    }

    async fn keep(
        &self,
        inquiry: &Inquiry,
        mut answer: Answer,
        compare: Option<(Key, f32)>,
        input: Option<Tokens>,
        now_ms: u64,
    ) -> &'static str {
        if let Some((key, cosine)) = compare {
            self.compare(inquiry, &answer, &key, cosine, now_ms).await;
        }
        if answer.usage.is_none() {
            answer.usage = Some(counted(&answer, input));
        }
        let vector = match inquiry.partition.as_ref().and(self.embedder.as_ref()) {
            // It is there from the look, unless another replica has looked.
            Some(embedder) => {
                let vector = embedder.embed(&inquiry.asked.text).await;
                self.embedding.heard(vector, &self.metrics)
            }
            None => None,
        };
        let ttl_ms = u64::try_from(inquiry.policy.ttl.as_millis()).unwrap_or(u64::MAX);
        let is_compared = vector.is_some();
        let mut entry = Entry {
            key: inquiry.key,
            partition: inquiry.partition.unwrap_or(Partition([0; 32])),
            scope: inquiry.scope.clone(),
            // Nothing else reads it.
            text: if is_compared {
                inquiry.asked.text.clone()
            } else {
                String::new()
            },
            vector,
            answer,
            stored_ms: now_ms,
            expires_ms: now_ms.saturating_add(ttl_ms),
        };
        let mut inserted = self.store.insert(entry.clone(), now_ms).await;
        if let Err(StoreError::Dimension { .. }) = inserted {
            // The same request is found without a vector.
            (entry.vector, entry.text) = (None, String::new());
            inserted = self.store.insert(entry, now_ms).await;
        }
        match self.keeping.heard(inserted, &self.metrics) {
            Some(()) => "stored",
            None => "failed",
        }
    }

    /// Compares the provider's answer with that of a near request.
    async fn compare(&self, inquiry: &Inquiry, fresh: &Answer, key: &Key, cosine: f32, now_ms: u64) {
        let Some(judge) = &self.judge else { return };
        let kept = self.store.get(key, now_ms).await;
        let Some(kept) = self.storing.heard(kept, &self.metrics).flatten() else {
            return;
        };
        let (kept, fresh) = (kept.answer.text(), fresh.text());
        if kept.len().max(fresh.len()) > LARGEST_COMPARED {
            return;
        }
        let same = judge.same(&kept, &fresh).await;
        if let Some(same) = self.embedding.heard(same, &self.metrics) {
            self.measures
                .observe(&inquiry.scope.model, &inquiry.policy, cosine, same);
        }
    }
}

/// What an answer has used of which its client was not told.
fn counted(answer: &Answer, input: Option<Tokens>) -> Usage {
    Usage {
        input: input.unwrap_or_default(),
        output: counting::text(&answer.text()),
        ..Usage::default()
    }
}
