//! What a provider says: a digest of what it was asked, so that a test sees what arrived.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::fault::Fault;
use super::prompt::{Choice, Prompt};
use super::sample;

/// Input tokens that an image counts for.
const IMAGE_TOKENS: usize = 85;

/// One call of a tool.
#[derive(Clone, Debug)]
pub struct Call {
    /// Unique part of its id.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Arguments that conform to the tool's schema, as JSON, in fragments.
    pub arguments: Vec<String>,
}

/// Why an answer ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Nothing more to say.
    Stop,
    /// This stop sequence was reached.
    StopSequence(String),
    /// The limit on output tokens was reached.
    Length,
    /// Tools are called.
    Tools,
    /// The provider refuses to go on.
    Refusal,
}

/// Token counts; `input` holds the two cached parts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// All input tokens.
    pub input: usize,
    /// Output tokens, reasoning included.
    pub output: usize,
    /// Input tokens read from the prompt cache.
    pub cache_read: usize,
    /// Input tokens written to the prompt cache.
    pub cache_write: usize,
    /// Output tokens spent on reasoning.
    pub reasoning: usize,
}

/// An answer before it is put into an API's form.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Unique part of its id.
    pub id: String,
    /// Reasoning, in pieces.
    pub thinking: Vec<String>,
    /// The text, in pieces; empty if there is none.
    pub text: Vec<String>,
    /// Calls of tools.
    pub calls: Vec<Call>,
    /// Why it ends.
    pub finish: Finish,
    /// What it used.
    pub counts: Counts,
}

impl Answer {
    /// Answers `prompt` in the name of provider `name`.
    pub fn to(prompt: &Prompt, name: &str, fault: &Fault) -> Self {
        let mut answer = Self {
            id: unique(),
            thinking: Vec::new(),
            text: Vec::new(),
            calls: calls(prompt, fault),
            finish: Finish::Stop,
            counts: Counts::default(),
        };
        if prompt.reasons {
            answer.thinking = match fault.echo {
                true => cut(&prompt.last_text, fault.piece),
                false => cut(&format!("The user wants: {}", prompt.last_text), fault.piece),
            };
        }
        if answer.calls.is_empty() {
            answer.say(prompt, name, fault);
        } else {
            answer.finish = Finish::Tools;
        }
        if fault.refuses {
            answer.finish = Finish::Refusal;
        }
        answer.count(prompt);
        answer
    }

    fn say(&mut self, prompt: &Prompt, name: &str, fault: &Fault) {
        self.text = match (fault.events, fault.big, &prompt.schema) {
            (Some(events), _, _) if fault.stamp => vec![crate::play::STAMP.to_owned(); events],
            (Some(events), _, _) => (0..events).map(|n| format!("{n} ")).collect(),
            (_, Some(bytes), _) => big(bytes),
            (_, _, Some(schema)) => fragments(&sample::of(schema, 0).to_string()),
            _ if fault.echo => cut(&prompt.last_text, fault.piece),
            _ => cut(&digest(prompt, name), fault.piece),
        };
        let whole = self.text.concat();
        let stop = prompt
            .stop
            .iter()
            .filter_map(|stop| Some((whole.find(stop.as_str())?, stop)))
            .min();
        if let Some((at, stop)) = stop {
            self.text = pieces(whole.get(..at).unwrap_or_default());
            self.finish = Finish::StopSequence(stop.clone());
        }
        let max = prompt
            .max_tokens
            .unwrap_or(usize::MAX)
            .saturating_sub(self.thinking.len());
        if self.text.len() > max {
            self.text.truncate(max);
            self.finish = Finish::Length;
        }
    }

    fn count(&mut self, prompt: &Prompt) {
        let arguments: usize = self.calls.iter().map(|call| call.arguments.len()).sum();
        let cache_read = 5 * prompt.cache_marks;
        let cache_write = 3 * prompt.cache_marks;
        self.counts = Counts {
            input: prompt.words + IMAGE_TOKENS * prompt.images.len() + cache_read + cache_write,
            output: self.thinking.len() + self.text.len() + arguments,
            cache_read,
            cache_write,
            reasoning: self.thinking.len(),
        };
    }
}

/// The text of a normal answer.
fn digest(prompt: &Prompt, name: &str) -> String {
    let mut text = format!("[{name}] ");
    if prompt.results.is_empty() {
        text.push_str(&format!("You said: {}", prompt.last_text));
    } else {
        let results: Vec<_> = prompt
            .results
            .iter()
            .map(|result| format!("{}{}", if result.is_error { "error " } else { "" }, result.text))
            .collect();
        text.push_str(&format!("The tools say: {}", results.join("; ")));
    }
    if !prompt.system.is_empty() {
        text.push_str(&format!(" | system: {}", prompt.system));
    }
    if prompt.turns > 1 {
        text.push_str(&format!(" | turns: {}", prompt.turns));
    }
    if !prompt.images.is_empty() {
        text.push_str(&format!(" | images: {}", prompt.images.join(" ")));
    }
    if prompt.thoughts > 0 {
        text.push_str(&format!(" | thoughts: {}", prompt.thoughts));
    }
    text
}

/// The calls that the prompt asks for: each time the last user message names a tool, or what `tool_choice` demands.
fn calls(prompt: &Prompt, fault: &Fault) -> Vec<Call> {
    let named = |name: &str| prompt.last_text.matches(name).count();
    let mut wanted: Vec<(usize, &super::prompt::Tool)> = match &prompt.choice {
        Choice::None => Vec::new(),
        Choice::Named(name) => prompt
            .tools
            .iter()
            .filter(|tool| tool.name == *name)
            .map(|tool| (1, tool))
            .collect(),
        Choice::Auto | Choice::Required if !prompt.results.is_empty() => Vec::new(),
        Choice::Auto | Choice::Required => prompt
            .tools
            .iter()
            .map(|tool| (named(&tool.name), tool))
            .filter(|(n, _)| *n > 0)
            .collect(),
    };
    if prompt.choice == Choice::Required && wanted.is_empty() {
        wanted.extend(prompt.tools.first().map(|tool| (1, tool)));
    }
    let most = if prompt.parallel { usize::MAX } else { 1 };
    wanted
        .into_iter()
        .flat_map(|(times, tool)| std::iter::repeat_n(tool, times))
        .take(most)
        .enumerate()
        .map(|(n, tool)| {
            let mut arguments = sample::of(&object_schema(&tool.schema), n);
            if fault.echo {
                echo(&mut arguments, &prompt.last_text);
            }
            let arguments = arguments.to_string();
            Call {
                id: unique(),
                name: tool.name.clone(),
                arguments: match fault.piece {
                    Some(_) => cut(&arguments, fault.piece),
                    None => fragments(&arguments),
                },
            }
        })
        .collect()
}

/// Puts a text in the place of each string.
fn echo(value: &mut Value, text: &str) {
    match value {
        Value::String(string) => text.clone_into(string),
        Value::Array(values) => values.iter_mut().for_each(|value| echo(value, text)),
        Value::Object(members) => members.values_mut().for_each(|value| echo(value, text)),
        _ => {}
    }
}

fn object_schema(schema: &Value) -> Value {
    if schema.is_object() {
        schema.clone()
    } else {
        serde_json::json!({"type": "object"})
    }
}

/// Splits a text before each space, the way models give it out.
pub fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for part in text.split_inclusive(' ') {
        pieces.push(part.to_owned());
    }
    pieces
}

/// Splits a text as a fault wants it, or the way models do.
fn cut(text: &str, piece: Option<usize>) -> Vec<String> {
    piece.map_or_else(|| pieces(text), |piece| chunks(text, piece))
}

/// Splits JSON into fragments of five characters, so that words and escapes are torn.
pub fn fragments(json: &str) -> Vec<String> {
    chunks(json, 5)
}

fn chunks(text: &str, length: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .chunks(length.max(1))
        .map(|chunk| chunk.iter().collect())
        .collect()
}

fn big(bytes: usize) -> Vec<String> {
    let piece = "x".repeat(1023) + " ";
    let mut text = vec![piece; bytes / 1024];
    if !bytes.is_multiple_of(1024) {
        text.push("x".repeat(bytes % 1024));
    }
    text
}

/// Twenty-four characters that no other answer of this process has.
fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!(
        "{:08x}{:016x}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

#[cfg(test)]
mod tests {
    use super::super::prompt::Tool;
    use super::*;

    #[test]
    fn an_echo_says_what_it_was_told_in_text_reasoning_and_calls() {
        let fault = Fault::parse("fault=echo,piece:4").unwrap();
        let mut prompt = Prompt {
            last_text: "the \"weather\"".to_owned(),
            reasons: true,
            parallel: true,
            ..Prompt::default()
        };
        let answer = Answer::to(&prompt, "primary", &fault);
        assert_eq!(answer.text, ["the ", "\"wea", "ther", "\""]);
        assert_eq!(answer.thinking, answer.text);
        prompt.tools.push(Tool {
            name: "weather".to_owned(),
            schema: serde_json::json!({"properties": {"city": {"type": "string"}}}),
        });
        let call = Answer::to(&prompt, "primary", &fault).calls.remove(0);
        assert_eq!(call.arguments.concat(), r#"{"city":"the \"weather\""}"#);
        assert!(call.arguments.iter().all(|fragment| fragment.len() <= 4));
    }
}
