//! A whole request, in one pass over its JSON.

mod anthropic;
mod openai;
mod source;
mod tool;

use penstock_chat::{Api, Tokens};
use penstock_tokens::Tokenizer;
use penstock_translate::json;
use penstock_translate::request::InvalidRequest;
use serde::de::DeserializeSeed;
use serde_json::value::RawValue;

use crate::counter::{Counter, Shape};
use crate::family::{Family, ToolForm};

/// What a request costs, and what else of it a quota depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Input tokens, before the family's factor. See [`crate::Calibration::request`].
    pub tokens: Tokens,
    /// Those of `tokens` that the factor does not apply to: images, audio, documents, the provider's own prompts.
    pub fixed: Tokens,
    /// Whether all of it was counted; if not, `tokens` is more than was asked about.
    pub complete: bool,
    /// The limit on output tokens that the client sets, for each choice.
    pub max_output: Option<Tokens>,
    /// How many answers it wants; at least one.
    pub choices: u32,
}

/// Counts a request of the API `client` for a model of `family`, up to `most` tokens and a little beyond.
///
/// Succeeds for every body that `penstock_translate::request::inspect` lets through, and for some that it does not:
/// a field of another type than documented is counted by what it holds.
pub fn request(
    tokenizer: &mut Tokenizer,
    client: Api,
    body: &[u8],
    family: &Family,
    most: Tokens,
) -> Result<Counted, InvalidRequest> {
    let text = json::check(body)?;
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(json::Error::NotAnObject.into());
    }
    let mut counter = Counter::new(tokenizer, family.vocabulary, most.0);
    counter.add(family.framing.reply);
    let facts = match client {
        Api::OpenAi => read(&mut counter, openai::Request::new(family), text).map(|read| read.facts),
        Api::Anthropic => read(&mut counter, anthropic::Request::new(family), text).map(|read| read.facts),
    }?;
    match family.framing.tools {
        ToolForm::Json { free, forced } if facts.tools => {
            counter.add_fixed(if facts.forced { forced } else { free });
        }
        ToolForm::Declared { .. } if facts.tools => counter.add(tool::DECLARED_END),
        _ => {}
    }
    Ok(Counted {
        tokens: Tokens(counter.total()),
        fixed: Tokens(counter.fixed()),
        complete: counter.complete() && counter.total() <= most.0,
        max_output: facts.max_output.or(facts.older_max_output).map(Tokens),
        choices: facts.choices.unwrap_or(1).max(1),
    })
}

/// What is known of a request besides its tokens.
#[derive(Clone, Copy, Default)]
struct Facts {
    /// It has tools.
    tools: bool,
    /// The model must call one.
    forced: bool,
    max_output: Option<u64>,
    older_max_output: Option<u64>,
    choices: Option<u32>,
}

fn read<'de, S: Shape<'de>>(
    counter: &mut Counter<'_>,
    shape: S,
    text: &'de str,
) -> Result<S, InvalidRequest> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    counter
        .read(shape)
        .deserialize(&mut deserializer)
        .and_then(|read| deserializer.end().map(|()| read))
        // No type is demanded, so this speaks of grammar only, and repeats nothing of the text.
        .map_err(|error| InvalidRequest {
            field: None,
            message: error.to_string(),
            code: None,
        })
}

/// A number that is not negative; one beyond all is the greatest.
fn number(raw: &RawValue) -> Option<u64> {
    let text = raw.get();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether a list has any element.
fn holds_any(list: &RawValue) -> bool {
    let inside = list.get().strip_prefix('[').unwrap_or_default();
    !inside.trim_start().starts_with(']') && !inside.is_empty()
}
