//! What a request has used, as schema-translation leaves it in filter state for whoever charges for it.
//!
//! How a reader tells what to charge:
//! - [`UsageRecord::earlier`] names the attempts that were given up although they had been answered or may have been at work;
//! - the record's own fields are those of the last attempt, which is billed if it is [`answered`](UsageRecord::answered);
//! - if it is not, or there is no record, [`under_way`] and [`timed_out`] tell from the attempts whether a provider is, or
//!   was, at work unheard.

use std::borrow::Cow;

use penstock_chat::{FinishReason, Tokens, Usage};
use penstock_flow::Step;
use serde::{Deserialize, Serialize};

/// The key in filter state of the attempts as text, `openai:429,claude:200`.
pub const ATTEMPTS: &str = "penstock.attempts";
/// The key in filter state of the [`UsageRecord`].
pub const USAGE: &str = "penstock.usage";
/// The key in filter state of the alias that was asked for, once it is known to be one.
pub const MODEL: &str = "penstock.model";

/// The key in filter state of what was asked for and of which alias, as spans are named: `chat ALIAS`.
pub const OPERATION: &str = "penstock.operation";

/// Keeps the alias that was asked for; `step` is that of a chat request.
pub fn keep_model(step: &mut Step, alias: &str) {
    step.keep(MODEL, alias.as_bytes().to_vec());
    step.keep(OPERATION, format!("chat {alias}").into_bytes());
}

/// A value of the record that filter state has under a key of its own too, for spans and access logs, which cannot read
/// JSON.
type Single = (&'static str, fn(&UsageRecord) -> Option<Cow<'_, str>>);

const SINGLES: [Single; 9] = [
    ("penstock.provider", |record| {
        Some(record.provider.as_str().into())
    }),
    ("penstock.response_model", |record| {
        Some(record.model.as_str().into())
    }),
    ("penstock.input_tokens", |record| number(record.input_tokens)),
    ("penstock.output_tokens", |record| number(record.output_tokens)),
    ("penstock.cache_read_tokens", |record| {
        number(record.cache_read_tokens)
    }),
    ("penstock.cache_write_tokens", |record| {
        number(record.cache_write_tokens)
    }),
    ("penstock.reasoning_tokens", |record| {
        number(record.reasoning_tokens)
    }),
    ("penstock.finish_reason", |record| {
        Some(record.finish_reason?.as_str().into())
    }),
    ("penstock.first_token_ms", |record| {
        Some(record.first_token_ms?.to_string().into())
    }),
];

fn number(tokens: Option<Tokens>) -> Option<Cow<'static, str>> {
    Some(tokens?.to_string().into())
}

/// Whether the last of the attempts in the value of [`ATTEMPTS`] runs without anything having been heard of how it
/// goes. The connection may not be there yet; when the client leaves, this is how its last attempt is left.
pub fn under_way(attempts: &str) -> bool {
    attempts.ends_with(":no-answer")
}

/// Whether the last of the attempts in the value of [`ATTEMPTS`] ran out of time.
pub fn timed_out(attempts: &str) -> bool {
    attempts.ends_with(":timeout")
}

/// What the attempts of one request have used, kept current by the running one.
///
/// It comes into being with the first answer or the second attempt: until then nothing can have been used but by an
/// attempt that is [`under_way`]. Token counts are absent until the provider has said them; `output_bytes` is
/// what was streamed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// Name of the provider in the configuration.
    pub provider: String,
    /// Name of the model at the provider, as the provider reports it where it does.
    pub model: String,
    /// Whether the provider has begun an answer, and so bills the attempt: tokens or content of a stream have come,
    /// or a whole answer after a success status. An error is no answer unless content came before it.
    #[serde(default)]
    pub answered: bool,
    /// All input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<Tokens>,
    /// All output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<Tokens>,
    /// Input tokens read from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<Tokens>,
    /// Input tokens written to the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<Tokens>,
    /// Output tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<Tokens>,
    /// Bytes of text, reasoning and tool arguments so far.
    pub output_bytes: u64,
    /// Why the model stopped, once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<FinishReason>,
    /// Milliseconds from the start of the attempt to its first content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// Earlier attempts that were answered or ran out of time, in their order; at most as many as the plan admits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierUsage>,
}

/// What an attempt has used that was given up. Nothing is stated and nothing was streamed if time ran out before an
/// answer had begun: the provider was at work, but nobody knows how far it came.
///
/// It also travels in a form that does not name its fields, so none is left out when it is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierUsage {
    /// As [`UsageRecord::provider`].
    pub provider: String,
    /// As [`UsageRecord::model`].
    pub model: String,
    /// As [`UsageRecord::input_tokens`].
    pub input_tokens: Option<Tokens>,
    /// What the provider had stated before the end; it may be less than what it bills.
    pub output_tokens: Option<Tokens>,
    /// As [`UsageRecord::output_bytes`]; zero for an answer that was not a stream.
    pub output_bytes: u64,
}

impl UsageRecord {
    /// Nothing used yet by this attempt.
    pub fn new(provider: &str, model: &str, earlier: Vec<EarlierUsage>) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            answered: false,
            input_tokens: None,
            output_tokens: None,
            cache_read_tokens: None,
            cache_write_tokens: None,
            reasoning_tokens: None,
            output_bytes: 0,
            finish_reason: None,
            first_token_ms: None,
            earlier,
        }
    }

    /// The value of [`USAGE`], read.
    pub fn from_json(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }

    /// The value of [`USAGE`], to be kept. Strings and numbers always serialise.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The keys of [`singles`](Self::singles).
    pub fn single_keys() -> impl Iterator<Item = &'static str> {
        SINGLES.iter().map(|(key, _)| *key)
    }

    /// The values that filter state has under keys of their own: those that differ from `before`, or all of them, so that
    /// nothing is left of another attempt. What is not known is empty.
    pub fn singles<'a>(
        &'a self,
        before: Option<&'a Self>,
    ) -> impl Iterator<Item = (&'static str, Vec<u8>)> + 'a {
        SINGLES.iter().filter_map(move |(key, of)| {
            let value = of(self);
            let is_new = before.is_none_or(|before| of(before) != value);
            is_new.then(|| (*key, value.unwrap_or_default().into_owned().into_bytes()))
        })
    }

    /// Takes over what the provider says.
    pub fn report(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage {
            self.input_tokens = Some(usage.input);
            self.output_tokens = Some(usage.output);
            self.cache_read_tokens = Some(usage.cache_read);
            self.cache_write_tokens = Some(usage.cache_write);
            self.reasoning_tokens = Some(usage.reasoning);
        }
    }

    /// What the attempts after this one are to remember of it: nothing if no answer had begun, unless it `timed_out`.
    pub fn given_up(&self, timed_out: bool) -> Option<EarlierUsage> {
        (self.answered || timed_out).then(|| EarlierUsage {
            provider: self.provider.clone(),
            model: self.model.clone(),
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            output_bytes: self.output_bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut earlier = UsageRecord::new("a", "m", Vec::new());
        assert_eq!(earlier.given_up(false), None);
        assert!(earlier.given_up(true).is_some());
        earlier.answered = true;
        earlier.report(Some(Usage {
            input: Tokens(3),
            ..Usage::default()
        }));
        let mut record = UsageRecord::new("b", "n", earlier.given_up(false).into_iter().collect());
        for _ in 0..2 {
            assert_eq!(UsageRecord::from_json(&record.to_json()), Some(record.clone()));
            record.answered = true;
            record.finish_reason = Some(FinishReason::Stop);
        }
    }

    #[test]
    fn single_values_are_told_when_they_change_and_all_of_them_to_a_new_attempt() {
        let mut record = UsageRecord::new("a", "m", Vec::new());
        let all: Vec<_> = record.singles(None).collect();
        assert_eq!(all.len(), SINGLES.len());
        assert_eq!(all[0], ("penstock.provider", b"a".to_vec()));
        assert_eq!(all[2], ("penstock.input_tokens", Vec::new()));

        let before = record.clone();
        record.output_bytes = 5;
        assert_eq!(record.singles(Some(&before)).count(), 0);
        record.input_tokens = Some(Tokens(0));
        record.finish_reason = Some(FinishReason::ToolCalls);
        let changed: Vec<_> = record.singles(Some(&before)).collect();
        let expected = [
            ("penstock.input_tokens", b"0".to_vec()),
            ("penstock.finish_reason", b"tool_calls".to_vec()),
        ];
        assert_eq!(changed, expected);
    }

    #[test]
    fn only_the_last_attempt_can_be_under_way() {
        for (attempts, expected) in [
            ("a:no-answer", true),
            ("a:429,b:no-answer", true),
            ("a:no-answer,b:200", false),
            ("a:timeout", false),
            ("", false),
        ] {
            assert_eq!(under_way(attempts), expected, "{attempts}");
        }
    }

    #[test]
    fn only_the_last_attempts_outcome_says_that_time_ran_out() {
        for (attempts, expected) in [
            ("a:timeout", true),
            ("a:503,b:timeout", true),
            ("a:timeout,b:200", false),
            ("timeout:200", false),
            ("", false),
        ] {
            assert_eq!(timed_out(attempts), expected, "{attempts}");
        }
    }

    #[test]
    fn a_value_that_is_no_record_is_none() {
        for value in ["", "{}", "[]", "null"] {
            assert_eq!(UsageRecord::from_json(value.as_bytes()), None, "{value}");
        }
    }
}
