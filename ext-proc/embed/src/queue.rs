//! The way of a text to its vector: looked up among the recent ones, else put into a bounded queue, out of which an
//! embedder takes what waits as one batch.
//!
//! Who asks waits no longer than the budget. A text that nobody waits for any more is not embedded, unless that has
//! begun: then its vector is kept for the next one who asks.

use std::sync::Arc;

use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::timeout,
};

use crate::{
    EmbedError, Limits, Vector,
    recent::{Digest, Recent},
};

/// Where texts are brought to.
pub(crate) struct Queue {
    texts: mpsc::Sender<Text>,
    recent: Arc<Recent>,
    limits: Limits,
}

/// What an embedder takes texts from. It ends with the queue.
pub(crate) struct Waiting {
    texts: mpsc::Receiver<Text>,
    recent: Arc<Recent>,
    batch: usize,
}

/// A text to embed, once for all who ask for it.
pub(crate) struct Asked {
    pub(crate) text: Box<str>,
    digest: Digest,
    answers: Vec<Answer>,
    recent: Arc<Recent>,
}

struct Text {
    text: Box<str>,
    digest: Digest,
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Vector, EmbedError>>;

impl Queue {
    pub(crate) fn new(limits: Limits) -> (Self, Waiting) {
        let recent = Arc::new(Recent::new(limits.recent));
        let (sender, receiver) = mpsc::channel(limits.queue.get().into());
        let waiting = Waiting {
            texts: receiver,
            recent: Arc::clone(&recent),
            batch: limits.batch.get().into(),
        };
        let queue = Self {
            texts: sender,
            recent,
            limits,
        };
        (queue, waiting)
    }

    pub(crate) async fn embed(&self, text: &str) -> Result<Vector, EmbedError> {
        let limit = self.limits.largest_text;
        if text.len() > limit {
            return Err(EmbedError::TooLarge {
                bytes: text.len(),
                limit,
            });
        }
        let digest = Digest::of(text);
        if let Some(vector) = self.recent.get(&digest) {
            return Ok(vector);
        }
        let (answer, vector) = oneshot::channel();
        let text = Text {
            text: text.into(),
            digest,
            answer,
        };
        self.texts.try_send(text).map_err(|error| match error {
            TrySendError::Full(_) => EmbedError::Busy {
                waiting: self.texts.max_capacity(),
            },
            TrySendError::Closed(_) => ended(),
        })?;
        let budget = self.limits.budget;
        match timeout(budget, vector).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(ended()),
            Err(_) => Err(EmbedError::Slow {
                budget_ms: u64::try_from(budget.as_millis()).unwrap_or(u64::MAX),
            }),
        }
    }
}

impl Waiting {
    /// What waits now, or the next to come; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Vec<Asked>> {
        loop {
            let first = self.texts.recv().await?;
            let batch = self.batch(first);
            if !batch.is_empty() {
                return Some(batch);
            }
        }
    }

    /// As [`next`](Self::next), on a thread of its own.
    #[cfg(any(feature = "minilm", test))]
    pub(crate) fn blocking_next(&mut self) -> Option<Vec<Asked>> {
        loop {
            let first = self.texts.blocking_recv()?;
            let batch = self.batch(first);
            if !batch.is_empty() {
                return Some(batch);
            }
        }
    }

    fn batch(&mut self, first: Text) -> Vec<Asked> {
        let mut batch: Vec<Asked> = Vec::new();
        let mut next = Some(first);
        while let Some(text) = next {
            // Who is gone is left out, and who asks for what was embedded since is answered.
            if !text.answer.is_closed() {
                if let Some(vector) = self.recent.get(&text.digest) {
                    let _ = text.answer.send(Ok(vector));
                } else if let Some(same) = batch.iter_mut().find(|asked| asked.digest == text.digest) {
                    same.answers.push(text.answer);
                } else {
                    batch.push(Asked {
                        text: text.text,
                        digest: text.digest,
                        answers: vec![text.answer],
                        recent: Arc::clone(&self.recent),
                    });
                }
            }
            next = if batch.len() < self.batch {
                self.texts.try_recv().ok()
            } else {
                None
            };
        }
        batch
    }
}

impl Asked {
    /// Whether somebody still waits.
    pub(crate) fn is_wanted(&self) -> bool {
        self.answers.iter().any(|answer| !answer.is_closed())
    }

    /// Tells all who wait, and keeps the vector.
    pub(crate) fn answer(self, vector: Result<Vector, EmbedError>) {
        if let Ok(vector) = &vector {
            self.recent.keep(self.digest, vector.clone());
        }
        for answer in self.answers {
            // Who is gone does not hear it.
            let _ = answer.send(vector.clone());
        }
    }
}

fn ended() -> EmbedError {
    EmbedError::Failed("the embedder has ended".to_owned())
}
