//! What goes over the wire: a prompt of about 1 KB, and each API's ordinary answers to it.
//!
//! Shapes after OpenAI's "Chat completions" and Anthropic's "Messages" and "Streaming messages" API references,
//! read 2026-11.

use std::fmt::Write;

use bytes::Bytes;
use serde_json::{Value, json};

/// Events with content in a stream.
pub const EVENTS: usize = 200;

/// Comes before the send time in the text of an event.
pub const STAMP: u8 = b'@';
/// Digits of a send time.
pub const STAMP_DIGITS: usize = 15;

const SENTENCE: &str =
    "The pump on line four loses pressure about once an hour, always for less than a minute. ";

/// What each event of a stream says before its send time, unless the prompt wants something repeated.
pub const EVENT: &str = " pump";

const REPEAT: (&str, &str) = ("Repeat <", ">");

/// A prompt of about 1 KB.
pub fn prompt() -> String {
    SENTENCE.repeat(11)
}

/// What a prompt says to get a text, without `@` in it, in every event of a stream.
pub fn repeat(text: &str) -> String {
    let (before, behind) = REPEAT;
    format!("{before}{text}{behind}")
}

/// What the prompt of a request wants repeated.
pub fn to_repeat(request: &[u8]) -> Option<&str> {
    let (before, behind) = REPEAT;
    let (_, rest) = std::str::from_utf8(request).ok()?.split_once(before)?;
    Some(rest.split_once(behind)?.0)
}

/// The client's request, in OpenAI's dialect.
pub fn request(stream: bool) -> Bytes {
    request_of(&prompt(), stream)
}

/// The same with another prompt.
pub fn request_of(prompt: &str, stream: bool) -> Bytes {
    let mut request = json!({
        "model": "bench",
        "messages": [
            { "role": "system", "content": "You help the engineers of a water works. Answer in one sentence." },
            { "role": "user", "content": prompt },
        ],
        "temperature": 0.2,
        "max_completion_tokens": 300,
    });
    if stream && let Some(fields) = request.as_object_mut() {
        fields.insert("stream".into(), Value::Bool(true));
    }
    request.to_string().into()
}

/// An answer that is one document.
pub fn openai_document() -> Bytes {
    json!({
        "id": "chatcmpl-CcX2N6yPq0b1cJwqQk1gYt7rXl2mZ",
        "object": "chat.completion",
        "created": 1_763_683_200,
        "model": "gpt-4o-2024-08-06",
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant",
                "content": SENTENCE.repeat(3),
                "refusal": null,
                "annotations": [],
            },
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": 241,
            "completion_tokens": 58,
            "total_tokens": 299,
            "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_cbf1785567",
    })
    .to_string()
    .into()
}

/// The same answer from Anthropic.
pub fn anthropic_document() -> Bytes {
    json!({
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [{ "type": "text", "text": SENTENCE.repeat(3) }],
        "stop_reason": "end_turn",
        "stop_sequence": null,
        "usage": {
            "input_tokens": 241,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": { "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0 },
            "output_tokens": 58,
            "service_tier": "standard",
        },
    })
    .to_string()
    .into()
}

/// A stream: what comes before, around the time in, and after its events with content.
pub struct Stream {
    before: String,
    event: (String, String),
    after: String,
}

impl Stream {
    /// As OpenAI sends it, with the usage at the end that Penstock asks for. Each event says `text`.
    pub fn openai(text: &str) -> Self {
        let chunk = |choices: Value, usage: Value| {
            let chunk = json!({
                "id": "chatcmpl-CcX2N6yPq0b1cJwqQk1gYt7rXl2mZ",
                "object": "chat.completion.chunk",
                "created": 1_763_683_200,
                "model": "gpt-4o-2024-08-06",
                "service_tier": "default",
                "system_fingerprint": "fp_cbf1785567",
                "choices": choices,
                "usage": usage,
            });
            format!("data: {chunk}\n\n")
        };
        let delta = |delta: Value, finish: Option<&str>| {
            let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
            chunk(json!([choice]), Value::Null)
        };
        let usage = json!({ "prompt_tokens": 241, "completion_tokens": 200, "total_tokens": 441 });
        Self {
            before: delta(
                json!({ "role": "assistant", "content": "", "refusal": null }),
                None,
            ),
            event: around(&delta(json!({ "content": stamped(text) }), None)),
            after: delta(json!({}), Some("stop")) + &chunk(json!([]), usage) + "data: [DONE]\n\n",
        }
    }

    /// As Anthropic sends it.
    pub fn anthropic(text: &str) -> Self {
        let event = |data: Value| {
            let name = data.get("type").and_then(Value::as_str).unwrap_or_default();
            format!("event: {name}\ndata: {data}\n\n")
        };
        let start = event(json!({
            "type": "message_start",
            "message": {
                "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
                "type": "message",
                "role": "assistant",
                "model": "claude-sonnet-4-5-20250929",
                "content": [],
                "stop_reason": null,
                "stop_sequence": null,
                "usage": { "input_tokens": 241, "output_tokens": 1 },
            },
        }));
        let open = event(json!({
            "type": "content_block_start",
            "index": 0,
            "content_block": { "type": "text", "text": "" },
        }));
        let delta = event(json!({
            "type": "content_block_delta",
            "index": 0,
            "delta": { "type": "text_delta", "text": stamped(text) },
        }));
        let close = event(json!({ "type": "content_block_stop", "index": 0 }));
        let end = event(json!({
            "type": "message_delta",
            "delta": { "stop_reason": "end_turn", "stop_sequence": null },
            "usage": { "output_tokens": 200 },
        }));
        Self {
            before: start + &open + &event(json!({ "type": "ping" })),
            event: around(&delta),
            after: close + &end + &event(json!({ "type": "message_stop" })),
        }
    }

    /// Pieces of the stream, each to be written by itself.
    pub fn pieces(&self) -> usize {
        EVENTS + 2
    }

    /// Piece `number`, written at `now_ns`.
    pub fn piece(&self, number: usize, now_ns: u64) -> Bytes {
        if number == 0 {
            return self.before.clone().into();
        }
        if number > EVENTS {
            return self.after.clone().into();
        }
        let (head, tail) = &self.event;
        let mut piece = String::with_capacity(head.len() + STAMP_DIGITS + tail.len());
        piece.push_str(head);
        // Writing to a string does not fail.
        let _ = write!(piece, "{now_ns:0width$}", width = STAMP_DIGITS);
        piece.push_str(tail);
        piece.into()
    }
}

/// The text with the mark behind it that comes before the time.
fn stamped(text: &str) -> String {
    format!("{text}{}", char::from(STAMP))
}

/// What stands before and after the place of the time.
fn around(event: &str) -> (String, String) {
    let mark = char::from(STAMP);
    event
        .split_once(mark)
        .map(|(head, tail)| (format!("{head}{mark}"), tail.to_owned()))
        .unwrap_or_default()
}
