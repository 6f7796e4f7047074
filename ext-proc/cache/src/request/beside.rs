//! What the neutral form has no place for, hashed as the client wrote it.
//!
//! A member of the body that is not known is hashed by name and value. A known one is, too, if reading it into the
//! neutral form has lost something.

use penstock_chat::Api;
use penstock_translate::json::{self, Object};
use penstock_translate::loss::{Loss, MAX_LOSSES};
use serde_json::value::RawValue;

use super::Bypass;
use super::hash::Hash;
use super::turn::{self, is_text, object};

/// Members of OpenAI's that the neutral form has.
const OPENAI: &[&str] = &[
    "messages",
    "model",
    "n",
    "parallel_tool_calls",
    "reasoning_effort",
    "response_format",
    "stop",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// Members of Anthropic's that the neutral form has.
const ANTHROPIC: &[&str] = &[
    "messages",
    "model",
    "output_config",
    "output_format",
    "stop_sequences",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// Members that do not bear on the answer: how, for whom and at which price to give it; and those by which [`cacheable`]
/// refuses a request if they ask for anything.
const INDIFFERENT: &[&str] = &[
    "cache_control",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "top_logprobs",
    "user",
];

/// Types of Anthropic's own tools that the client runs all the same; all others run at Anthropic (docs.claude.com, "Tool
/// use", read 2026-11).
const RUN_BY_CLIENT: &[&str] = &["custom", "bash_", "computer_", "memory_", "text_editor_"];

/// Refuses what asks for an answer of a kind that is not kept.
pub(super) fn cacheable(object: &Object<'_>) -> Result<(), Bypass> {
    let asks = |name: &str| {
        let value = object.get(name).map(RawValue::get);
        value.is_some_and(|value| !matches!(value, "null" | "false" | "0" | "[]" | "{}"))
    };
    if asks("n") && object.get("n").map(RawValue::get) != Some("1") {
        return Err(Bypass::SeveralChoices);
    }
    if asks("logprobs") || asks("top_logprobs") {
        return Err(Bypass::Logprobs);
    }
    let modalities = object
        .get("modalities")
        .and_then(|list| json::elements(list.get()));
    let spoken = |modality: &&RawValue| json::string(modality).as_deref() != Some("text");
    if asks("audio") || modalities.is_some_and(|modalities| modalities.iter().any(spoken)) {
        return Err(Bypass::Audio);
    }
    // An empty object asks for a search with every option as it is by default.
    if object.has("web_search_options") || asks("mcp_servers") || has_hosted_tool(object)? {
        return Err(Bypass::HostedTools);
    }
    Ok(())
}

fn has_hosted_tool(object: &Object<'_>) -> Result<bool, Bypass> {
    let tools = object.get("tools").and_then(|tools| json::elements(tools.get()));
    for tool in tools.unwrap_or_default() {
        let tool = turn::object(tool)?;
        // OpenAI's have a type always, and are the client's own.
        if let Some(kind) = tool.get("type").and_then(json::string)
            && kind != "function"
            && !RUN_BY_CLIENT.iter().any(|known| kind.starts_with(known))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The body as the client wrote it.
pub(super) struct Raw<'a, 'b> {
    pub dialect: Api,
    pub object: &'b Object<'a>,
    pub messages: &'b [&'a RawValue],
    /// Where the last turn starts.
    pub last: usize,
}

impl Raw<'_, '_> {
    /// Hashes what reading it into the neutral form has lost.
    pub fn write(&self, losses: &[Loss], hash: &mut Hash) -> Result<(), Bypass> {
        let mut members: Vec<_> = self
            .object
            .iter()
            .filter(|member| member.value.get() != "null" && !INDIFFERENT.contains(&&*member.key))
            .filter(|member| !self.is_known(&member.key) || self.is_lost(&member.key, losses))
            .collect();
        members.sort_by(|one, other| one.key.cmp(&other.key));
        if members.is_empty() {
            return Ok(());
        }
        hash.text(self.dialect.as_str()).count(members.len());
        for member in members {
            hash.text(&member.key);
            match &*member.key {
                "messages" => self.messages(hash)?,
                _ => drop(hash.json(member.value.get())),
            }
        }
        Ok(())
    }

    fn is_known(&self, name: &str) -> bool {
        match self.dialect {
            Api::OpenAi => OPENAI.contains(&name),
            Api::Anthropic => ANTHROPIC.contains(&name),
        }
    }

    fn is_lost(&self, name: &str, losses: &[Loss]) -> bool {
        let of = |loss: &Loss, name: &str| {
            let rest = loss.field.strip_prefix(name);
            let begins = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            begins && !loss.field.ends_with(".cache_control")
        };
        let reported = |name: &str| losses.iter().any(|loss| of(loss, name));
        // A list so long may lack some.
        losses.len() >= MAX_LOSSES
            || reported(name)
            // What is lost of a block of instructions is reported like that of a message.
            || (name == "system" && reported("messages"))
            || (self.dialect == Api::OpenAi && self.is_lost_unreported(name))
    }

    /// What reading loses and does not report, as every target may do without.
    fn is_lost_unreported(&self, name: &str) -> bool {
        match name {
            "response_format" => self.object.get(name).is_some_and(|format| !is_strict(format)),
            // The model sees the tools that it may not call.
            "tools" | "tool_choice" => {
                let choice = self
                    .object
                    .get("tool_choice")
                    .map(RawValue::get)
                    .unwrap_or_default();
                choice.contains("allowed_tools")
            }
            _ => false,
        }
    }

    /// All messages, but for what the user said last.
    fn messages(&self, hash: &mut Hash) -> Result<(), Bypass> {
        hash.count(self.last);
        for message in self.messages.iter().take(self.last) {
            hash.json(message.get());
        }
        for message in self.messages.iter().skip(self.last) {
            let message = object(message)?;
            without(&message, "content", hash);
            for part in turn::parts(&message)?.iter().filter(|part| is_text(part)) {
                without(part, "text", hash);
            }
            hash.text("end");
        }
        Ok(())
    }
}

/// Hashes an object but for one member.
fn without(object: &Object<'_>, name: &str, hash: &mut Hash) {
    let mut members: Vec<_> = object.iter().filter(|member| member.key != name).collect();
    members.sort_by(|one, other| one.key.cmp(&other.key));
    hash.text("without").list(members.into_iter(), |hash, member| {
        hash.text(&member.key).json(member.value.get());
    });
}

/// Whether a format is text, or a schema that the answer must match and that says no more than the neutral form has. Its
/// name is a label.
fn is_strict(format: &RawValue) -> bool {
    let only = |object: &Object<'_>, known: &[&str]| {
        let mut members = object.iter().filter(|member| member.value.get() != "null");
        members.all(|member| known.contains(&&*member.key))
    };
    let Ok(format) = object(format) else { return false };
    let kind = format.get("type").and_then(json::string);
    match format.get("json_schema").map(object) {
        None => kind.as_deref() == Some("text") && only(&format, &["type"]),
        Some(Ok(schema)) => {
            only(&format, &["type", "json_schema"])
                && only(&schema, &["name", "schema", "strict"])
                && schema.get("strict").map(RawValue::get) == Some("true")
        }
        Some(Err(_)) => false,
    }
}
