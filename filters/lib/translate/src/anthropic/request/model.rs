//! What a generation of Claude takes, told from the model's name.
//!
//! Names put the version after the family (`claude-opus-4-7`, `claude-haiku-4-5-20251001`) or before it
//! (`claude-3-7-sonnet-20250219`); clouds put a prefix before both. A name without `claude` belongs to another
//! provider that speaks this API and is taken to accept all that version `2023-06-01` describes.

/// Version of a Claude model.
type Version = (u32, u32);

/// From here on `temperature`, `top_p` and `top_k` are refused. Anthropic's migration guide for Opus 4.7 (read
/// 2026-11); `claude-opus-4-7` answers "`temperature` is deprecated for this model".
const NO_SAMPLING: Version = (4, 7);

/// From here on `thinking` is `adaptive`. Amazon Bedrock user guide, "Adaptive thinking" (read 2026-11).
const ADAPTIVE_THINKING: Version = (4, 6);

/// From here on `thinking` with a budget is refused. Same page.
const NO_BUDGET: Version = (4, 7);

/// From here on a last message of the assistant is refused. Anthropic, "What's new in Claude 4.6" (read 2026-11).
const NO_PREFILL: Version = (4, 6);

/// From here on `temperature` and `top_p` exclude each other. Anthropic, model notes of Opus 4.1 (read 2026-11).
const ONE_SAMPLING: Version = (4, 1);

/// From here on the effort `xhigh` is known. Anthropic's migration guide for Opus 4.7 (read 2026-11).
const XHIGH_EFFORT: Version = (4, 7);

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// `temperature`, `top_p`, `top_k`.
    pub sampling: bool,
    /// `temperature` and `top_p` at once.
    pub both_sampling: bool,
    /// `thinking: {"type": "adaptive"}` and `output_config.effort`.
    pub adaptive_thinking: bool,
    /// `thinking: {"type": "enabled", "budget_tokens": …}`.
    pub thinking_budget: bool,
    /// `output_config.effort: "xhigh"`.
    pub xhigh_effort: bool,
    /// A conversation that ends with the assistant.
    pub prefill: bool,
}

/// What the model of that name takes.
pub fn traits(model: &str) -> Traits {
    let version = if model.contains("claude") {
        version(model)
    } else {
        (0, 0)
    };
    Traits {
        sampling: version < NO_SAMPLING,
        both_sampling: version < ONE_SAMPLING,
        adaptive_thinking: version >= ADAPTIVE_THINKING,
        thinking_budget: version < NO_BUDGET,
        xhigh_effort: version >= XHIGH_EFFORT,
        prefill: version < NO_PREFILL,
    }
}

/// The first one or two numbers that are no date. A Claude without a number (`claude-mythos-preview`) is a new one.
fn version(model: &str) -> Version {
    let name = model.split_once("claude").map_or(model, |(_, name)| name);
    let mut numbers = name
        .split(['-', '.', '@', ':', '_'])
        .skip_while(|word| number(word).is_none())
        .map_while(number);
    match numbers.next() {
        Some(major) => (major, numbers.next().unwrap_or(0)),
        None => (u32::MAX, 0),
    }
}

/// A part of a version: one or two digits. Dates have eight.
fn number(word: &str) -> Option<u32> {
    if word.len() <= 2 { word.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        let table = [
            ("claude-opus-4-7", (4, 7)),
            ("claude-haiku-4-5-20251001", (4, 5)),
            ("claude-sonnet-4-20250514", (4, 0)),
            ("claude-3-7-sonnet-20250219", (3, 7)),
            ("claude-3-haiku-20240307", (3, 0)),
            ("claude-opus-5", (5, 0)),
            ("claude-fable-5-1", (5, 1)),
            ("us.anthropic.claude-opus-4-6-v1:0", (4, 6)),
            ("claude-opus-4.8", (4, 8)),
            ("claude-mythos-preview", (u32::MAX, 0)),
        ];
        for (model, expected) in table {
            assert_eq!(version(model), expected, "{model}");
        }
    }

    #[test]
    fn other_models_of_this_api_take_everything_of_the_first_version() {
        let traits = traits("deepseek-chat");
        assert!(traits.sampling && traits.both_sampling && traits.thinking_budget && traits.prefill);
        assert!(!traits.adaptive_thinking);
    }
}
