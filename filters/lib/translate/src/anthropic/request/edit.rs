//! Fits an Anthropic request to an Anthropic target by editing its bytes.

use penstock_chat::Tokens;
use penstock_chat::anthropic::request as wire;
use penstock_chat::neutral::request::{Effort, Reasoning, ReasoningMode};

use super::model::{Traits, traits};
use super::thinking::{Thinking, plan};
use crate::json::{self, Edit, Object};
use crate::loss::{Feature, Losses};
use crate::request::{parse, tokens};
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
    let effort = effort(object, &mut edit, traits, losses);
    thinking(object, &mut edit, effort, traits, losses);
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

/// Gives `thinking` the form that the target's generation takes; a form that it takes stays as it is.
fn thinking(
    object: &Object<'_>,
    edit: &mut Edit<'_, '_>,
    effort: Option<Effort>,
    traits: Traits,
    losses: &mut Losses,
) {
    let Some(wire) = object
        .get("thinking")
        .and_then(|raw| parse::<wire::Thinking<'_>>(raw.get()).ok())
    else {
        return;
    };
    let mode = match wire.kind.as_deref() {
        Some("enabled") if !traits.thinking_budget => {
            ReasoningMode::Budget(wire.budget_tokens.map_or(Tokens(0), tokens))
        }
        Some("disabled") if !traits.thinking_budget => ReasoningMode::Off,
        Some("adaptive" | "between_tools") if !traits.adaptive_thinking => ReasoningMode::Adaptive,
        _ => return,
    };
    let limit = object
        .get("max_tokens")
        .and_then(|raw| raw.get().parse().ok())
        .map(tokens);
    let plan = plan(Reasoning { mode, effort }, limit, None, traits, losses);
    match plan.thinking {
        Thinking::Unset => edit.remove("thinking"),
        Thinking::Adaptive => edit.set("thinking", r#"{"type":"adaptive"}"#),
        Thinking::Budget(budget) => {
            losses.feature(
                Feature::Reasoning,
                "sent with a budget, as the target's model takes no other form",
            );
            edit.set(
                "thinking",
                format!(r#"{{"type":"enabled","budget_tokens":{budget}}}"#),
            );
        }
    }
}
