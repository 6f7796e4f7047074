//! From Anthropic's wire form to the neutral form.

use std::borrow::Cow;

use penstock_chat::Tokens;
use penstock_chat::anthropic::request as wire;
use penstock_chat::neutral::request::{
    CacheMark, Effort, Part, Reasoning, ReasoningMode, Request, Role, ServiceTier, Source, Tool, ToolChoice,
    Turn,
};
use penstock_chat::shape::{Str, TextOr, Unknown};
use serde_json::value::RawValue;

use crate::loss::Losses;
use crate::request::{is_default, tokens};

const NOT_KNOWN: &str = "not known to the target's API";

/// Fields of Anthropic's that no other API has.
const ONLY_ANTHROPIC: &[(&str, &str)] = &[
    ("container", "containers are Anthropic's own"),
    ("context_management", "the target does not edit the context"),
    ("diagnostics", "the target gives no diagnostics"),
    ("inference_geo", "the target has no choice of region"),
    ("mcp_servers", "the target calls no MCP servers"),
    ("speed", "the target has no choice of speed"),
    ("user_profile_id", "profiles are Anthropic's own"),
    ("workspace_id", "workspaces are Anthropic's own"),
];

/// Reads a checked request.
pub fn read<'a>(wire: wire::Request<'a>, losses: &mut Losses) -> Request<'a> {
    for Unknown { name, .. } in wire.unknown.iter().filter(|unknown| !is_default(unknown.value)) {
        match ONLY_ANTHROPIC.iter().find(|(known, _)| *known == &**name) {
            Some((known, reason)) => losses.field(*known, reason),
            None => losses.unknown("", name, NOT_KNOWN),
        }
    }
    if wire.cache_control.is_some() {
        losses.field("cache_control", "the target caches on its own");
    }
    note(
        wire.output_config.iter().flat_map(|config| &config.unknown),
        "output_config",
        losses,
    );
    note(
        wire.metadata.iter().flat_map(|metadata| &metadata.unknown),
        "metadata",
        losses,
    );
    note(
        wire.thinking.iter().flat_map(|thinking| &thinking.unknown),
        "thinking",
        losses,
    );
    let mut request = Request {
        stream: wire.stream.unwrap_or(false),
        max_output_tokens: wire.max_tokens.map(tokens),
        temperature: wire.temperature,
        top_p: wire.top_p,
        top_k: wire.top_k.and_then(|k| u64::try_from(k).ok()).filter(|k| *k > 0),
        user: wire
            .metadata
            .and_then(|metadata| metadata.user_id)
            .map(|user| user.0),
        ..Request::default()
    };
    request.stop = wire
        .stop_sequences
        .into_iter()
        .flat_map(|list| list.0)
        .map(|stop| stop.0)
        .collect();
    request.service_tier = wire.service_tier.map(|tier| match &*tier {
        "standard_only" => ServiceTier::Standard,
        _ => ServiceTier::Auto,
    });
    (request.tool_choice, request.parallel_tool_calls) = choice(wire.tool_choice);
    let (effort, format) = wire
        .output_config
        .map_or((None, None), |config| (config.effort, config.format));
    request.output_schema = format.or(wire.output_format).and_then(|format| format.schema);
    request.reasoning = reasoning(wire.thinking, effort, losses);
    for tool in wire.tools.into_iter().flat_map(|tools| tools.0) {
        request.tools.extend(self::tool(tool, losses));
    }
    let mut conversation = Conversation { request, losses };
    conversation.request.system = wire
        .system
        .map(|system| conversation.content(system))
        .unwrap_or_default();
    for message in wire.messages.into_iter().flat_map(|messages| messages.0) {
        conversation.message(message);
    }
    conversation.request
}

fn note<'u>(unknown: impl IntoIterator<Item = &'u Unknown<'u>>, parent: &str, losses: &mut Losses) {
    for Unknown { name, value } in unknown {
        if !is_default(value) {
            losses.unknown(parent, name, NOT_KNOWN);
        }
    }
}

fn choice(choice: Option<wire::ToolChoice<'_>>) -> (Option<ToolChoice<'_>>, Option<bool>) {
    let Some(choice) = choice else { return (None, None) };
    let parallel = choice.disable_parallel_tool_use.map(|disabled| !disabled);
    let neutral = match choice.kind.as_deref().unwrap_or_default() {
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Tool(choice.name.unwrap_or_default().0),
        _ => ToolChoice::Auto,
    };
    (Some(neutral), parallel)
}

fn reasoning(
    thinking: Option<wire::Thinking<'_>>,
    effort: Option<Str<'_>>,
    losses: &mut Losses,
) -> Reasoning {
    let effort = effort.and_then(|name| {
        let effort = Effort::named(&name);
        if effort.is_none() {
            losses.field("output_config.effort", "not an effort that Penstock knows");
        }
        effort
    });
    let mode = match thinking.as_ref().and_then(|thinking| thinking.kind.as_deref()) {
        None => ReasoningMode::Unset,
        Some("disabled") => ReasoningMode::Off,
        Some("enabled") => {
            let budget = thinking
                .and_then(|thinking| thinking.budget_tokens)
                .map_or(Tokens(0), tokens);
            ReasoningMode::Budget(budget)
        }
        Some("between_tools") => {
            losses.field("thinking.type", "the target chooses when it reasons");
            ReasoningMode::Adaptive
        }
        Some(_) => ReasoningMode::Adaptive,
    };
    Reasoning { mode, effort }
}

fn tool<'a>(tool: wire::Tool<'a>, losses: &mut Losses) -> Option<Tool<'a>> {
    if tool.kind.as_deref().is_some_and(|kind| kind != "custom") {
        losses.field("tools[].type", "a tool that Anthropic runs or defines; not sent");
        return None;
    }
    note(&tool.unknown, "tools[]", losses);
    Some(Tool {
        name: tool.name.unwrap_or_default().0,
        description: tool.description.map(|text| text.0),
        schema: tool.input_schema,
        strict: tool.strict,
        cache: cache_mark(tool.cache_control),
    })
}

fn cache_mark(control: Option<&RawValue>) -> CacheMark<'_> {
    control.map_or(CacheMark::None, |control| CacheMark::Control(control.get()))
}

/// The request as far as its messages are read.
struct Conversation<'a, 'l> {
    request: Request<'a>,
    losses: &'l mut Losses,
}

impl<'a> Conversation<'a, '_> {
    fn message(&mut self, message: wire::Message<'a>) {
        note(&message.unknown, "messages[]", self.losses);
        let role = message.role.unwrap_or_default();
        let parts = message
            .content
            .map(|content| self.content(content))
            .unwrap_or_default();
        for part in parts {
            match (&*role, part) {
                ("assistant", part) => self.push(Role::Assistant, part),
                ("system", Part::Text { text, cache }) => {
                    if cache != CacheMark::None {
                        self.losses.field(
                            "messages[].content[].cache_control",
                            "the target caches on its own",
                        );
                    }
                    self.push(Role::User, Part::Instruction { text });
                }
                (_, part) => self.push(Role::User, part),
            }
        }
    }

    fn push(&mut self, role: Role, part: Part<'a>) {
        match self.request.turns.last_mut() {
            Some(turn) if turn.role == role => turn.parts.push(part),
            _ => self.request.turns.push(Turn {
                role,
                parts: vec![part],
            }),
        }
    }

    fn content(&mut self, content: TextOr<'a, wire::Block<'a>>) -> Vec<Part<'a>> {
        match content {
            TextOr::Text(text) if text.is_empty() => Vec::new(),
            TextOr::Text(text) => vec![Part::Text {
                text: text.0,
                cache: CacheMark::None,
            }],
            TextOr::List(blocks) => blocks.into_iter().filter_map(|block| self.block(block)).collect(),
        }
    }

    fn block(&mut self, block: wire::Block<'a>) -> Option<Part<'a>> {
        let cache = cache_mark(block.cache_control);
        let kind = block.kind.unwrap_or_default();
        match &*kind {
            "text" | "image" | "document" | "tool_use" | "tool_result" => {
                note(&block.unknown, "messages[].content[]", self.losses);
            }
            _ => {}
        }
        match &*kind {
            "text" => text(block.text, cache),
            "image" => self.image(block.source, cache),
            "document" => self.document(block.source, block.title, cache),
            "thinking" => Some(Part::Thinking {
                text: block.thinking.unwrap_or_default().0,
                signature: block
                    .signature
                    .map(|signature| signature.0)
                    .filter(|signature| !signature.is_empty()),
            }),
            "redacted_thinking" => Some(Part::RedactedThinking {
                data: block.data.unwrap_or_default().0,
            }),
            "tool_use" => Some(Part::ToolCall {
                id: block.id.unwrap_or_default().0,
                name: block.name.unwrap_or_default().0,
                arguments: Cow::Borrowed(block.input.map_or("{}", RawValue::get)),
                cache,
            }),
            "tool_result" => Some(Part::ToolResult {
                id: block.tool_use_id.unwrap_or_default().0,
                content: self.result(block.content),
                is_error: block.is_error.unwrap_or(false),
                cache,
            }),
            other => {
                self.losses
                    .unknown("messages[].content[]", other, "Anthropic's own; not sent");
                None
            }
        }
    }

    fn result(&mut self, content: Option<wire::ResultContent<'a>>) -> Vec<Part<'a>> {
        match content {
            Some(wire::ResultContent::Text(content)) => {
                text(Some(content), CacheMark::None).into_iter().collect()
            }
            Some(wire::ResultContent::Blocks(blocks)) => blocks
                .into_iter()
                .filter_map(|block| self.result_block(block))
                .collect(),
            Some(wire::ResultContent::Other) | None => Vec::new(),
        }
    }

    fn result_block(&mut self, block: wire::ResultBlock<'a>) -> Option<Part<'a>> {
        let cache = cache_mark(block.cache_control);
        let kind = block.kind.unwrap_or_default();
        match &*kind {
            "text" | "image" | "document" => {
                note(&block.unknown, "messages[].content[].content[]", self.losses)
            }
            _ => {}
        }
        match &*kind {
            "text" => text(block.text, cache),
            "image" => self.image(block.source, cache),
            "document" => self.document(block.source, block.title, cache),
            other => {
                self.losses.unknown(
                    "messages[].content[].content[]",
                    other,
                    "Anthropic's own; not sent",
                );
                None
            }
        }
    }

    fn image(&mut self, source: Option<wire::Source<'a>>, cache: CacheMark<'a>) -> Option<Part<'a>> {
        let source = self.source(object(source)?)?;
        Some(Part::Image { source, cache })
    }

    fn document(
        &mut self,
        source: Option<wire::Source<'a>>,
        title: Option<Str<'a>>,
        cache: CacheMark<'a>,
    ) -> Option<Part<'a>> {
        let source = object(source)?;
        if source.kind.as_deref() != Some("text") {
            let source = self.source(source)?;
            return Some(Part::Document {
                source,
                name: title.map(|title| title.0),
                cache,
            });
        }
        // Plain text is as good as a text part, its title in front.
        let data = source.data.unwrap_or_default();
        let whole = match title {
            Some(title) => Str(Cow::Owned(format!("{}\n\n{}", &*title, &*data))),
            None => data,
        };
        text(Some(whole), cache)
    }

    fn source(&mut self, source: wire::SourceObject<'a>) -> Option<Source<'a>> {
        match source.kind.as_deref() {
            Some("url") => Some(Source::Url(source.url.unwrap_or_default().0)),
            Some("base64") => Some(Source::Base64 {
                media_type: source.media_type.unwrap_or_default().0,
                data: source.data.unwrap_or_default().0,
            }),
            _ => {
                self.losses.field(
                    "messages[].content[].source.type",
                    "held at Anthropic or nested; not sent",
                );
                None
            }
        }
    }
}

fn text<'a>(text: Option<Str<'a>>, cache: CacheMark<'a>) -> Option<Part<'a>> {
    let text = text.filter(|text| !text.is_empty())?.0;
    Some(Part::Text { text, cache })
}

fn object(source: Option<wire::Source<'_>>) -> Option<wire::SourceObject<'_>> {
    match source? {
        wire::Source::Object(object) => Some(*object),
        wire::Source::Name(_) => None,
    }
}
