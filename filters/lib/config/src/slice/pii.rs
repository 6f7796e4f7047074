//! Plugin configuration of pii-redaction. Every policy is whole: nothing is left to be looked up elsewhere.

use serde::{Deserialize, Serialize};

use super::Source;

/// The fewest bytes of a key: what the placeholders of a shorter one stand for could be found by trying.
pub const SHORTEST_PII_KEY: usize = 16;

/// Plugin configuration of pii-redaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiRedaction {
    /// Hash of the active configuration, in every decision and log line.
    pub policy_version: String,
    /// The largest request body that is taken.
    pub max_request_bytes: u64,
    /// The largest answer that is held whole.
    pub max_response_bytes: u64,
    /// The largest single event of a stream.
    pub max_event_bytes: u64,
    /// The environment variable of the VM that holds the key of placeholders, which never stands here.
    pub key_env: String,
    /// Where the name is that placeholders are kept apart by.
    pub tenant: Source,
    /// For requests whose model is not among `models`.
    pub default: PiiPolicy,
    /// Models with a policy of their own.
    pub models: Vec<PiiModel>,
    /// Kinds of data that expressions describe; they are numbered in this order, from zero.
    pub patterns: Vec<PiiPattern>,
    /// Kinds of data that are lists of words; they are numbered after `patterns`.
    pub deny_lists: Vec<PiiList>,
    /// Values that are never personal, ASCII case aside.
    pub allow: Vec<String>,
}

/// A model with a policy of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiModel {
    /// The name that clients ask for.
    pub name: String,
    /// What holds for it.
    pub policy: PiiPolicy,
}

/// What becomes of personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiPolicy {
    /// What becomes of a request that cannot be looked into.
    pub on_unscannable: Unscannable,
    /// What becomes of a request with parts that are no text.
    pub attachments: Attachments,
    /// The client gets its own values back where the answer has their placeholders.
    pub restore: bool,
    /// What becomes of personal data that the model adds.
    pub response: PiiResponse,
    /// What becomes of each kind that is not among `entities`.
    pub action: PiiAction,
    /// How sure a finding of such a kind has to be, in percent.
    pub threshold: u8,
    /// Kinds that are treated otherwise, each once.
    pub entities: Vec<PiiEntity>,
}

/// A kind of personal data that is treated otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiEntity {
    /// Its name: that of a kind which is built in, of a pattern or of a list.
    pub name: String,
    /// What becomes of it.
    pub action: PiiAction,
    /// How sure a finding has to be, in percent.
    pub threshold: u8,
}

/// What becomes of personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiAction {
    /// A placeholder stands in its place, and the answer gets it back.
    #[default]
    Mask,
    /// A keyed hash stands in its place for good.
    Hash,
    /// Its kind stands in its place for good.
    Redact,
    /// The request is refused.
    Deny,
    /// It is let through and reported.
    Flag,
    /// It is let through.
    Ignore,
}

/// What becomes of a request that cannot be looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unscannable {
    /// It is refused.
    #[default]
    Deny,
    /// It is let through and reported.
    Pass,
}

/// What becomes of a request with parts that are no text: images, audio, files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachments {
    /// They are let through.
    #[default]
    Pass,
    /// It is refused.
    Deny,
}

/// What becomes of personal data that the model adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiResponse {
    /// It reaches the client.
    #[default]
    Pass,
    /// A placeholder stands in its place.
    Mask,
}

/// A kind of data that a regular expression describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiPattern {
    /// Its name.
    pub name: String,
    /// The expression, in the syntax of the `regex` crate.
    pub regex: String,
    /// How sure a match is without any word around it, in percent.
    pub score: u8,
    /// Words around a match that raise the score.
    pub context: Vec<String>,
}

/// A kind of data that is a list of words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiList {
    /// Its name.
    pub name: String,
    /// Words and phrases, ASCII case aside.
    pub words: Vec<String>,
}
