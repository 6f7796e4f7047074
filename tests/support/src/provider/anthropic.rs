//! Anthropic messages: the answer in its wire form.
//!
//! Shapes: the Messages and Streaming pages of Anthropic's API reference, versions `2023-06-01` and `2026-10-21`
//! (read 2026-11). Fields are written in the order that the real API writes them, and data lines of a stream end in
//! blanks as its do.

use bytes::Bytes;

use super::answer::{Answer, Counts, Finish};
use super::fault::Fault;
use super::prompt::Prompt;

pub mod request;

/// The whole answer as one object.
pub fn whole(answer: &Answer, prompt: &Prompt, fault: &Fault) -> Vec<Bytes> {
    let mut blocks = Vec::new();
    if !answer.thinking.is_empty() {
        let thinking = if prompt.reasoning_omitted {
            String::new()
        } else {
            answer.thinking.concat()
        };
        let (text, signature) = (quote(&thinking), sign(&thinking));
        blocks.push(format!(
            r#"{{"type":"thinking","thinking":{text},"signature":"{signature}"}}"#
        ));
    }
    if !answer.text.is_empty() {
        blocks.push(format!(
            r#"{{"type":"text","text":{}}}"#,
            quote(&answer.text.concat())
        ));
    }
    for call in &answer.calls {
        let (id, name, input) = (&call.id, quote(&call.name), call.arguments.concat());
        blocks.push(format!(
            r#"{{"type":"tool_use","id":"toolu_{id}","name":{name},"input":{input}}}"#
        ));
    }
    let body = format!(
        r#"{{"id":"msg_{}","type":"message","role":"assistant","model":{},"content":[{}],{}{}}}"#,
        answer.id,
        quote(&prompt.model),
        blocks.join(","),
        stop(&answer.finish),
        last_usage(answer, fault),
    );
    vec![Bytes::from(body)]
}

/// The answer as events, and how many of them come before the first content. The output in the first one is no count, but
/// what the real API puts there.
pub fn stream(answer: &Answer, prompt: &Prompt, fault: &Fault) -> (Vec<Bytes>, usize) {
    let mut writer = Writer {
        events: Vec::new(),
        block: 0,
    };
    writer.event(
        "message_start",
        &format!(
            r#""message":{{"id":"msg_{}","type":"message","role":"assistant","model":{},"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{}}}"#,
            answer.id,
            quote(&prompt.model),
            usage(answer.counts, 1),
        ),
    );
    if !answer.thinking.is_empty() {
        writer.start(r#"{"type":"thinking","thinking":"","signature":""}"#);
        let mut shown = String::new();
        if !prompt.reasoning_omitted {
            for piece in &answer.thinking {
                shown.push_str(piece);
                writer.delta(&format!(
                    r#"{{"type":"thinking_delta","thinking":{}}}"#,
                    quote(piece)
                ));
            }
        }
        writer.delta(&format!(
            r#"{{"type":"signature_delta","signature":"{}"}}"#,
            sign(&shown)
        ));
        writer.stop();
    }
    if !answer.text.is_empty() {
        writer.start(r#"{"type":"text","text":""}"#);
        for piece in &answer.text {
            writer.delta(&format!(r#"{{"type":"text_delta","text":{}}}"#, quote(piece)));
        }
        writer.stop();
    }
    for call in &answer.calls {
        let (id, name) = (&call.id, quote(&call.name));
        writer.start(&format!(
            r#"{{"type":"tool_use","id":"toolu_{id}","name":{name},"input":{{}}}}"#
        ));
        writer.delta(r#"{"type":"input_json_delta","partial_json":""}"#);
        for fragment in &call.arguments {
            writer.delta(&format!(
                r#"{{"type":"input_json_delta","partial_json":{}}}"#,
                quote(fragment)
            ));
        }
        writer.stop();
    }
    let closing = format!(
        r#""delta":{{{}}}{}"#,
        stop(&answer.finish),
        last_usage(answer, fault)
    );
    writer.event("message_delta", &closing);
    writer.event("message_stop", "");
    (writer.events, 3)
}

/// What the model signs its reasoning with, so that a caller cannot hand back other words.
pub fn sign(thinking: &str) -> String {
    // FNV-1a, 64 bits.
    let hash = thinking.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("EqQBCgIYAhIM{hash:016x}+/w==")
}

struct Writer {
    events: Vec<Bytes>,
    block: usize,
}

impl Writer {
    fn event(&mut self, name: &str, fields: &str) {
        let comma = if fields.is_empty() { "" } else { "," };
        let pad = " ".repeat(self.events.len() % 4);
        let event = format!("event: {name}\ndata: {{\"type\":\"{name}\"{comma}{fields}}}{pad}\n\n");
        self.events.push(Bytes::from(event));
    }

    fn start(&mut self, block: &str) {
        self.event(
            "content_block_start",
            &format!(r#""index":{},"content_block":{block}"#, self.block),
        );
        if self.block == 0 {
            self.event("ping", "");
        }
    }

    fn delta(&mut self, delta: &str) {
        self.event(
            "content_block_delta",
            &format!(r#""index":{},"delta":{delta}"#, self.block),
        );
    }

    fn stop(&mut self) {
        self.event("content_block_stop", &format!(r#""index":{}"#, self.block));
        self.block += 1;
    }
}

fn stop(finish: &Finish) -> String {
    let (reason, sequence, details) = match finish {
        Finish::Stop => ("end_turn", "null".to_owned(), "null"),
        Finish::StopSequence(sequence) => ("stop_sequence", quote(sequence), "null"),
        Finish::Length => ("max_tokens", "null".to_owned(), "null"),
        Finish::Tools => ("tool_use", "null".to_owned(), "null"),
        Finish::Refusal => (
            "refusal",
            "null".to_owned(),
            r#"{"type":"refusal","category":"cyber","explanation":null}"#,
        ),
    };
    format!(r#""stop_reason":"{reason}","stop_sequence":{sequence},"stop_details":{details}"#)
}

/// The member of the end of an answer that says what it used.
fn last_usage(answer: &Answer, fault: &Fault) -> String {
    if fault.no_usage {
        String::new()
    } else {
        format!(r#","usage":{}"#, usage(answer.counts, answer.counts.output))
    }
}

fn usage(counts: Counts, output: usize) -> String {
    let Counts {
        input,
        cache_read,
        cache_write,
        reasoning,
        ..
    } = counts;
    format!(
        r#"{{"input_tokens":{},"cache_creation_input_tokens":{cache_write},"cache_read_input_tokens":{cache_read},"cache_creation":{{"ephemeral_5m_input_tokens":{cache_write},"ephemeral_1h_input_tokens":0}},"output_tokens":{output},"output_tokens_details":{{"thinking_tokens":{}}},"service_tier":"standard"}}"#,
        input - cache_read - cache_write,
        reasoning.min(output),
    )
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
