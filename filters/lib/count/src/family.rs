//! How the tokens of each family of models are counted, by the model's name at its provider.
//!
//! Vocabularies: tiktoken's `model.py` (0.12, read 2026-11). Models that are not OpenAI's have the public vocabulary
//! that is nearest to their own, and a factor that public statements give; where there is none, it is one.

use penstock_tokens::Vocabulary;

use crate::image::{Budget, Formula};
use crate::media::{OPENAI_AUDIO, OTHER_AUDIO};

/// How a model's tokens are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The model's own vocabulary, or the nearest.
    pub vocabulary: Vocabulary,
    /// Whether it is its own.
    pub exactness: Exactness,
    /// What is added to the text.
    pub framing: Framing,
    /// What images cost.
    pub image: Formula,
    /// Tokens of a second of audio.
    pub audio_per_second: u64,
    /// The factor to begin with, in thousandths.
    pub initial_factor_permille: u32,
}

/// Whether a family's vocabulary is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// Text is counted token for token.
    Exact,
    /// Text is counted by another vocabulary, and corrected by a factor.
    Estimated,
}

/// Tokens around the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Of each message.
    pub message: u64,
    /// Of a message's name.
    pub name: u64,
    /// That the answer begins with.
    pub reply: u64,
    /// Whether instructions that stand apart from the messages are a message of their own.
    pub system: bool,
    /// How tools are shown to the model.
    pub tools: ToolForm,
}

/// How a model gets to see its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolForm {
    /// As declarations, by the formula of OpenAI's cookbook; the number is what each function adds.
    Declared {
        /// Tokens of each function.
        function: u64,
    },
    /// As JSON, and with the provider's own prompt for their use.
    Json {
        /// Tokens of that prompt when the model chooses.
        free: u64,
        /// Tokens of that prompt when it must call one.
        forced: u64,
    },
}

/// OpenAI's cookbook, "How to count tokens with tiktoken" (read 2026-11): 3 for each message, 1 for a name, and 3 for
/// `<|start|>assistant<|message|>`; each function adds 7 with `gpt-4o`, 10 with `gpt-4`.
const OPENAI: Framing = Framing {
    message: 3,
    name: 1,
    reply: 3,
    system: true,
    tools: ToolForm::Declared { function: 7 },
};
const OPENAI_OLD: Framing = Framing {
    tools: ToolForm::Declared { function: 10 },
    ..OPENAI
};

/// Chat templates differ; most mark a message's start, role and end, as OpenAI's does.
const TEMPLATE: Framing = Framing {
    tools: ToolForm::Json { free: 0, forced: 0 },
    ..OPENAI
};

const O200K: Family = Family {
    vocabulary: Vocabulary::O200kBase,
    exactness: Exactness::Exact,
    framing: OPENAI,
    image: Formula::Tiles { base: 85, tile: 170 },
    audio_per_second: OPENAI_AUDIO,
    initial_factor_permille: 1_000,
};
const CL100K: Family = Family {
    vocabulary: Vocabulary::Cl100kBase,
    framing: OPENAI_OLD,
    ..O200K
};

/// An image of an open model costs what Qwen2-VL's largest costs.
const UNKNOWN: Family = Family {
    exactness: Exactness::Estimated,
    framing: TEMPLATE,
    image: Formula::Visual {
        edge: 65_535,
        tokens: 16_384,
    },
    audio_per_second: OTHER_AUDIO,
    ..O200K
};

const fn with_image(image: Formula) -> Family {
    Family { image, ..O200K }
}

const fn tiles(base: u64, tile: u64) -> Family {
    with_image(Formula::Tiles { base, tile })
}

/// A model whose images have one budget, whatever the detail.
const fn small(permille: u64) -> Family {
    with_image(Formula::Patches {
        permille,
        high: Budget::SMALL,
        original: Budget::SMALL,
        auto: Budget::SMALL,
    })
}

const fn large(permille: u64, original: Budget, auto: Budget) -> Family {
    with_image(Formula::Patches {
        permille,
        high: Budget::HIGH,
        original,
        auto,
    })
}

/// Claude before 4.7. Its tokenizer makes 16 % (English) to 30 % (Python) more tokens than `o200k_base` (L. Gupta,
/// "Hidden costs in AI deployment", VentureBeat, 2025-05, read 2026-11). The prompt for tools is that of Anthropic's
/// "Tool use overview", section "Pricing" (read 2026-11). One message of `Hello` is 8 tokens, and instructions add
/// nothing but their text: the examples of "Token counting".
const fn claude(free: u64, forced: u64) -> Family {
    Family {
        exactness: Exactness::Estimated,
        framing: Framing {
            system: false,
            tools: ToolForm::Json { free, forced },
            ..OPENAI
        },
        image: Formula::Visual {
            edge: 1_568,
            tokens: 1_568,
        },
        audio_per_second: OTHER_AUDIO,
        initial_factor_permille: 1_200,
        ..O200K
    }
}

/// Claude from 4.7 on: "approximately 30 percent more tokens than on earlier models" (Anthropic, "Token counting",
/// read 2026-11), and images up to 2576 pixels.
const fn new_claude(free: u64, forced: u64) -> Family {
    Family {
        image: Formula::Visual {
            edge: 2_576,
            tokens: 4_784,
        },
        initial_factor_permille: 1_560,
        ..claude(free, forced)
    }
}

/// A model that is estimated without images of its own.
const fn estimated(vocabulary: Vocabulary, initial_factor_permille: u32) -> Family {
    Family {
        vocabulary,
        initial_factor_permille,
        ..UNKNOWN
    }
}

/// Google's own statement, "a token is equivalent to about 4 characters", is OpenAI's as well.
const fn gemini(image: Formula) -> Family {
    Family { image, ..UNKNOWN }
}

/// What a name begins with, dots written as hyphens, and the family it then belongs to. The longest counts.
const FAMILIES: &[(&str, Family)] = &[
    ("gpt-3-5", CL100K),
    ("gpt-35", CL100K),
    ("gpt-4", CL100K),
    ("gpt-4o", O200K),
    ("gpt4o", O200K),
    ("chatgpt-4o", O200K),
    ("gpt-4o-mini", tiles(2_833, 5_667)),
    ("gpt4o-mini", tiles(2_833, 5_667)),
    ("gpt-4-1", O200K),
    ("gpt-4-1-mini", small(1_620)),
    ("gpt-4-1-nano", small(2_460)),
    ("gpt-4-5", O200K),
    ("gpt-5", tiles(70, 140)),
    ("gpt-5-mini", small(1_620)),
    ("gpt-5-nano", small(2_460)),
    ("gpt-5-codex-mini", small(1_000)),
    ("gpt-5-1", small(1_000)),
    ("gpt-5-2", small(1_000)),
    ("gpt-5-3", small(1_000)),
    ("gpt-5-4", large(1_000, Budget::ORIGINAL, Budget::HIGH)),
    ("gpt-5-4-mini", small(1_620)),
    ("gpt-5-4-nano", small(2_460)),
    ("gpt-5-5", large(1_000, Budget::ORIGINAL, Budget::ORIGINAL)),
    ("gpt-5-6", large(1_200, Budget::WHOLE, Budget::WHOLE)),
    // Later ones are taken for the last that is documented.
    ("gpt-", large(1_200, Budget::WHOLE, Budget::WHOLE)),
    // Its chat template adds a system prompt of its own.
    ("gpt-oss", estimated(Vocabulary::O200kBase, 1_000)),
    ("o1", tiles(75, 150)),
    ("o3", tiles(75, 150)),
    ("o3-mini", tiles(75, 150)),
    ("o4-mini", small(1_720)),
    ("computer-use-preview", tiles(65, 129)),
    ("claude-2", claude(530, 355)),
    ("claude-instant", claude(530, 355)),
    ("claude-3", claude(530, 355)),
    ("claude-3-5-haiku", claude(264, 355)),
    ("claude-opus-4", claude(313, 315)),
    ("claude-opus-4-5", claude(496, 588)),
    ("claude-opus-4-6", claude(497, 589)),
    ("claude-opus-4-7", new_claude(675, 804)),
    ("claude-opus-4-8", new_claude(290, 410)),
    ("claude-opus-4-9", new_claude(675, 804)),
    ("claude-sonnet-4", claude(313, 315)),
    ("claude-sonnet-4-5", claude(496, 588)),
    ("claude-sonnet-4-6", claude(497, 589)),
    ("claude-haiku-4", claude(496, 588)),
    ("claude-sonnet-5", new_claude(354, 474)),
    // The newest have no figure in the table; this is the highest in it.
    ("claude", new_claude(675, 804)),
    ("gemini", gemini(Formula::Crops)),
    ("gemini-1", gemini(Formula::Crops)),
    ("gemini-2", gemini(Formula::Crops)),
    // "Media resolution": 1120 tokens for an image unless the request says otherwise.
    ("gemini-3", gemini(Formula::Fixed(1_120))),
    ("gemma", estimated(Vocabulary::O200kBase, 1_000)),
    // Llama 3 has 100,000 of its 128,000 tokens from tiktoken's `cl100k_base`; Llama 2 needed up to 15 % more
    // ("Introducing Meta Llama 3", 2024-04, read 2026-11).
    ("llama", estimated(Vocabulary::Cl100kBase, 1_000)),
    ("llama-2", estimated(Vocabulary::Cl100kBase, 1_180)),
    ("llama2", estimated(Vocabulary::Cl100kBase, 1_180)),
    // Qwen's begins with `cl100k_base` ("Qwen technical report", 2.2, 2023-09, read 2026-11) and splits digits.
    ("qwen", estimated(Vocabulary::Cl100kBase, 1_000)),
    ("qwq", estimated(Vocabulary::Cl100kBase, 1_000)),
    // "1 English character ≈ 0.3 token" (DeepSeek API docs, "Token & token usage", read 2026-11), where OpenAI says a
    // fourth.
    ("deepseek", estimated(Vocabulary::O200kBase, 1_200)),
    // No statement that could be put into a number.
    ("mistral", estimated(Vocabulary::O200kBase, 1_000)),
    ("mixtral", estimated(Vocabulary::O200kBase, 1_000)),
    ("codestral", estimated(Vocabulary::O200kBase, 1_000)),
    ("ministral", estimated(Vocabulary::O200kBase, 1_000)),
];

/// Longest part of a name that is looked at, in bytes.
const MAX_NAME: usize = 256;

/// How the tokens of a model are counted, by its provider's name for it.
///
/// Prefixes that clouds and fine-tuning put before the name are passed over: `ft:gpt-4o:…`, `meta-llama/Llama-3…`,
/// `us.anthropic.claude-…`, `prod-gpt-4o`. A name that is not known is estimated by `o200k_base`.
pub fn family(model: &str) -> Family {
    let cut = model
        .get(..model.floor_char_boundary(MAX_NAME))
        .unwrap_or_default();
    let name = cut.to_ascii_lowercase().replace('.', "-");
    starts(&name).find_map(longest).unwrap_or(UNKNOWN)
}

/// The name from each place on where a word of it begins.
fn starts(name: &str) -> impl Iterator<Item = &str> {
    let after = name.match_indices(|c: char| !c.is_ascii_alphanumeric());
    let words = after.filter_map(move |(at, found)| name.get(at + found.len()..));
    std::iter::once(name).chain(words)
}

fn longest(name: &str) -> Option<Family> {
    let known = FAMILIES.iter().filter(|(prefix, _)| begins(name, prefix));
    known
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, family)| *family)
}

/// Whether a name begins with a prefix that does not end within a word or a number.
fn begins(name: &str, prefix: &str) -> bool {
    let Some(rest) = name.strip_prefix(prefix) else {
        return false;
    };
    match (prefix.chars().next_back(), rest.chars().next()) {
        (Some(last), Some(next)) => {
            !(last.is_ascii_alphabetic() && next.is_ascii_alphabetic()
                || last.is_ascii_digit() && next.is_ascii_digit())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
