//! From OpenAI's wire form to the neutral form.

mod conversation;

use penstock_chat::neutral::request::{
    CacheMark, Effort, Reasoning, ReasoningMode, Request, ServiceTier, Tool, ToolChoice,
};
use penstock_chat::openai::request as wire;
use penstock_chat::shape::{TextOr, Unknown};
use serde_json::value::RawValue;

use self::conversation::Conversation;
use super::check::{Choice, tool_choice};
use crate::loss::Losses;
use crate::request::{is_default, tokens};

const NOT_KNOWN: &str = "not known to the target's API";

/// Fields of OpenAI's that no other API has, and what their absence means.
const ONLY_OPENAI: &[(&str, &str)] = &[
    ("audio", "the target writes no audio"),
    ("frequency_penalty", "the target has no penalties"),
    ("function_call", "deprecated; use tool_choice"),
    ("functions", "deprecated; use tools"),
    ("logit_bias", "the target has no token biases"),
    ("logprobs", "the target tells no log probabilities"),
    ("metadata", "the target keeps no metadata"),
    ("modalities", "the target writes text only"),
    ("moderation", "the target has no moderation option"),
    ("prediction", "the target takes no predicted output"),
    ("presence_penalty", "the target has no penalties"),
    ("prompt_cache_key", "the target's cache takes no key"),
    (
        "prompt_cache_options",
        "the target's cache is asked by marks on parts",
    ),
    (
        "prompt_cache_retention",
        "the target's cache is asked by marks on parts",
    ),
    ("seed", "the target cannot repeat its sampling"),
    ("store", "the target stores no completions"),
    ("top_logprobs", "the target tells no log probabilities"),
    ("verbosity", "the target has no verbosity option"),
    ("web_search_options", "the target's web search is another tool"),
];

/// Reads a checked request.
pub fn read<'a>(wire: wire::Request<'a>, losses: &mut Losses) -> Request<'a> {
    top_level_losses(&wire, losses);
    let (tool_choice, allowed) = choice(&wire, losses);
    let mut request = Request {
        stream: wire.stream.unwrap_or(false),
        tool_choice,
        parallel_tool_calls: wire.parallel_tool_calls,
        max_output_tokens: wire.max_completion_tokens.or(wire.max_tokens).map(tokens),
        temperature: wire.temperature,
        top_p: wire.top_p,
        top_k: wire.top_k.and_then(|k| u64::try_from(k).ok()).filter(|k| *k > 0),
        reasoning: reasoning(wire.reasoning_effort.as_deref(), losses),
        service_tier: service_tier(wire.service_tier.as_deref(), losses),
        ..Request::default()
    };
    request.stop = match wire.stop {
        Some(TextOr::Text(stop)) => vec![stop.0],
        Some(TextOr::List(list)) => list.into_iter().map(|stop| stop.0).collect(),
        None => Vec::new(),
    };
    request.user = match (wire.safety_identifier, wire.user) {
        (Some(identifier), user) => {
            if user.is_some_and(|user| user != identifier) {
                losses.field("user", "safety_identifier is sent instead");
            }
            Some(identifier.0)
        }
        (None, user) => user.map(|user| user.0),
    };
    let offered = |tool: &Tool<'_>| {
        allowed
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| *name == tool.name))
    };
    let tools = wire.tools.into_iter().flat_map(|tools| tools.0);
    request.tools = tools
        .filter_map(|tool| self::tool(tool, losses))
        .filter(offered)
        .collect();
    request.output_schema = wire
        .response_format
        .and_then(|format| output_schema(format, losses));
    let mut conversation = Conversation { request, losses };
    for message in wire.messages.into_iter().flat_map(|messages| messages.0) {
        conversation.message(message);
    }
    conversation.request
}

fn top_level_losses(wire: &wire::Request<'_>, losses: &mut Losses) {
    for Unknown { name, value } in &wire.unknown {
        if is_default(value) || (&**name == "modalities" && !value.get().contains("audio")) {
            continue;
        }
        match ONLY_OPENAI.iter().find(|(known, _)| *known == &**name) {
            Some((known, reason)) => losses.field(*known, reason),
            None => losses.unknown("", name, NOT_KNOWN),
        }
    }
    if wire.n.is_some_and(|n| n > 1) {
        losses.field("n", "the target writes one answer");
    }
    // `include_usage` is the client's affair: the stream is translated back with or without it.
    for Unknown { name, value } in wire.stream_options.iter().flat_map(|options| &options.unknown) {
        if !is_default(value) {
            losses.unknown("stream_options", name, NOT_KNOWN);
        }
    }
}

/// The neutral choice, and the names of the tools to offer where not all are.
fn choice<'a>(
    wire: &wire::Request<'a>,
    losses: &mut Losses,
) -> (Option<ToolChoice<'a>>, Option<Vec<String>>) {
    // The check has read it once, so no error is left.
    match tool_choice(wire).ok().flatten() {
        None => (None, None),
        Some(Choice::Word(word)) => (Some(mode(&word)), None),
        Some(Choice::Object(object)) => {
            if let Some(name) = object.function.and_then(|function| function.name) {
                return (Some(ToolChoice::Tool(name.0)), None);
            }
            let Some(allowed) = object.allowed_tools else {
                losses.field("tool_choice", "custom tools are not known to the target's API");
                return (None, None);
            };
            let references = allowed.tools.into_iter().flat_map(|tools| tools.0);
            let names = references
                .filter_map(|tool| Some(tool.function?.name?.to_string()))
                .collect();
            (allowed.mode.as_deref().map(mode), Some(names))
        }
    }
}

fn mode(word: &str) -> ToolChoice<'static> {
    match word {
        "none" => ToolChoice::None,
        "required" => ToolChoice::Required,
        _ => ToolChoice::Auto,
    }
}

fn reasoning(effort: Option<&str>, losses: &mut Losses) -> Reasoning {
    match effort {
        None => Reasoning::default(),
        Some("none") => Reasoning {
            mode: ReasoningMode::Off,
            effort: None,
        },
        Some(name) => {
            let effort = Effort::named(name);
            if effort.is_none() {
                losses.field("reasoning_effort", "not an effort that Penstock knows");
            }
            Reasoning {
                mode: effort.map_or(ReasoningMode::Unset, |_| ReasoningMode::Adaptive),
                effort,
            }
        }
    }
}

fn service_tier(tier: Option<&str>, losses: &mut Losses) -> Option<ServiceTier> {
    match tier? {
        "auto" => Some(ServiceTier::Auto),
        "default" => Some(ServiceTier::Standard),
        _ => {
            losses.field(
                "service_tier",
                "the target has only automatic and standard capacity",
            );
            None
        }
    }
}

fn output_schema<'a>(format: wire::ResponseFormat<'a>, losses: &mut Losses) -> Option<&'a RawValue> {
    match format.kind.as_deref() {
        Some("json_object") => {
            losses.field("response_format", "the target writes JSON only to a schema");
            None
        }
        Some("json_schema") => {
            let format = format.json_schema?;
            if format.description.is_some() {
                losses.field("response_format.json_schema.description", NOT_KNOWN);
            }
            if format.schema.is_none() {
                losses.field("response_format", "the target writes JSON only to a schema");
            }
            format.schema
        }
        _ => None,
    }
}

fn tool<'a>(tool: wire::Tool<'a>, losses: &mut Losses) -> Option<Tool<'a>> {
    let Some(function) = tool.function else {
        losses.field("tools[].custom", "custom tools are not known to the target's API");
        return None;
    };
    note(&function.unknown, "tools[].function", losses);
    note(&tool.unknown, "tools[]", losses);
    Some(Tool {
        name: function.name.unwrap_or_default().0,
        description: function.description.map(|text| text.0),
        schema: function.parameters,
        strict: function.strict,
        cache: cache_mark(tool.cache_control, None),
    })
}

fn note(unknown: &[Unknown<'_>], parent: &str, losses: &mut Losses) {
    for Unknown { name, value } in unknown {
        // Streams number their calls, and clients send the number back.
        let is_position = &**name == "index" && parent.ends_with("tool_calls[]");
        if !is_default(value) && !is_position {
            losses.unknown(parent, name, NOT_KNOWN);
        }
    }
}

fn cache_mark<'a>(control: Option<&'a RawValue>, breakpoint: Option<&'a RawValue>) -> CacheMark<'a> {
    match (control, breakpoint) {
        (Some(control), _) if control.get().starts_with('{') => CacheMark::Control(control.get()),
        (_, Some(_)) => CacheMark::Marked,
        _ => CacheMark::None,
    }
}
