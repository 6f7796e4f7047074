//! The proper end of a stream that a limit puts an end to: what the client's SDK takes for an answer that reached its
//! maximum of output tokens.

use std::borrow::Cow;

use penstock_chat::{Api, Tokens};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the last events of a stream tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// The client's dialect.
    pub(crate) client: Api,
    /// How many answers the stream carries.
    pub(crate) choices: u32,
    /// Whether the client wants the usage of an OpenAI stream.
    pub(crate) include_usage: bool,
    /// Input tokens.
    pub(crate) input: Tokens,
    /// Output tokens that the client has been sent.
    pub(crate) output: Tokens,
}

impl Ending {
    /// Appends the events that end a stream whose last event had the data `last`. False, and nothing appended, if the
    /// stream is not at a place where it could end, or is about to end anyway.
    pub(crate) fn write(&self, last: &str, out: &mut Vec<u8>) -> bool {
        match self.client {
            Api::OpenAi => self.write_openai(last, out),
            Api::Anthropic => self.write_anthropic(last, out),
        }
    }

    fn write_openai(&self, last: &str, out: &mut Vec<u8>) -> bool {
        #[derive(Deserialize)]
        struct Chunk<'a> {
            #[serde(borrow, default)]
            id: Option<Cow<'a, str>>,
            #[serde(borrow, default)]
            model: Option<Cow<'a, str>>,
            #[serde(default)]
            created: Option<u64>,
            choices: Vec<Choice>,
        }
        #[derive(Deserialize)]
        struct Choice {
            #[serde(default)]
            finish_reason: Option<String>,
        }
        let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(last) else {
            return false;
        };
        let running =
            !chunk.choices.is_empty() && chunk.choices.iter().all(|choice| choice.finish_reason.is_none());
        if !running {
            return false;
        }
        let mut event = |choices: Value, usage: Option<Value>| {
            let mut data = json!({
                "id": chunk.id,
                "object": "chat.completion.chunk",
                "created": chunk.created,
                "model": chunk.model,
                "choices": choices,
            });
            if let (Some(usage), Some(object)) = (usage, data.as_object_mut()) {
                object.insert("usage".to_owned(), usage);
            }
            penstock_sse::write(None, data.to_string().as_bytes(), out);
        };
        let finished: Vec<Value> = (0..self.choices)
            .map(|index| json!({ "index": index, "delta": {}, "finish_reason": "length" }))
            .collect();
        event(Value::Array(finished), None);
        if self.include_usage {
            let usage = json!({
                "prompt_tokens": self.input,
                "completion_tokens": self.output,
                "total_tokens": self.input.0.saturating_add(self.output.0),
            });
            event(Value::Array(Vec::new()), Some(usage));
        }
        penstock_sse::write(None, b"[DONE]", out);
        true
    }

    fn write_anthropic(&self, last: &str, out: &mut Vec<u8>) -> bool {
        #[derive(Deserialize)]
        struct Event<'a> {
            #[serde(borrow, rename = "type")]
            kind: Cow<'a, str>,
            #[serde(default)]
            index: u32,
        }
        let Ok(event) = serde_json::from_str::<Event<'_>>(last) else {
            return false;
        };
        let open = match &*event.kind {
            "content_block_start" | "content_block_delta" => true,
            "content_block_stop" | "message_start" => false,
            _ => return false,
        };
        let mut write = |name: &str, data: Value| {
            penstock_sse::write(Some(name), data.to_string().as_bytes(), out);
        };
        if open {
            write(
                "content_block_stop",
                json!({ "type": "content_block_stop", "index": event.index }),
            );
        }
        write(
            "message_delta",
            json!({
                "type": "message_delta",
                "delta": { "stop_reason": "max_tokens", "stop_sequence": null },
                "usage": { "input_tokens": self.input, "output_tokens": self.output },
            }),
        );
        write("message_stop", json!({ "type": "message_stop" }));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(client: Api, include_usage: bool, last: &str) -> Option<String> {
        let ending = Ending {
            client,
            choices: 2,
            include_usage,
            input: Tokens(7),
            output: Tokens(5),
        };
        let mut out = Vec::new();
        ending
            .write(last, &mut out)
            .then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn an_openai_stream_ends_every_choice_and_tells_its_usage_where_it_is_wanted() {
        let last = r#"{"id":"c","model":"m","created":3,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
        for include_usage in [false, true] {
            let text = ended(Api::OpenAi, include_usage, last).unwrap();
            assert_eq!(text.matches(r#""finish_reason":"length""#).count(), 2, "{text}");
            assert_eq!(text.contains(r#""completion_tokens":5"#), include_usage, "{text}");
            assert!(
                text.contains(r#""id":"c""#) && text.ends_with("data: [DONE]\n\n"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_stream_ends_whatever_its_chunks_leave_out() {
        for last in [
            r#"{"choices":[{"delta":{"content":"a"}}]}"#,
            r#"{"id":null,"model":null,"created":null,"choices":[{"delta":{"content":"a"}}]}"#,
        ] {
            let text = ended(Api::OpenAi, false, last).unwrap();
            assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        }
    }

    #[test]
    fn an_anthropic_stream_closes_the_block_that_is_open() {
        for (last, stop) in [
            (
                r#"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"a"}}"#,
                true,
            ),
            (
                r#"{"type":"content_block_start","index":3,"content_block":{"type":"text","text":""}}"#,
                true,
            ),
            (r#"{"type":"content_block_stop","index":3}"#, false),
        ] {
            let text = ended(Api::Anthropic, false, last).unwrap();
            assert_eq!(
                text.contains(r#"{"index":3,"type":"content_block_stop"}"#),
                stop,
                "{text}"
            );
            assert!(text.contains(r#""stop_reason":"max_tokens""#), "{text}");
            assert!(text.ends_with("data: {\"type\":\"message_stop\"}\n\n"), "{text}");
        }
    }

    #[test]
    fn a_stream_that_ends_of_itself_is_left_alone() {
        for (client, last) in [
            (
                Api::OpenAi,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            ),
            (Api::OpenAi, r#"{"id":"c","model":"m","choices":[]}"#),
            (Api::OpenAi, "[DONE]"),
            (Api::OpenAi, ""),
            (
                Api::Anthropic,
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
            ),
            (Api::Anthropic, r#"{"type":"message_stop"}"#),
            (Api::Anthropic, r#"{"type":"error"}"#),
        ] {
            assert_eq!(ended(client, true, last), None, "{last}");
        }
    }
}
