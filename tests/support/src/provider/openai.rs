//! OpenAI chat completions: the answer in its wire form.
//!
//! Shapes: `CreateChatCompletionResponse` and `CreateChatCompletionStreamResponse` of OpenAI's OpenAPI document;
//! Azure's additions: "content filtering" in the Azure OpenAI reference; vLLM's: its reasoning-outputs page
//! (all read 2026-11). Fields are written in the order that the real API writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::answer::{Answer, Call, Counts, Finish};
use super::fault::Fault;
use super::prompt::Prompt;

pub mod request;

/// How an OpenAI-compatible server differs from OpenAI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavor {
    /// OpenAI itself.
    #[default]
    OpenAi,
    /// Azure OpenAI.
    Azure,
    /// vLLM.
    Vllm,
}

const FILTERED: &str = r#"{"hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}"#;

/// The whole answer as one object.
pub fn whole(answer: &Answer, prompt: &Prompt, fault: &Fault, flavor: Flavor) -> Vec<Bytes> {
    let content = if answer.text.is_empty() {
        "null".to_owned()
    } else {
        quote(&answer.text.concat())
    };
    let reasoning = if shows_reasoning(answer, fault, flavor) {
        format!(r#","reasoning_content":{}"#, quote(&answer.thinking.concat()))
    } else {
        String::new()
    };
    let calls = if answer.calls.is_empty() {
        String::new()
    } else {
        let calls: Vec<_> = answer
            .calls
            .iter()
            .map(|call| {
                let Call { id, name, arguments } = call;
                format!(
                    r#"{{"id":"call_{id}","type":"function","function":{{"name":{},"arguments":{}}}}}"#,
                    quote(name),
                    quote(&arguments.concat())
                )
            })
            .collect();
        format!(r#","tool_calls":[{}]"#, calls.join(","))
    };
    let azure = if flavor == Flavor::Azure {
        format!(r#","content_filter_results":{FILTERED}"#)
    } else {
        String::new()
    };
    let choices: Vec<_> = (0..prompt.choices)
        .map(|index| {
            format!(
                r#"{{"index":{index},"message":{{"role":"assistant","content":{content}{reasoning}{calls},"refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"{}"{azure}}}"#,
                finish(&answer.finish)
            )
        })
        .collect();
    let usage = if fault.no_usage {
        String::new()
    } else {
        format!(r#","usage":{}"#, usage(answer.counts))
    };
    let body = format!(
        r#"{{"id":"chatcmpl-{}","object":"chat.completion","created":{},"model":{},"choices":[{}]{usage},"service_tier":"default","system_fingerprint":"fp_50cad350e4"}}"#,
        answer.id,
        now(),
        quote(&prompt.model),
        choices.join(","),
    );
    vec![Bytes::from(body)]
}

/// The answer as events, and how many of them come before the first content.
pub fn stream(answer: &Answer, prompt: &Prompt, fault: &Fault, flavor: Flavor) -> (Vec<Bytes>, usize) {
    let includes_usage = prompt.include_usage && !fault.no_usage;
    let mut writer = Writer {
        head: format!(
            r#"{{"id":"chatcmpl-{}","object":"chat.completion.chunk","created":{},"model":{},"service_tier":"default","system_fingerprint":"fp_50cad350e4""#,
            answer.id,
            now(),
            quote(&prompt.model)
        ),
        usage: if includes_usage { r#","usage":null"# } else { "" },
        padded: prompt.obfuscation && flavor == Flavor::OpenAi,
        events: Vec::new(),
    };
    let mut opening = 1;
    if flavor == Flavor::Azure {
        let head = r#"{"id":"","object":"","created":0,"model":"""#;
        writer.events.push(Bytes::from(format!(
            "data: {head},\"choices\":[],\"prompt_filter_results\":[{{\"prompt_index\":0,\"content_filter_results\":{FILTERED}}}]}}\n\n"
        )));
        opening = 2;
    }
    for index in 0..prompt.choices {
        writer.choice(index, answer, shows_reasoning(answer, fault, flavor));
    }
    if includes_usage {
        let usage = usage(answer.counts);
        writer.events.push(Bytes::from(format!(
            "data: {},\"choices\":[],\"usage\":{usage}}}\n\n",
            writer.head
        )));
    }
    writer.events.push(Bytes::from("data: [DONE]\n\n"));
    (writer.events, opening)
}

struct Writer {
    head: String,
    usage: &'static str,
    padded: bool,
    events: Vec<Bytes>,
}

impl Writer {
    fn choice(&mut self, index: usize, answer: &Answer, reasoning: bool) {
        let first = if answer.text.is_empty() { "null" } else { r#""""# };
        self.delta(
            index,
            &format!(r#""role":"assistant","content":{first},"refusal":null"#),
            None,
        );
        if reasoning {
            for piece in &answer.thinking {
                self.delta(index, &format!(r#""reasoning_content":{}"#, quote(piece)), None);
            }
        }
        for piece in &answer.text {
            self.delta(index, &format!(r#""content":{}"#, quote(piece)), None);
        }
        for (n, call) in answer.calls.iter().enumerate() {
            let (id, name) = (&call.id, quote(&call.name));
            self.delta(
                index,
                &format!(
                    r#""tool_calls":[{{"index":{n},"id":"call_{id}","type":"function","function":{{"name":{name},"arguments":""}}}}]"#
                ),
                None,
            );
            for fragment in &call.arguments {
                let fragment = quote(fragment);
                let call = format!(r#""tool_calls":[{{"index":{n},"function":{{"arguments":{fragment}}}}}]"#);
                self.delta(index, &call, None);
            }
        }
        self.delta(index, "", Some(finish(&answer.finish)));
    }

    fn delta(&mut self, index: usize, delta: &str, finish: Option<&str>) {
        let finish = finish.map_or("null".to_owned(), |reason| format!("\"{reason}\""));
        let padding = if self.padded {
            r#","obfuscation":"r4N7vQ2m""#
        } else {
            ""
        };
        self.events.push(Bytes::from(format!(
            "data: {},\"choices\":[{{\"index\":{index},\"delta\":{{{delta}}},\"logprobs\":null,\"finish_reason\":{finish}}}]{}{padding}}}\n\n",
            self.head, self.usage
        )));
    }
}

fn shows_reasoning(answer: &Answer, fault: &Fault, flavor: Flavor) -> bool {
    (fault.reasoning || flavor == Flavor::Vllm) && !answer.thinking.is_empty()
}

fn finish(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::Tools => "tool_calls",
        Finish::Refusal => "content_filter",
    }
}

fn usage(counts: Counts) -> String {
    let Counts {
        input,
        output,
        cache_read,
        cache_write,
        reasoning,
    } = counts;
    format!(
        r#"{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{cache_read},"audio_tokens":0,"cache_write_tokens":{cache_write}}},"completion_tokens_details":{{"reasoning_tokens":{reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}}"#,
        input + output
    )
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
