//! What is taken at most, of everyone.

use std::time::Duration;

use serde::Serialize;

use crate::{problem::Problems, raw, unit, unit::ByteCount};

/// A worker's VM holds bodies of several requests at once and is capped at 1 GiB by Envoy.
const LARGEST_BODY: ByteCount = ByteCount::mebi(128);
const LONGEST_STALL: Duration = Duration::from_secs(3_600);

/// What is taken at most, of everyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The largest request body.
    pub request_body: ByteCount,
    /// The largest answer that is held whole.
    pub response_body: ByteCount,
    /// The largest single event of a stream.
    pub event: ByteCount,
    /// The longest silence within a stream that has begun.
    pub stream_stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_body: ByteCount::mebi(16),
            response_body: ByteCount::mebi(16),
            event: ByteCount::kibi(512),
            stream_stall: Duration::from_secs(60),
        }
    }
}

impl Limits {
    pub(crate) fn parse(raw: Option<&raw::Limits>, problems: &mut Problems) -> Option<Self> {
        let default = Self::default();
        let Some(raw) = raw else {
            return Some(default);
        };
        let size = |text: &raw::Text, field, at_most, default, problems: &mut Problems| match text {
            Some(text) => unit::size(text, field, at_most, problems),
            None => Some(default),
        };
        let request_body = size(
            &raw.request_body,
            "limits.request_body",
            LARGEST_BODY,
            default.request_body,
            problems,
        );
        let response_body = size(
            &raw.response_body,
            "limits.response_body",
            LARGEST_BODY,
            default.response_body,
            problems,
        );
        let held = response_body.unwrap_or(LARGEST_BODY);
        let event = size(
            &raw.event,
            "limits.event",
            held,
            default.event.min(held),
            problems,
        );
        let stream_stall = match &raw.stream_stall {
            Some(text) => unit::duration(text, "limits.stream_stall", LONGEST_STALL, problems),
            None => Some(default.stream_stall),
        };
        Some(Self {
            request_body: request_body?,
            response_body: response_body?,
            event: event?,
            stream_stall: stream_stall?,
        })
    }
}
