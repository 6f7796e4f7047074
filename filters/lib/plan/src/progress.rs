use std::fmt::Write as _;

use penstock_chat::Tokens;
use penstock_client::trail::{Remaining, Stop, Trail};
use serde::{Deserialize, Serialize};

use crate::{Failure, Plan};

/// How far a request has come along its plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Every attempt so far, the running one last.
    pub attempts: Vec<Attempt>,
    /// Index of the target that the next attempt goes to; none when the plan has ended.
    pub next: Option<usize>,
    /// Models that must not be asked again.
    barred: Vec<String>,
    /// Only targets with a larger context window come into question, where it is known.
    window_above: Option<Tokens>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Index of the target in the plan.
    pub target: usize,
    /// Name of its provider.
    pub provider: String,
    /// Name of its model at the provider.
    pub model: String,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Its HTTP status, or a word; none while it runs.
    pub outcome: Option<String>,
    /// Milliseconds from its start to the first content of its answer, if that is kept.
    pub first_token_ms: Option<u64>,
    /// Milliseconds that the provider asked to wait, if that is kept.
    pub retry_after_ms: Option<u64>,
    /// What the provider said is left of its own limits, if that is kept.
    #[serde(with = "remaining")]
    pub remaining: Remaining,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt, on the target with this index.
    Retry {
        /// Index of the target.
        target: usize,
        /// Seconds to wait before; none for Envoy's own short back-off.
        wait_s: Option<u64>,
    },
    /// No further attempt: the failure goes to the client.
    Stop,
}

impl Progress {
    /// The start of `plan`.
    pub fn start() -> Self {
        Self {
            next: Some(0),
            ..Self::default()
        }
    }

    /// Begins the next attempt and returns the index of its target; none when the plan has ended.
    ///
    /// From here on `next` is the default, which holds if nothing more is heard of this attempt (a refused
    /// connection, a reset, a timeout): the target after this one.
    pub fn begin(&mut self, plan: &Plan, now_ms: u64) -> Option<usize> {
        let index = self.next?;
        let target = plan.targets.get(index)?;
        self.attempts.push(Attempt {
            target: index,
            provider: target.provider.clone(),
            model: target.model.clone(),
            started_ms: now_ms,
            outcome: None,
            first_token_ms: None,
            retry_after_ms: None,
            remaining: Remaining::default(),
        });
        self.next = plan.eligible(index.saturating_add(1), &self.barred, self.window_above);
        Some(index)
    }

    /// Notes how the running attempt ended or, on success, is going.
    pub fn outcome(&mut self, outcome: impl Into<String>) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.outcome = Some(outcome.into());
        }
    }

    /// Decides what follows the failure of the running attempt.
    pub fn fail(&mut self, plan: &Plan, failure: Failure) -> Next {
        let Some(index) = self.attempts.last().map(|attempt| attempt.target) else {
            return Next::Stop;
        };
        let (same_target, wait_s) = match failure {
            Failure::RateLimited { retry_after_s } => {
                let wait_s = retry_after_s.filter(|seconds| *seconds <= plan.retry.max_wait_s);
                (wait_s.is_some(), wait_s)
            }
            Failure::Server => (true, None),
            _ => (false, None),
        };
        match failure {
            Failure::ContentPolicy | Failure::Request => {
                self.next = None;
                return Next::Stop;
            }
            Failure::ContextLength => {
                if let Some(target) = plan.targets.get(index) {
                    self.barred.push(target.model.clone());
                    self.window_above = self.window_above.max(target.context_window);
                }
            }
            _ => {}
        }
        if same_target && self.tries_in_a_row(index) <= plan.retry.same_target {
            self.next = Some(index);
            // Zero would be read as "no header": Envoy's short back-off is the right wait for it.
            return Next::Retry {
                target: index,
                wait_s: wait_s.filter(|seconds| *seconds > 0),
            };
        }
        self.next = plan.eligible(index.saturating_add(1), &self.barred, self.window_above);
        match self.next {
            Some(target) => Next::Retry { target, wait_s: None },
            None => Next::Stop,
        }
    }

    /// The attempts as clients and logs see them: `openai:429,claude:200`.
    pub fn summary(&self) -> String {
        let mut summary = String::new();
        for attempt in &self.attempts {
            if !summary.is_empty() {
                summary.push(',');
            }
            let outcome = attempt.outcome.as_deref().unwrap_or("no-answer");
            // Writing to a string cannot fail.
            let _ = write!(summary, "{}:{outcome}", attempt.provider);
        }
        summary
    }

    /// The attempts as the service learns from them.
    pub fn trail(&self) -> Trail {
        let stop = |attempt: &Attempt| Stop {
            provider: attempt.provider.clone(),
            model: attempt.model.clone(),
            outcome: attempt.outcome.clone(),
            first_token_ms: attempt.first_token_ms,
            retry_after_ms: attempt.retry_after_ms,
            remaining: attempt.remaining,
        };
        Trail(self.attempts.iter().map(stop).collect())
    }

    /// How many attempts in a row, the running one included, went to the target `index`.
    fn tries_in_a_row(&self, index: usize) -> u32 {
        let tries = self
            .attempts
            .iter()
            .rev()
            .take_while(|attempt| attempt.target == index)
            .count();
        u32::try_from(tries).unwrap_or(u32::MAX)
    }
}

/// [`Remaining`] in a form that leaves no field out, since progress travels in one that does not name them.
mod remaining {
    use penstock_chat::Tokens;
    use penstock_client::trail::Remaining;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Fields = (Option<u64>, Option<Tokens>, Option<Tokens>, Option<u64>);

    pub(super) fn serialize<S: Serializer>(value: &Remaining, serializer: S) -> Result<S::Ok, S::Error> {
        let fields: Fields = (value.requests, value.tokens, value.token_limit, value.reset_ms);
        fields.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Remaining, D::Error> {
        let (requests, tokens, token_limit, reset_ms) = Fields::deserialize(deserializer)?;
        Ok(Remaining {
            requests,
            tokens,
            token_limit,
            reset_ms,
        })
    }
}

#[cfg(test)]
mod tests;
