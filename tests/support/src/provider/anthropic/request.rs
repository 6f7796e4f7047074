//! Anthropic messages: reads a request as strictly as the API does.
//!
//! Fields, bounds and the order of blocks: the Messages, Tool use, Extended thinking, Structured outputs and
//! "Migrating to API version 2026-10-21" pages (read 2026-11).

use serde_json::{Map, Value};

use super::sign;
use crate::provider::check::{
    Checked, base64, boolean, integer, join, name, number, object, only, present, string, word,
};
use crate::provider::prompt::{Choice, Prompt, Tool, ToolResult};
use crate::provider::refusal::Refusal;

/// The versions that `anthropic-version` may name.
pub const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

const FIELDS: &[&str] = &[
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];
/// Gone since version `2026-10-21`.
const SAMPLING: &[&str] = &["temperature", "top_k", "top_p"];
/// The most marks for prompt caching in one request.
const MAX_CACHE_MARKS: usize = 4;

/// Reads a request of this API version, or says what is wrong with it.
pub fn read(body: &Value, version: &str) -> Checked<Prompt> {
    let body = object(body, "")?;
    let sampling = if version == VERSIONS[0] { SAMPLING } else { &[] };
    only(body, "", &[FIELDS, sampling].concat())?;
    let mut prompt = Prompt {
        parallel: true,
        choices: 1,
        ..Prompt::default()
    };
    prompt.model = string(body, "", "model")?.to_owned();
    let Some(max_tokens) = integer(body, "", "max_tokens", 0)? else {
        return Err(Refusal::invalid("max_tokens", "Field required"));
    };
    prompt.max_tokens = Some(max_tokens as usize);
    prompt.stream = boolean(body, "", "stream")?.unwrap_or(false);
    let temperature = number(body, "", "temperature", 0.0, 1.0)?;
    number(body, "", "top_p", 0.0, 1.0)?;
    integer(body, "", "top_k", 0)?;
    word(body, "", "service_tier", &["auto", "standard_only"])?;
    if let Some(metadata) = present(body, "metadata") {
        only(object(metadata, "metadata")?, "metadata", &["user_id"])?;
    }
    stop_sequences(body, &mut prompt)?;
    system(body, &mut prompt)?;
    tools(body, &mut prompt)?;
    let budgeted = thinking(body, max_tokens, temperature, &mut prompt)?;
    output(body, &mut prompt)?;
    messages(body, budgeted, &mut prompt)?;
    cache_mark(body, "", &mut prompt)?;
    if prompt.cache_marks > MAX_CACHE_MARKS {
        let message = format!(
            "A maximum of 4 blocks with cache_control may be provided. Found {}.",
            prompt.cache_marks
        );
        return Err(Refusal::invalid("cache_control", message));
    }
    Ok(prompt)
}

fn stop_sequences(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    for (n, stop) in list(body, "", "stop_sequences")?.iter().enumerate() {
        match stop.as_str() {
            Some(stop) if !stop.trim().is_empty() => prompt.stop.push(stop.to_owned()),
            _ => {
                return Err(Refusal::invalid(
                    format!("stop_sequences.{n}"),
                    "each stop sequence must contain non-whitespace",
                ));
            }
        }
    }
    Ok(())
}

fn system(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    let Some(system) = present(body, "system") else {
        return Ok(());
    };
    let mut texts = Vec::new();
    match system {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(blocks) => {
            for (n, block) in blocks.iter().enumerate() {
                texts.push(text_block(
                    object(block, "system")?,
                    &format!("system.{n}"),
                    prompt,
                )?);
            }
        }
        _ => return Err(Refusal::invalid("system", "Input should be a string or a list")),
    }
    prompt.system = texts.join("\n");
    let system = prompt.system.clone();
    prompt.count(&system);
    Ok(())
}

fn tools(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    for (n, tool) in list(body, "", "tools")?.iter().enumerate() {
        let path = format!("tools.{n}");
        let tool = object(tool, &path)?;
        if present(tool, "type").is_some_and(|kind| kind != "custom") {
            continue;
        }
        only(
            tool,
            &path,
            &[
                "type",
                "name",
                "description",
                "input_schema",
                "cache_control",
                "strict",
                "allowed_callers",
                "defer_loading",
                "eager_input_streaming",
                "input_examples",
            ],
        )?;
        cache_mark(tool, &path, prompt)?;
        let tool_name = string(tool, &path, "name")?;
        name(tool_name, &join(&path, "name"), 128)?;
        if prompt.tools.iter().any(|other| other.name == tool_name) {
            return Err(Refusal::invalid("tools", "Tool names must be unique."));
        }
        let path = join(&path, "input_schema");
        let schema = tool.get("input_schema").cloned().unwrap_or_default();
        if object(&schema, &path)?.get("type").and_then(Value::as_str) != Some("object") {
            return Err(Refusal::invalid(join(&path, "type"), "Input should be 'object'"));
        }
        prompt.tools.push(Tool {
            name: tool_name.to_owned(),
            schema,
        });
    }
    let Some(choice) = present(body, "tool_choice") else {
        return Ok(());
    };
    let choice = object(choice, "tool_choice")?;
    let kind = string(choice, "tool_choice", "type")?;
    let fields: &[&str] = match kind {
        "none" => &["type"],
        "tool" => &["type", "name", "disable_parallel_tool_use"],
        _ => &["type", "disable_parallel_tool_use"],
    };
    only(choice, "tool_choice", fields)?;
    prompt.parallel = !boolean(choice, "tool_choice", "disable_parallel_tool_use")?.unwrap_or(false);
    prompt.choice = match kind {
        "auto" => Choice::Auto,
        "none" => Choice::None,
        "any" => Choice::Required,
        "tool" => Choice::Named(string(choice, "tool_choice", "name")?.to_owned()),
        _ => {
            return Err(Refusal::invalid(
                "tool_choice.type",
                "Input should be 'auto', 'any', 'tool' or 'none'",
            ));
        }
    };
    let known = |wanted: &str| prompt.tools.iter().any(|tool| tool.name == wanted);
    match &prompt.choice {
        Choice::Named(wanted) if !known(wanted) => Err(Refusal::invalid(
            "tool_choice",
            "Tool not found in provided tools",
        )),
        Choice::Required if prompt.tools.is_empty() => Err(Refusal::invalid(
            "tool_choice",
            "tool_choice may only be specified while providing tools",
        )),
        _ => Ok(()),
    }
}

/// Reads `thinking`, and whether it has a budget of its own.
fn thinking(
    body: &Map<String, Value>,
    max_tokens: u64,
    temperature: Option<f64>,
    prompt: &mut Prompt,
) -> Checked<bool> {
    let Some(thinking) = present(body, "thinking") else {
        return Ok(false);
    };
    let thinking = object(thinking, "thinking")?;
    let kind = string(thinking, "thinking", "type")?;
    let fields: &[&str] = match kind {
        "enabled" => &["type", "budget_tokens", "display"],
        "adaptive" => &["type", "display"],
        "disabled" | "between_tools" => &["type"],
        _ => {
            return Err(Refusal::invalid(
                "thinking.type",
                "Input should be 'enabled', 'adaptive' or 'disabled'",
            ));
        }
    };
    only(thinking, "thinking", fields)?;
    word(thinking, "thinking", "display", &["summarized", "omitted"])?;
    prompt.reasons = matches!(kind, "enabled" | "adaptive");
    prompt.reasoning_omitted = present(thinking, "display").is_some_and(|display| display == "omitted");
    if kind == "enabled" {
        let budget = integer(thinking, "thinking.enabled", "budget_tokens", 1024)?;
        let Some(budget) = budget else {
            return Err(Refusal::invalid(
                "thinking.enabled.budget_tokens",
                "Field required",
            ));
        };
        if budget >= max_tokens {
            return Err(Refusal::invalid(
                "max_tokens",
                "must be greater than `thinking.budget_tokens`",
            ));
        }
    }
    if prompt.reasons && temperature.is_some_and(|temperature| temperature != 1.0) {
        return Err(Refusal::invalid(
            "temperature",
            "may only be set to 1 when thinking is enabled",
        ));
    }
    if prompt.reasons && matches!(prompt.choice, Choice::Required | Choice::Named(_)) {
        return Err(Refusal::invalid(
            "tool_choice",
            "Thinking may not be enabled when tool_choice forces tool use.",
        ));
    }
    Ok(kind == "enabled")
}

fn output(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    let Some(output) = present(body, "output_config") else {
        return Ok(());
    };
    let output = object(output, "output_config")?;
    only(output, "output_config", &["effort", "format"])?;
    word(
        output,
        "output_config",
        "effort",
        &["low", "medium", "high", "xhigh", "max"],
    )?;
    let Some(format) = present(output, "format") else {
        return Ok(());
    };
    let path = "output_config.format";
    let format = object(format, path)?;
    only(format, path, &["type", "schema"])?;
    if string(format, path, "type")? != "json_schema" {
        return Err(Refusal::invalid(
            join(path, "type"),
            "Input should be 'json_schema'",
        ));
    }
    let schema = format.get("schema").cloned().unwrap_or_default();
    object(&schema, &join(path, "schema"))?;
    closed(&schema, &join(path, "schema"))?;
    prompt.schema = Some(schema);
    Ok(())
}

/// Structured output wants every object closed.
fn closed(schema: &Value, path: &str) -> Checked {
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    if is_object && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(Refusal::invalid(
            path,
            "For 'object' type, 'additionalProperties' must be explicitly set to false",
        ));
    }
    let children = match schema {
        Value::Object(fields) => fields.values().collect::<Vec<_>>(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    children.into_iter().try_for_each(|child| closed(child, path))
}

fn messages(body: &Map<String, Value>, budgeted: bool, prompt: &mut Prompt) -> Checked {
    let turns = merged(list(body, "", "messages")?)?;
    if turns.first().is_none_or(|turn| turn.role != "user") {
        return Err(Refusal::invalid(
            "messages",
            "first message must use the \"user\" role",
        ));
    }
    let mut open_calls: Vec<String> = Vec::new();
    let last = turns.len() - 1;
    for (n, turn) in turns.iter().enumerate() {
        let path = format!("messages.{n}.content");
        prompt.turns += 1;
        prompt.results.clear();
        let mut reader = Blocks {
            path: &path,
            role: &turn.role,
            calls: Vec::new(),
            texts: Vec::new(),
            prompt,
        };
        for (m, block) in turn.blocks.iter().enumerate() {
            reader.block(m, block, &mut open_calls)?;
        }
        let Blocks { calls, texts, .. } = reader;
        if !open_calls.is_empty() {
            let message = format!(
                "`tool_use` ids were found without `tool_result` blocks immediately after: {open_calls:?}"
            );
            return Err(Refusal::invalid(path, message));
        }
        if turn.role == "user" {
            prompt.last_text = texts.join("\n");
            if texts.is_empty() && !prompt.results.is_empty() {
                prompt.turns -= 1;
            }
        }
        let text_ends_blank = texts
            .last()
            .is_some_and(|text| text.ends_with(char::is_whitespace));
        if turn.role == "assistant" && n == last && text_ends_blank {
            return Err(Refusal::invalid(
                "messages",
                "final assistant content cannot end with trailing whitespace",
            ));
        }
        let starts_with_thought = turn.blocks.first().is_some_and(|block| {
            matches!(
                block.get("type").and_then(Value::as_str),
                Some("thinking" | "redacted_thinking")
            )
        });
        let in_tool_loop = turn.role == "assistant" && !calls.is_empty() && n + 1 == last;
        if budgeted && in_tool_loop && !starts_with_thought {
            return Err(Refusal::invalid(
                path,
                "Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.",
            ));
        }
        open_calls = calls;
    }
    if open_calls.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "messages",
        "`tool_use` ids were found without `tool_result` blocks immediately after",
    ))
}

/// A turn: neighbouring messages of one role count as one.
struct Turn {
    role: String,
    blocks: Vec<Value>,
}

fn merged(messages: &[Value]) -> Checked<Vec<Turn>> {
    let mut turns: Vec<Turn> = Vec::new();
    for (n, message) in messages.iter().enumerate() {
        let path = format!("messages.{n}");
        let message = object(message, &path)?;
        only(message, &path, &["role", "content"])?;
        let role = string(message, &path, "role")?;
        if !matches!(role, "user" | "assistant" | "system") {
            return Err(Refusal::invalid(
                join(&path, "role"),
                "Input should be 'user' or 'assistant'",
            ));
        }
        let blocks = match message.get("content") {
            Some(Value::String(text)) => vec![serde_json::json!({"type": "text", "text": text})],
            Some(Value::Array(blocks)) => blocks.clone(),
            _ => {
                return Err(Refusal::invalid(
                    join(&path, "content"),
                    "Input should be a string or a list",
                ));
            }
        };
        if blocks.is_empty() && !(role == "assistant" && n + 1 == messages.len()) {
            return Err(Refusal::invalid(path, "all messages must have non-empty content"));
        }
        match turns.last_mut() {
            Some(turn) if turn.role == role => turn.blocks.extend(blocks),
            _ => turns.push(Turn {
                role: role.to_owned(),
                blocks,
            }),
        }
    }
    Ok(turns)
}

/// Reads the blocks of one turn.
struct Blocks<'a> {
    path: &'a str,
    role: &'a str,
    calls: Vec<String>,
    texts: Vec<String>,
    prompt: &'a mut Prompt,
}

impl Blocks<'_> {
    fn block(&mut self, n: usize, block: &Value, open_calls: &mut Vec<String>) -> Checked {
        let path = format!("{}.{n}", self.path);
        let block = object(block, &path)?;
        let kind = string(block, &path, "type")?;
        match (kind, self.role) {
            ("text", _) => {
                let text = text_block(block, &path, self.prompt)?;
                self.prompt.count(&text);
                self.texts.push(text);
                Ok(())
            }
            ("image", "user") => image(block, &path, self.prompt),
            ("tool_result", "user") => self.tool_result(block, &path, open_calls),
            ("tool_use", "assistant") => self.tool_use(block, &path),
            ("thinking", "assistant") => self.thinking(block, &path),
            ("redacted_thinking", "assistant") => {
                only(block, &path, &["type", "data"])?;
                string(block, &path, "data").map(|_| ())
            }
            ("document" | "search_result", "user") => cache_mark(block, &path, self.prompt),
            _ => Err(Refusal::invalid(
                join(&path, "type"),
                format!(
                    "Block of type '{kind}' is not allowed in a message of role '{}'",
                    self.role
                ),
            )),
        }
    }

    fn tool_use(&mut self, block: &Map<String, Value>, path: &str) -> Checked {
        only(
            block,
            path,
            &[
                "type",
                "id",
                "name",
                "input",
                "cache_control",
                "caller",
                "toolset_name",
            ],
        )?;
        cache_mark(block, path, self.prompt)?;
        let id = string(block, path, "id")?;
        name(id, &join(path, "id"), 256)?;
        name(string(block, path, "name")?, &join(path, "name"), 200)?;
        let input = object(block.get("input").unwrap_or(&Value::Null), &join(path, "input"))?;
        let words = serde_json::to_string(input).unwrap_or_default();
        self.prompt.count(&words);
        self.calls.push(id.to_owned());
        Ok(())
    }

    fn tool_result(
        &mut self,
        block: &Map<String, Value>,
        path: &str,
        open_calls: &mut Vec<String>,
    ) -> Checked {
        only(
            block,
            path,
            &[
                "type",
                "tool_use_id",
                "content",
                "is_error",
                "cache_control",
                "toolset_name",
            ],
        )?;
        cache_mark(block, path, self.prompt)?;
        if !self.texts.is_empty() {
            return Err(Refusal::invalid(
                path,
                "`tool_result` blocks must come before any other content",
            ));
        }
        let id = string(block, path, "tool_use_id")?;
        let Some(at) = open_calls.iter().position(|open| open == id) else {
            return Err(Refusal::invalid(
                path,
                format!("unexpected `tool_use_id` found in `tool_result` blocks: {id}"),
            ));
        };
        open_calls.remove(at);
        let mut texts = Vec::new();
        match present(block, "content") {
            None => {}
            Some(Value::String(text)) => texts.push(text.clone()),
            Some(Value::Array(parts)) => {
                for (n, part) in parts.iter().enumerate() {
                    let path = format!("{path}.content.{n}");
                    let part = object(part, &path)?;
                    match string(part, &path, "type")? {
                        "text" => texts.push(text_block(part, &path, self.prompt)?),
                        "image" => image(part, &path, self.prompt)?,
                        "document" | "search_result" | "tool_reference" => {}
                        _ => {
                            return Err(Refusal::invalid(
                                join(&path, "type"),
                                "Input should be 'text' or 'image'",
                            ));
                        }
                    }
                }
            }
            Some(_) => {
                return Err(Refusal::invalid(
                    join(path, "content"),
                    "Input should be a string or a list",
                ));
            }
        }
        let is_error = boolean(block, path, "is_error")?.unwrap_or(false);
        let text = texts.join("\n");
        self.prompt.count(&text);
        self.prompt.results.push(ToolResult { text, is_error });
        Ok(())
    }

    fn thinking(&mut self, block: &Map<String, Value>, path: &str) -> Checked {
        only(block, path, &["type", "thinking", "signature"])?;
        let thinking = string(block, path, "thinking")?;
        if string(block, path, "signature")? != sign(thinking) {
            return Err(Refusal::invalid(path, "Invalid `signature` in `thinking` block"));
        }
        self.prompt.thoughts += 1;
        Ok(())
    }
}

fn text_block(block: &Map<String, Value>, path: &str, prompt: &mut Prompt) -> Checked<String> {
    only(block, path, &["type", "text", "cache_control", "citations"])?;
    cache_mark(block, path, prompt)?;
    match string(block, path, "text")? {
        "" => Err(Refusal::invalid(path, "text content blocks must be non-empty")),
        text => Ok(text.to_owned()),
    }
}

fn image(block: &Map<String, Value>, path: &str, prompt: &mut Prompt) -> Checked {
    only(
        block,
        path,
        &["type", "source", "cache_control", "transformations"],
    )?;
    cache_mark(block, path, prompt)?;
    let path = join(path, "source");
    let source = object(block.get("source").unwrap_or(&Value::Null), &path)?;
    let picture = match string(source, &path, "type")? {
        "base64" => {
            only(source, &path, &["type", "media_type", "data"])?;
            word(
                source,
                &path,
                "media_type",
                &["image/jpeg", "image/png", "image/gif", "image/webp"],
            )?;
            let media = string(source, &path, "media_type")?;
            format!(
                "{media},{}B",
                base64(string(source, &path, "data")?, &join(&path, "data"))?
            )
        }
        "url" => {
            only(source, &path, &["type", "url"])?;
            string(source, &path, "url")?.to_owned()
        }
        "file" => string(source, &path, "file_id")?.to_owned(),
        _ => {
            return Err(Refusal::invalid(
                join(&path, "type"),
                "Input should be 'base64' or 'url'",
            ));
        }
    };
    prompt.images.push(picture);
    Ok(())
}

fn cache_mark(object_: &Map<String, Value>, path: &str, prompt: &mut Prompt) -> Checked {
    let Some(mark) = present(object_, "cache_control") else {
        return Ok(());
    };
    let path = join(path, "cache_control");
    let mark = object(mark, &path)?;
    only(mark, &path, &["type", "ttl"])?;
    word(mark, &path, "ttl", &["5m", "1h"])?;
    if string(mark, &path, "type")? != "ephemeral" {
        return Err(Refusal::invalid(
            join(&path, "type"),
            "Input should be 'ephemeral'",
        ));
    }
    prompt.cache_marks += 1;
    Ok(())
}

fn list<'a>(object: &'a Map<String, Value>, path: &str, key: &str) -> Checked<&'a [Value]> {
    match present(object, key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Refusal::invalid(join(path, key), "Input should be a list")),
    }
}
