//! Fits an Anthropic request to an Anthropic target by editing its bytes.

use penstock_chat::Tokens;
use penstock_chat::anthropic::request as wire;
use penstock_chat::neutral::request::{Effort, Reasoning, ReasoningMode};

use super::model::{Traits, traits};
use super::thinking::{Thinking, plan};
use super::unsigned;
use crate::json::{self, Edit, Object};
use crate::loss::{Feature, Losses};
use crate::request::{output_limit, parse, tokens};
use crate::target::Target;

pub fn edit(object: &Object<'_>, target: &Target<'_>, losses: &mut Losses) -> Vec<u8> {
    let traits = traits(target.model);
    let mut edit = Edit::new(object);
    edit.set("model", json::quote(target.model));
    if !traits.sampling {
        let fields = [
            ("temperature", Feature::Temperature),
            ("top_p", Feature::TopP),
            ("top_k", Feature::TopK),
        ];
        for (name, feature) in fields {
            if object.has(name) {
                losses.feature(feature, "the target's model takes no sampling parameters");
            }
            edit.remove(name);
        }
    }
    let asked = object
        .get("max_tokens")
        .and_then(|raw| raw.get().parse().ok())
        .map(tokens);
    let limit = asked.map(|asked| output_limit(asked, target, losses));
    if let Some(Tokens(limit)) = limit.filter(|_| limit != asked) {
        edit.set("max_tokens", limit.to_string());
    }
    let signed = object.get("messages").and_then(unsigned::without);
    let room = Room {
        limit,
        lowered: limit != asked,
        thoughtless_calls: signed.as_ref().is_some_and(|signed| signed.thoughtless_calls),
    };
    if let Some(signed) = signed {
        losses.feature(
            Feature::Thinking,
            "reasoning without a signature is not taken back",
        );
        edit.set("messages", signed.messages);
    }
    let effort = effort(object, &mut edit, traits, losses);
    thinking(object, &mut edit, effort, &room, traits, losses);
    edit.apply()
}

/// The effort, which generations without adaptive thinking do not take.
fn effort(
    object: &Object<'_>,
    edit: &mut Edit<'_, '_>,
    traits: Traits,
    losses: &mut Losses,
) -> Option<Effort> {
    let config = Object::parse_checked(object.get("output_config")?.get()).ok()?;
    let effort = json::string(config.get("effort")?).and_then(|name| Effort::named(&name));
    if !traits.adaptive_thinking {
        losses.feature(Feature::Effort, "the target's model takes no effort");
        let mut inner = Edit::new(&config);
        inner.remove("effort");
        if config.iter().len() == 1 {
            edit.remove("output_config");
        } else {
            edit.set(
                "output_config",
                String::from_utf8(inner.apply()).unwrap_or_default(),
            );
        }
    }
    effort
}

/// What the rest of the request leaves for thinking.
struct Room {
    /// `max_tokens` as sent.
    limit: Option<Tokens>,
    /// That is less than the client's.
    lowered: bool,
    /// The conversation's last calls have lost the thinking that a budget demands before them.
    thoughtless_calls: bool,
}

/// Gives `thinking` the form that the target's generation takes; a form that it takes stays as it is.
fn thinking(
    object: &Object<'_>,
    edit: &mut Edit<'_, '_>,
    effort: Option<Effort>,
    room: &Room,
    traits: Traits,
    losses: &mut Losses,
) {
    let Some(wire) = object
        .get("thinking")
        .and_then(|raw| parse::<wire::Thinking<'_>>(raw.get()).ok())
    else {
        return;
    };
    let budget = wire.budget_tokens.map_or(Tokens(0), tokens);
    let has_budget = wire.kind.as_deref() == Some("enabled");
    let wants_budget = match wire.kind.as_deref() {
        Some("enabled") => traits.thinking_budget,
        Some("adaptive" | "between_tools") => !traits.adaptive_thinking,
        _ => false,
    };
    if wants_budget && room.thoughtless_calls {
        losses.feature(
            Feature::Reasoning,
            "the conversation lacks the thinking of its last tool calls",
        );
        return edit.remove("thinking");
    }
    let crowded = room.lowered && room.limit.is_some_and(|limit| budget >= limit);
    let mode = match wire.kind.as_deref() {
        Some("enabled") if !traits.thinking_budget || crowded => ReasoningMode::Budget(budget),
        Some("disabled") if !traits.thinking_budget => ReasoningMode::Off,
        Some("adaptive" | "between_tools") if !traits.adaptive_thinking => ReasoningMode::Adaptive,
        _ => return,
    };
    let plan = plan(Reasoning { mode, effort }, room.limit, None, traits, losses);
    match plan.thinking {
        Thinking::Unset => edit.remove("thinking"),
        Thinking::Adaptive => edit.set("thinking", r#"{"type":"adaptive"}"#),
        Thinking::Budget(budget) => {
            let reason = match has_budget {
                true => "the budget is lowered with the output limit",
                false => "sent with a budget, as the target's model takes no other form",
            };
            losses.feature(Feature::Reasoning, reason);
            edit.set(
                "thinking",
                format!(r#"{{"type":"enabled","budget_tokens":{budget}}}"#),
            );
        }
    }
}
