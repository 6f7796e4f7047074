//! The hash of the neutral form, without what is told apart in other ways: the text of the last turn, the limit on output
//! tokens, and what does not bear on the answer.

use penstock_chat::neutral::request::{
    Part, Reasoning, ReasoningMode, Request, Role, Source, Tool, ToolChoice, Turn,
};

use super::hash::Hash;

pub(super) fn write(request: &Request<'_>, before: &[Turn<'_>], last: &Turn<'_>, hash: &mut Hash) {
    hash.list(request.system.iter(), part);
    hash.list(before.iter(), turn);
    last_turn(last, hash);
    hash.list(request.tools.iter(), tool);
    hash.option(request.tool_choice.as_ref(), tool_choice);
    hash.option(request.parallel_tool_calls, |hash, parallel| {
        hash.number(parallel.into());
    });
    hash.list(request.stop.iter(), |hash, stop| {
        hash.text(stop);
    });
    hash.option(request.temperature, real);
    hash.option(request.top_p, real);
    hash.option(request.top_k, |hash, k| {
        hash.number(k);
    });
    reasoning(request.reasoning, hash);
    hash.option(request.output_schema, |hash, schema| {
        hash.json(schema.get());
    });
}

fn real(hash: &mut Hash, value: f64) {
    // Of the two zeros, one.
    hash.number((value + 0.0).to_bits());
}

/// What the user said last is not hashed, only where it stands among the instructions. Texts before an instruction that
/// is followed by others are hashed: where one ends and the next begins would be lost in the text.
fn last_turn(turn: &Turn<'_>, hash: &mut Hash) {
    let is_text = |part: &Part<'_>| matches!(part, Part::Text { .. });
    let end = turn.parts.iter().rposition(is_text).unwrap_or_default();
    let parts = turn.parts.iter().take(end);
    let start = parts
        .rev()
        .position(|part| !is_text(part))
        .map_or(0, |back| end - back);
    for (place, part) in turn.parts.iter().enumerate() {
        match place {
            _ if place == start => drop(hash.text("said")),
            _ if start < place && place <= end => {}
            _ => self::part(hash, part),
        }
    }
    hash.text("end");
}

fn turn(hash: &mut Hash, turn: &Turn<'_>) {
    hash.text(match turn.role {
        Role::User => "user",
        Role::Assistant => "assistant",
    });
    hash.list(turn.parts.iter(), part);
}

fn part(hash: &mut Hash, part: &Part<'_>) {
    match part {
        Part::Text { text, .. } => hash.text("text").text(text),
        Part::Instruction { text } => hash.text("instruction").text(text),
        Part::Image { source, .. } => {
            self::source(hash.text("image"), source);
            hash
        }
        Part::Document { source, name, .. } => {
            self::source(hash.text("document"), source);
            hash.option(name.as_ref(), |hash, name| {
                hash.text(name);
            })
        }
        Part::Thinking { text, signature } => {
            hash.text("thinking").text(text);
            hash.option(signature.as_ref(), |hash, signature| {
                hash.text(signature);
            })
        }
        Part::RedactedThinking { data } => hash.text("redacted thinking").text(data),
        Part::ToolCall {
            id, name, arguments, ..
        } => hash.text("tool call").text(id).text(name).json(arguments),
        Part::ToolResult {
            id,
            content,
            is_error,
            ..
        } => {
            hash.text("tool result").text(id).number((*is_error).into());
            hash.list(content.iter(), self::part)
        }
    };
}

fn source(hash: &mut Hash, source: &Source<'_>) {
    match source {
        Source::Url(url) => hash.text("url").text(url),
        Source::Base64 { media_type, data } => hash.text("base64").text(media_type).text(data),
    };
}

fn tool(hash: &mut Hash, tool: &Tool<'_>) {
    hash.text(&tool.name);
    hash.option(tool.description.as_ref(), |hash, description| {
        hash.text(description);
    });
    hash.option(tool.schema, |hash, schema| {
        hash.json(schema.get());
    });
    hash.option(tool.strict, |hash, strict| {
        hash.number(strict.into());
    });
}

fn tool_choice(hash: &mut Hash, choice: &ToolChoice<'_>) {
    match choice {
        ToolChoice::Auto => hash.text("auto"),
        ToolChoice::None => hash.text("none"),
        ToolChoice::Required => hash.text("required"),
        ToolChoice::Tool(name) => hash.text("tool").text(name),
    };
}

fn reasoning(reasoning: Reasoning, hash: &mut Hash) {
    match reasoning.mode {
        ReasoningMode::Unset => hash.text("unset"),
        ReasoningMode::Off => hash.text("off"),
        ReasoningMode::Adaptive => hash.text("adaptive"),
        ReasoningMode::Budget(tokens) => hash.text("budget").number(tokens.0),
    };
    hash.option(reasoning.effort, |hash, effort| {
        hash.text(effort.as_str());
    });
}
