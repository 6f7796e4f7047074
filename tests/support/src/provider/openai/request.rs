//! OpenAI chat completions: reads a request as strictly as the API does.
//!
//! Fields and bounds: `CreateChatCompletionRequest` of OpenAI's OpenAPI document (read 2026-11); the order of tool
//! messages: error messages of the API itself. vLLM takes fields that it does not know.

use serde_json::{Map, Value};

use super::Flavor;
use crate::provider::check::{
    Checked, boolean, integer, join, name, number, object, only, present, string, word,
};
use crate::provider::prompt::{Choice, Prompt, Tool, ToolResult};
use crate::provider::refusal::Refusal;

const FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Reads a request, or says what is wrong with it.
pub fn read(body: &Value, flavor: Flavor, deployment: Option<&str>) -> Checked<Prompt> {
    let body = object(body, "")?;
    if flavor != Flavor::Vllm {
        only(body, "", FIELDS)?;
    }
    let mut prompt = Prompt {
        parallel: true,
        obfuscation: true,
        ..Prompt::default()
    };
    prompt.model = match deployment {
        Some(name) => name.to_owned(),
        None => string(body, "", "model")?.to_owned(),
    };
    limits(body, &mut prompt)?;
    streaming(body, &mut prompt)?;
    tools(body, &mut prompt)?;
    format(body, &mut prompt)?;
    messages(body, flavor, &mut prompt)?;
    Ok(prompt)
}

fn limits(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    number(body, "", "temperature", 0.0, 2.0)?;
    number(body, "", "top_p", 0.0, 1.0)?;
    number(body, "", "frequency_penalty", -2.0, 2.0)?;
    number(body, "", "presence_penalty", -2.0, 2.0)?;
    integer(body, "", "top_logprobs", 0)?;
    prompt.choices = integer(body, "", "n", 1)?.unwrap_or(1).min(128) as usize;
    let new = integer(body, "", "max_completion_tokens", 1)?;
    let old = integer(body, "", "max_tokens", 1)?;
    if new.is_some() && old.is_some() {
        return Err(Refusal::invalid(
            "max_tokens",
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        ));
    }
    prompt.max_tokens = new.or(old).map(|tokens| tokens as usize);
    prompt.stop = match present(body, "stop") {
        None => Vec::new(),
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(list)) if list.len() <= 4 && list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(_) => {
            return Err(Refusal::invalid(
                "stop",
                "Input should be a string or up to 4 strings",
            ));
        }
    };
    word(
        body,
        "",
        "reasoning_effort",
        &["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    )?;
    word(body, "", "verbosity", &["low", "medium", "high"])?;
    word(
        body,
        "",
        "service_tier",
        &["auto", "default", "flex", "scale", "priority", "fast"],
    )?;
    prompt.reasons = present(body, "reasoning_effort").is_some_and(|effort| effort != "none");
    if present(body, "prompt_cache_key").is_some() {
        prompt.cache_marks += 1;
    }
    Ok(())
}

fn streaming(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    prompt.stream = boolean(body, "", "stream")?.unwrap_or(false);
    let Some(options) = present(body, "stream_options") else {
        return Ok(());
    };
    if !prompt.stream {
        return Err(Refusal::invalid(
            "stream_options",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ));
    }
    let options = object(options, "stream_options")?;
    only(
        options,
        "stream_options",
        &["include_usage", "include_obfuscation"],
    )?;
    prompt.include_usage = boolean(options, "stream_options", "include_usage")?.unwrap_or(false);
    prompt.obfuscation = boolean(options, "stream_options", "include_obfuscation")?.unwrap_or(true);
    Ok(())
}

fn tools(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    for (n, tool) in list(body, "tools")?.iter().enumerate() {
        let path = format!("tools[{n}]");
        let tool = object(tool, &path)?;
        only(tool, &path, &["type", "function"])?;
        if string(tool, &path, "type")? != "function" {
            return Err(Refusal::invalid(
                join(&path, "type"),
                "Only functions are served here",
            ));
        }
        let path = join(&path, "function");
        let function = object(tool.get("function").unwrap_or(&Value::Null), &path)?;
        only(function, &path, &["name", "description", "parameters", "strict"])?;
        boolean(function, &path, "strict")?;
        let tool_name = string(function, &path, "name")?;
        name(tool_name, &join(&path, "name"), 64)?;
        let schema = present(function, "parameters")
            .cloned()
            .unwrap_or_else(|| Value::Object(Map::new()));
        object(&schema, &join(&path, "parameters"))?;
        prompt.tools.push(Tool {
            name: tool_name.to_owned(),
            schema,
        });
    }
    let tools_needed = |key: &str| {
        Err(Refusal::invalid(
            key,
            format!("'{key}' is only allowed when 'tools' are specified."),
        ))
    };
    if let Some(parallel) = boolean(body, "", "parallel_tool_calls")? {
        prompt.parallel = parallel;
        if prompt.tools.is_empty() {
            return tools_needed("parallel_tool_calls");
        }
    }
    let Some(choice) = present(body, "tool_choice") else {
        return Ok(());
    };
    prompt.choice = match choice {
        Value::String(word) if word == "none" => Choice::None,
        Value::String(word) if word == "auto" => Choice::Auto,
        Value::String(word) if word == "required" => Choice::Required,
        Value::Object(named) if named.get("type").and_then(Value::as_str) == Some("function") => {
            only(named, "tool_choice", &["type", "function"])?;
            let function = object(
                named.get("function").unwrap_or(&Value::Null),
                "tool_choice.function",
            )?;
            Choice::Named(string(function, "tool_choice.function", "name")?.to_owned())
        }
        _ => return Err(Refusal::invalid("tool_choice", "Invalid value for 'tool_choice'")),
    };
    if prompt.tools.is_empty() {
        return tools_needed("tool_choice");
    }
    match &prompt.choice {
        Choice::Named(wanted) if !prompt.tools.iter().any(|tool| tool.name == *wanted) => {
            Err(Refusal::invalid(
                "tool_choice",
                "Tool choice names a function that is not in 'tools'.",
            ))
        }
        _ => Ok(()),
    }
}

fn format(body: &Map<String, Value>, prompt: &mut Prompt) -> Checked {
    let Some(format) = present(body, "response_format") else {
        return Ok(());
    };
    let format = object(format, "response_format")?;
    match string(format, "response_format", "type")? {
        "text" => only(format, "response_format", &["type"]),
        "json_object" => {
            prompt.schema =
                Some(serde_json::json!({"type": "object", "properties": {"answer": {"type": "string"}}}));
            only(format, "response_format", &["type"])
        }
        "json_schema" => {
            only(format, "response_format", &["type", "json_schema"])?;
            let path = "response_format.json_schema";
            let schema = object(format.get("json_schema").unwrap_or(&Value::Null), path)?;
            only(schema, path, &["name", "description", "schema", "strict"])?;
            boolean(schema, path, "strict")?;
            name(string(schema, path, "name")?, &join(path, "name"), 64)?;
            prompt.schema = Some(schema.get("schema").cloned().unwrap_or_default());
            Ok(())
        }
        _ => Err(Refusal::invalid("response_format.type", "Invalid value")),
    }
}

fn messages(body: &Map<String, Value>, flavor: Flavor, prompt: &mut Prompt) -> Checked {
    let messages = list(body, "messages")?;
    if messages.is_empty() {
        return Err(Refusal::invalid("messages", "Invalid 'messages': empty array."));
    }
    let mut open_calls: Vec<String> = Vec::new();
    for (n, message) in messages.iter().enumerate() {
        let path = format!("messages[{n}]");
        let message = object(message, &path)?;
        let role = string(message, &path, "role")?;
        if role != "tool" && !open_calls.is_empty() {
            return Err(Refusal::invalid(
                path,
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
            ));
        }
        match role {
            "developer" if flavor == Flavor::Vllm => {
                return Err(Refusal::invalid(join(&path, "role"), "Unexpected message role."));
            }
            "system" | "developer" => {
                only(message, &path, &["role", "content", "name"])?;
                let text = content(message, &path, &["text"], prompt)?;
                if !prompt.system.is_empty() {
                    prompt.system.push('\n');
                }
                prompt.system.push_str(&text);
            }
            "user" => {
                only(message, &path, &["role", "content", "name"])?;
                let text = content(
                    message,
                    &path,
                    &["text", "image_url", "input_audio", "file"],
                    prompt,
                )?;
                prompt.turns += 1;
                prompt.last_text = text;
                prompt.results.clear();
            }
            "assistant" => {
                open_calls = assistant(message, &path, flavor, prompt)?;
                prompt.turns += 1;
                prompt.results.clear();
            }
            "tool" => {
                only(message, &path, &["role", "content", "tool_call_id"])?;
                let id = string(message, &path, "tool_call_id")?;
                let Some(at) = open_calls.iter().position(|open| open == id) else {
                    return Err(Refusal::invalid(
                        path,
                        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
                    ));
                };
                open_calls.remove(at);
                let text = content(message, &path, &["text"], prompt)?;
                prompt.results.push(ToolResult {
                    text,
                    is_error: false,
                });
            }
            _ => return Err(Refusal::invalid(join(&path, "role"), "Invalid value for 'role'")),
        }
    }
    if open_calls.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "messages",
        "Tool calls of the last assistant message have no answer.",
    ))
}

fn assistant(
    message: &Map<String, Value>,
    path: &str,
    flavor: Flavor,
    prompt: &mut Prompt,
) -> Checked<Vec<String>> {
    if flavor != Flavor::Vllm {
        only(
            message,
            path,
            &[
                "role",
                "content",
                "name",
                "refusal",
                "audio",
                "tool_calls",
                "function_call",
                "annotations",
            ],
        )?;
    }
    let calls = list(message, "tool_calls")?;
    if present(message, "content").is_some() {
        content(message, path, &["text", "refusal"], prompt)?;
    } else if calls.is_empty() && present(message, "refusal").is_none() {
        return Err(Refusal::invalid(
            join(path, "content"),
            "content or tool_calls must be provided",
        ));
    }
    let mut ids = Vec::new();
    for (n, call) in calls.iter().enumerate() {
        let path = format!("{path}.tool_calls[{n}]");
        let call = object(call, &path)?;
        only(call, &path, &["id", "type", "function"])?;
        word(call, &path, "type", &["function"])?;
        let function = object(
            call.get("function").unwrap_or(&Value::Null),
            &join(&path, "function"),
        )?;
        only(function, &path, &["name", "arguments"])?;
        name(string(function, &path, "name")?, &path, 64)?;
        prompt.count(string(function, &path, "arguments")?);
        ids.push(string(call, &path, "id")?.to_owned());
    }
    Ok(ids)
}

fn content(message: &Map<String, Value>, path: &str, kinds: &[&str], prompt: &mut Prompt) -> Checked<String> {
    let path = join(path, "content");
    let parts = match message.get("content") {
        Some(Value::String(text)) => {
            prompt.count(text);
            return Ok(text.clone());
        }
        Some(Value::Array(parts)) => parts,
        _ => return Err(Refusal::invalid(path, "Invalid type for 'content'")),
    };
    let mut texts: Vec<&str> = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let path = format!("{path}[{n}]");
        let part = object(part, &path)?;
        let kind = string(part, &path, "type")?;
        if !kinds.contains(&kind) {
            return Err(Refusal::invalid(
                join(&path, "type"),
                format!("Invalid value: '{kind}'"),
            ));
        }
        only(part, &path, &["type", kind, "prompt_cache_breakpoint"])?;
        if present(part, "prompt_cache_breakpoint").is_some() {
            prompt.cache_marks += 1;
        }
        match kind {
            "text" | "refusal" => {
                let text = string(part, &path, kind)?;
                prompt.count(text);
                texts.push(text);
            }
            "image_url" => {
                let path = join(&path, "image_url");
                let image = object(part.get("image_url").unwrap_or(&Value::Null), &path)?;
                only(image, &path, &["url", "detail"])?;
                word(image, &path, "detail", &["auto", "low", "high", "original"])?;
                prompt
                    .images
                    .push(picture(string(image, &path, "url")?, &join(&path, "url"))?);
            }
            _ => {
                object(part.get(kind).unwrap_or(&Value::Null), &path)?;
            }
        }
    }
    Ok(texts.join("\n"))
}

fn picture(url: &str, path: &str) -> Checked<String> {
    if let Some(data) = url.strip_prefix("data:") {
        let (media, data) = data
            .split_once(";base64,")
            .filter(|(media, _)| media.starts_with("image/"))
            .ok_or_else(|| {
                Refusal::invalid(path, "Expected a base64-encoded data URL with an image MIME type")
            })?;
        return Ok(format!(
            "{media},{}B",
            crate::provider::check::base64(data, path)?
        ));
    }
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(url.to_owned());
    }
    Err(Refusal::invalid(path, "Invalid image URL"))
}

fn list<'a>(object: &'a Map<String, Value>, key: &str) -> Checked<&'a [Value]> {
    match present(object, key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(Refusal::invalid(key, "Input should be an array")),
    }
}
