use penstock_chat::{Api, Tokens};
use penstock_config::slice::{Commit, Model, Retry, Target};
use serde::{Deserialize, Serialize};

/// What was settled for one request before its first attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The API the client speaks.
    pub client: Api,
    /// The model alias it asked for.
    pub alias: String,
    /// Whether it asked for a stream.
    pub stream: bool,
    /// Whether it asked to see the usage of a stream.
    pub include_usage: bool,
    /// How many choices it asked for.
    pub choices: u32,
    /// When an answer is released.
    pub commit: Commit,
    /// Patience with one target.
    pub retry: Retry,
    /// Deadline for the first byte of an attempt's answer, in milliseconds.
    pub deadline_ms: u64,
    /// Headers of the client that go to targets of its own API.
    pub forward: Vec<(String, String)>,
    /// Targets in the order they are tried; never empty.
    pub targets: Vec<Target>,
}

impl Plan {
    /// The targets of `model` that `usable` admits, for a request of the given shape.
    ///
    /// A stream that is released at its first event must begin within `first_token_ms`; everything that is
    /// held until it is whole has `answer_ms`.
    pub fn of(model: &Model, client: Api, stream: bool, mut usable: impl FnMut(&Target) -> bool) -> Self {
        let deadline_ms = match (stream, model.commit) {
            (true, Commit::FirstEvent) => model.first_token_ms,
            _ => model.answer_ms,
        };
        Self {
            client,
            alias: model.name.clone(),
            stream,
            include_usage: false,
            choices: 1,
            commit: model.commit,
            retry: model.retry,
            deadline_ms,
            forward: Vec::new(),
            targets: model
                .targets
                .iter()
                .filter(|target| usable(target))
                .cloned()
                .collect(),
        }
    }

    /// Whether answers are held until they are whole.
    pub fn holds(&self) -> bool {
        !self.stream || self.commit == Commit::Complete
    }

    /// The first target at or after `from` that fits what earlier attempts have taught.
    pub(crate) fn eligible(
        &self,
        from: usize,
        barred: &[String],
        window_above: Option<Tokens>,
    ) -> Option<usize> {
        self.targets
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, target)| {
                let larger = match (target.context_window, window_above) {
                    (Some(window), Some(least)) => window > least,
                    _ => true,
                };
                larger && !barred.contains(&target.model)
            })
            .map(|(index, _)| index)
    }
}
