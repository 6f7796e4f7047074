//! The checks that types alone do not make.

use penstock_chat::anthropic::request::{Block, Message, Request, ResultBlock, ResultContent, Source, Tool};
use penstock_chat::shape::{TextOr, Unknown};

use crate::anthropic::error::THREAD_UNSUPPORTED;
use crate::request::{Inspected, InvalidRequest, in_range, is_default, object, required};

/// Block types of `ContentBlockParam` and `BetaContentBlockParam` (Python SDK 2.11, read 2026-11) that need no look
/// inside.
const OTHER_BLOCKS: &[&str] = &[
    "search_result",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "advisor_tool_result",
    "compaction",
    "fallback",
    "tool_addition",
    "tool_removal",
];

const BLOCKS: &str =
    "must be a content block type such as text, image, document, thinking, tool_use or tool_result";

/// Checks a whole request.
pub fn check(request: &Request<'_>) -> Result<(), InvalidRequest> {
    let top = String::new;
    let model = required(request.model.as_ref(), top, "model")?;
    if model.is_empty() {
        return Err(InvalidRequest::new("model", "must not be empty"));
    }
    let threaded = |unknown: &Unknown<'_>| &*unknown.name == "thread" && !is_default(unknown.value);
    if request.unknown.iter().any(threaded) {
        // Only the provider that holds a conversation could continue it, and the next attempt may go to another.
        return Err(InvalidRequest {
            code: Some(THREAD_UNSUPPORTED),
            ..InvalidRequest::new(
                "thread",
                "is not supported; send the whole conversation without it",
            )
        });
    }
    required(request.max_tokens.as_ref(), top, "max_tokens")?;
    in_range("max_tokens", request.max_tokens, 0, i64::from(u32::MAX))?;
    in_range("temperature", request.temperature, 0.0, 1.0)?;
    in_range("top_p", request.top_p, 0.0, 1.0)?;
    in_range("top_k", request.top_k, 0, i64::from(u32::MAX))?;
    let messages = required(request.messages.as_ref(), top, "messages")?;
    if messages.is_empty() {
        return Err(InvalidRequest::new("messages", "must hold at least one message"));
    }
    for (index, entry) in messages.iter().enumerate() {
        message(index, entry)?;
    }
    if let Some(TextOr::List(blocks)) = &request.system {
        for (index, entry) in blocks.iter().enumerate() {
            if entry.kind.as_deref().is_some_and(|kind| kind != "text") {
                return Err(InvalidRequest::new(
                    format!("system[{index}].type"),
                    "must be text",
                ));
            }
            block(entry, || format!("system[{index}]"))?;
        }
    }
    for (index, entry) in request.tools.iter().flat_map(|tools| tools.iter()).enumerate() {
        tool(index, entry)?;
    }
    options(request)
}

/// What a checked request tells the gateway.
pub fn inspected(request: Request<'_>) -> Inspected<'_> {
    Inspected {
        model: request.model.unwrap_or_default().0,
        stream: request.stream.unwrap_or(false),
        include_usage: true,
        choices: 1,
    }
}

fn options(request: &Request<'_>) -> Result<(), InvalidRequest> {
    if let Some(choice) = &request.tool_choice {
        let at = || "tool_choice".to_owned();
        match &**required(choice.kind.as_ref(), at, "type")? {
            "auto" | "any" | "none" => {}
            "tool" => drop(required(choice.name.as_ref(), at, "name")?),
            _ => {
                return Err(InvalidRequest::new(
                    "tool_choice.type",
                    "must be one of auto, any, tool, none",
                ));
            }
        }
    }
    if let Some(thinking) = &request.thinking {
        let at = || "thinking".to_owned();
        match &**required(thinking.kind.as_ref(), at, "type")? {
            "enabled" => {
                let budget = required(thinking.budget_tokens.as_ref(), at, "budget_tokens")?;
                in_range("thinking.budget_tokens", Some(*budget), 1, i64::from(u32::MAX))?;
            }
            "disabled" | "adaptive" | "between_tools" => {}
            _ => {
                let message = "must be one of enabled, disabled, adaptive, between_tools";
                return Err(InvalidRequest::new("thinking.type", message));
            }
        }
    }
    let config = request.output_config.as_ref();
    let formats = [
        (
            config.and_then(|config| config.format.as_ref()),
            "output_config.format",
        ),
        (request.output_format.as_ref(), "output_format"),
    ];
    for (format, path) in formats {
        let Some(format) = format else { continue };
        let at = || path.to_owned();
        if &**required(format.kind.as_ref(), at, "type")? != "json_schema" {
            return Err(InvalidRequest::new(format!("{path}.type"), "must be json_schema"));
        }
        required(format.schema.as_ref(), at, "schema")?;
        object(format.schema, at, "schema")?;
    }
    Ok(())
}

fn message(index: usize, message: &Message<'_>) -> Result<(), InvalidRequest> {
    let at = || format!("messages[{index}]");
    let role = required(message.role.as_ref(), at, "role")?;
    if !matches!(&**role, "user" | "assistant" | "system") {
        return Err(InvalidRequest::new(
            format!("messages[{index}].role"),
            "must be user, assistant or system",
        ));
    }
    match required(message.content.as_ref(), at, "content")? {
        TextOr::Text(_) => Ok(()),
        TextOr::List(blocks) => blocks.iter().enumerate().try_for_each(|(position, entry)| {
            let at = || format!("messages[{index}].content[{position}]");
            speaker(role, entry, at)?;
            block(entry, at)
        }),
    }
}

/// Some blocks only one side can say.
fn speaker(role: &str, block: &Block<'_>, at: impl Fn() -> String) -> Result<(), InvalidRequest> {
    let wanted = match block.kind.as_deref() {
        Some("tool_use" | "thinking" | "redacted_thinking") => "assistant",
        Some("tool_result" | "image" | "document") => "user",
        Some("text") | None => return Ok(()),
        Some(_) if role == "system" => "user or assistant",
        Some(_) => return Ok(()),
    };
    if wanted.contains(role) {
        return Ok(());
    }
    Err(InvalidRequest::new(
        format!("{}.type", at()),
        format!("only stands in a message of the {wanted}"),
    ))
}

fn block(block: &Block<'_>, at: impl Fn() -> String) -> Result<(), InvalidRequest> {
    match &**required(block.kind.as_ref(), &at, "type")? {
        "text" => required(block.text.as_ref(), at, "text").map(drop),
        "image" | "document" => source(required(block.source.as_ref(), &at, "source")?, at),
        "thinking" => {
            required(block.signature.as_ref(), &at, "signature")?;
            required(block.thinking.as_ref(), at, "thinking").map(drop)
        }
        "redacted_thinking" => required(block.data.as_ref(), at, "data").map(drop),
        "tool_use" => {
            required(block.id.as_ref(), &at, "id")?;
            required(block.name.as_ref(), &at, "name")?;
            required(block.input.as_ref(), &at, "input")?;
            object(block.input, at, "input")
        }
        "tool_result" => {
            required(block.tool_use_id.as_ref(), &at, "tool_use_id")?;
            match &block.content {
                Some(ResultContent::Blocks(blocks)) => {
                    blocks.iter().enumerate().try_for_each(|(index, entry)| {
                        result_block(entry, || format!("{}.content[{index}]", at()))
                    })
                }
                Some(ResultContent::Other) => {
                    let message = "must be a string or an array of blocks";
                    Err(InvalidRequest::new(format!("{}.content", at()), message))
                }
                Some(ResultContent::Text(_)) | None => Ok(()),
            }
        }
        kind if OTHER_BLOCKS.contains(&kind) => Ok(()),
        _ => Err(InvalidRequest::new(format!("{}.type", at()), BLOCKS)),
    }
}

fn result_block(block: &ResultBlock<'_>, at: impl Fn() -> String) -> Result<(), InvalidRequest> {
    match &**required(block.kind.as_ref(), &at, "type")? {
        "text" => required(block.text.as_ref(), at, "text").map(drop),
        "image" | "document" => source(required(block.source.as_ref(), &at, "source")?, at),
        "search_result" | "tool_reference" | "browser_state" => Ok(()),
        _ => {
            let message =
                "must be one of text, image, document, search_result, tool_reference, browser_state";
            Err(InvalidRequest::new(format!("{}.type", at()), message))
        }
    }
}

fn source(source: &Source<'_>, at: impl Fn() -> String) -> Result<(), InvalidRequest> {
    let at = || format!("{}.source", at());
    let Source::Object(source) = source else {
        return Err(InvalidRequest::new(at(), "must be an object"));
    };
    match &**required(source.kind.as_ref(), at, "type")? {
        "base64" | "text" => {
            required(source.media_type.as_ref(), at, "media_type")?;
            required(source.data.as_ref(), at, "data").map(drop)
        }
        "url" => required(source.url.as_ref(), at, "url").map(drop),
        "content" | "file" => Ok(()),
        _ => {
            let message = "must be one of base64, url, text, content, file";
            Err(InvalidRequest::new(format!("{}.type", at()), message))
        }
    }
}

fn tool(index: usize, tool: &Tool<'_>) -> Result<(), InvalidRequest> {
    let at = || format!("tools[{index}]");
    if tool.kind.as_deref().is_some_and(|kind| kind != "custom") {
        return Ok(());
    }
    required(tool.name.as_ref(), at, "name")?;
    required(tool.input_schema.as_ref(), at, "input_schema")?;
    object(tool.input_schema, at, "input_schema")
}
