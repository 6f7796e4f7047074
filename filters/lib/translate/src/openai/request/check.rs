//! The checks that types alone do not make.

use penstock_chat::openai::request::{Message, Part, Request, Tool, ToolCall, ToolChoice};
use penstock_chat::shape::{Str, TextOr};

use crate::request::{Inspected, InvalidRequest, in_range, object, parse, required};

const ROLES: &str = "must be one of system, developer, user, assistant, tool, function";
const PARTS: &str = "must be one of text, image_url, input_audio, file, refusal, video_url, audio_url";
const TOOL_CHOICES: &str =
    "must be none, auto, required, or an object of type function, custom or allowed_tools";

/// Checks a whole request.
pub fn check(request: &Request<'_>) -> Result<(), InvalidRequest> {
    let top = String::new;
    let model = required(request.model.as_ref(), top, "model")?;
    if model.is_empty() {
        return Err(InvalidRequest::new("model", "must not be empty"));
    }
    let messages = required(request.messages.as_ref(), top, "messages")?;
    if messages.is_empty() {
        return Err(InvalidRequest::new("messages", "must hold at least one message"));
    }
    for (index, entry) in messages.iter().enumerate() {
        message(index, entry)?;
    }
    for (index, entry) in request.tools.iter().flat_map(|tools| tools.iter()).enumerate() {
        tool(index, entry)?;
    }
    numbers(request)?;
    tool_choice(request)?;
    if let Some(format) = &request.response_format {
        let at = || "response_format".to_owned();
        match &**required(format.kind.as_ref(), at, "type")? {
            "text" | "json_object" => {}
            "json_schema" => {
                let schema = required(format.json_schema.as_ref(), at, "json_schema")?;
                let at = || "response_format.json_schema".to_owned();
                required(schema.name.as_ref(), at, "name")?;
                object(schema.schema, at, "schema")?;
            }
            _ => {
                let message = "must be one of text, json_object, json_schema";
                return Err(InvalidRequest::new("response_format.type", message));
            }
        }
    }
    Ok(())
}

/// What a checked request tells the gateway.
pub fn inspected(request: Request<'_>) -> Inspected<'_> {
    Inspected {
        model: request.model.unwrap_or_default().0,
        stream: request.stream.unwrap_or(false),
        include_usage: request
            .stream_options
            .and_then(|options| options.include_usage)
            .unwrap_or(false),
        choices: request.n.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
    }
}

fn numbers(request: &Request<'_>) -> Result<(), InvalidRequest> {
    in_range("temperature", request.temperature, 0.0, 2.0)?;
    in_range("top_p", request.top_p, 0.0, 1.0)?;
    // OpenAI's document, `n`: 1 to 128 (read 2026-11).
    in_range("n", request.n, 1, 128)?;
    in_range("max_tokens", request.max_tokens, 1, i64::from(u32::MAX))?;
    in_range(
        "max_completion_tokens",
        request.max_completion_tokens,
        1,
        i64::from(u32::MAX),
    )
}

fn message(index: usize, message: &Message<'_>) -> Result<(), InvalidRequest> {
    let at = || format!("messages[{index}]");
    let role = required(message.role.as_ref(), at, "role")?;
    if !matches!(
        &**role,
        "system" | "developer" | "user" | "assistant" | "tool" | "function"
    ) {
        return Err(InvalidRequest::new(format!("messages[{index}].role"), ROLES));
    }
    match &message.content {
        Some(TextOr::List(parts)) => {
            for (position, entry) in parts.iter().enumerate() {
                part(entry, || format!("messages[{index}].content[{position}]"))?;
            }
        }
        Some(TextOr::Text(_)) => {}
        None if matches!(&**role, "assistant" | "function") => {}
        None => {
            return Err(InvalidRequest::new(
                format!("messages[{index}].content"),
                "is required",
            ));
        }
    }
    if &**role == "tool" {
        required(message.tool_call_id.as_ref(), at, "tool_call_id")?;
    }
    for (position, call) in message
        .tool_calls
        .iter()
        .flat_map(|calls| calls.iter())
        .enumerate()
    {
        tool_call(call, || format!("messages[{index}].tool_calls[{position}]"))?;
    }
    for (position, block) in message
        .thinking_blocks
        .iter()
        .flat_map(|blocks| blocks.iter())
        .enumerate()
    {
        let at = || format!("messages[{index}].thinking_blocks[{position}]");
        match &**required(block.kind.as_ref(), at, "type")? {
            "thinking" => drop(required(block.thinking.as_ref(), at, "thinking")?),
            "redacted_thinking" => drop(required(block.data.as_ref(), at, "data")?),
            _ => {
                let message = "must be thinking or redacted_thinking";
                return Err(InvalidRequest::new(format!("{}.type", at()), message));
            }
        }
    }
    Ok(())
}

fn part(part: &Part<'_>, at: impl Fn() -> String) -> Result<(), InvalidRequest> {
    match &**required(part.kind.as_ref(), &at, "type")? {
        "text" => required(part.text.as_ref(), at, "text").map(drop),
        "refusal" => required(part.refusal.as_ref(), at, "refusal").map(drop),
        "image_url" => {
            let image = required(part.image_url.as_ref(), &at, "image_url")?;
            required(image.url.as_ref(), || format!("{}.image_url", at()), "url").map(drop)
        }
        "file" => required(part.file.as_ref(), at, "file").map(drop),
        "input_audio" | "video_url" | "audio_url" => Ok(()),
        _ => Err(InvalidRequest::new(format!("{}.type", at()), PARTS)),
    }
}

fn tool_call(call: &ToolCall<'_>, at: impl Fn() -> String) -> Result<(), InvalidRequest> {
    required(call.id.as_ref(), &at, "id")?;
    match call.kind.as_deref() {
        None | Some("function") => {
            let function = required(call.function.as_ref(), &at, "function")?;
            let at = || format!("{}.function", at());
            required(function.name.as_ref(), at, "name")?;
            required(function.arguments.as_ref(), at, "arguments").map(drop)
        }
        Some("custom") => {
            let custom = required(call.custom.as_ref(), &at, "custom")?;
            let at = || format!("{}.custom", at());
            required(custom.name.as_ref(), at, "name")?;
            required(custom.input.as_ref(), at, "input").map(drop)
        }
        Some(_) => Err(InvalidRequest::new(
            format!("{}.type", at()),
            "must be function or custom",
        )),
    }
}

fn tool(index: usize, tool: &Tool<'_>) -> Result<(), InvalidRequest> {
    let at = || format!("tools[{index}]");
    match &**required(tool.kind.as_ref(), at, "type")? {
        "function" => {
            let function = required(tool.function.as_ref(), at, "function")?;
            let at = || format!("tools[{index}].function");
            required(function.name.as_ref(), at, "name")?;
            object(function.parameters, at, "parameters")
        }
        "custom" => Ok(()),
        _ => Err(InvalidRequest::new(
            format!("tools[{index}].type"),
            "must be function or custom",
        )),
    }
}

/// Reads and checks `tool_choice`, which is a word or an object.
pub fn tool_choice<'a>(request: &Request<'a>) -> Result<Option<Choice<'a>>, InvalidRequest> {
    let Some(raw) = request.tool_choice else {
        return Ok(None);
    };
    let wrong = || InvalidRequest::new("tool_choice", TOOL_CHOICES);
    if raw.get().starts_with('"') {
        let word: Str<'a> = parse(raw.get())?;
        return match &*word {
            "none" | "auto" | "required" => Ok(Some(Choice::Word(word))),
            _ => Err(wrong()),
        };
    }
    if !raw.get().starts_with('{') {
        return Err(wrong());
    }
    let choice: ToolChoice<'a> = parse(raw.get()).map_err(|mut error| {
        error.field = Some(crate::request::join(
            "tool_choice",
            &error.field.unwrap_or_default(),
        ));
        error
    })?;
    let at = || "tool_choice".to_owned();
    match &**required(choice.kind.as_ref(), at, "type")? {
        "function" => {
            let function = required(choice.function.as_ref(), at, "function")?;
            required(
                function.name.as_ref(),
                || "tool_choice.function".to_owned(),
                "name",
            )?;
        }
        "allowed_tools" => {
            let allowed = required(choice.allowed_tools.as_ref(), at, "allowed_tools")?;
            let at = || "tool_choice.allowed_tools".to_owned();
            required(allowed.tools.as_ref(), at, "tools")?;
            if !matches!(
                &**required(allowed.mode.as_ref(), at, "mode")?,
                "auto" | "required"
            ) {
                return Err(InvalidRequest::new(
                    "tool_choice.allowed_tools.mode",
                    "must be auto or required",
                ));
            }
        }
        "custom" => {}
        _ => return Err(wrong()),
    }
    Ok(Some(Choice::Object(choice)))
}

/// `tool_choice` in either of its forms.
pub enum Choice<'a> {
    /// `none`, `auto` or `required`.
    Word(Str<'a>),
    /// An object.
    Object(ToolChoice<'a>),
}
