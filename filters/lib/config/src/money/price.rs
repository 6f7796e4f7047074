//! Prices in the place of those that Penstock brings along.

use std::collections::HashMap;

use penstock_chat::MicroUsd;
use serde::Serialize;
use serde_saphyr::Location;

use super::{Known, amount};
use crate::{problem::Problems, raw, spanned::Spanned, suggest};

/// The most that a million tokens may cost.
const DEAREST: MicroUsd = MicroUsd(1_000_000_000_000);

/// What one model of one provider costs: micro-dollars for a million tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceOverride {
    /// The provider's name.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// Input.
    pub input: MicroUsd,
    /// Input read from the provider's cache; as `input` where the file does not say.
    pub cached_input: MicroUsd,
    /// Input written to the provider's cache; as `input` where the file does not say.
    pub cache_write: MicroUsd,
    /// Output.
    pub output: MicroUsd,
    /// Output spent on reasoning; as `output` where the file does not say.
    pub reasoning: MicroUsd,
    /// Each image in a request, on top of its tokens, in micro-dollars; nothing where the file does not say.
    pub image: MicroUsd,
}

pub(super) fn parse(
    list: &raw::List<raw::Price>,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Vec<PriceOverride>> {
    let mut all = Some(Vec::new());
    let mut seen = HashMap::new();
    for (index, raw) in list.iter().flat_map(|list| &list.value).enumerate() {
        let path = format!("money.prices[{index}]");
        let price = one(raw, &path, known, problems);
        if let Some(price) = &price
            && let Some(first) = seen.insert((price.provider.clone(), price.model.clone()), index)
        {
            problems.at(
                raw.referenced,
                path,
                format!("money.prices[{first}] is for the same model already; keep one"),
            );
        }
        all = all.zip(price).map(|(mut all, price)| {
            all.push(price);
            all
        });
    }
    all
}

fn one(
    raw: &Spanned<raw::Price>,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<PriceOverride> {
    let here = raw.referenced;
    let raw = &raw.value;
    let provider = provider(&raw.provider, here, path, known, problems);
    let model = model(raw, here, path, known, problems);
    let needed = |text: &raw::Text, field: &str, problems: &mut Problems| match text {
        Some(text) => amount::dollars(text, &format!("{path}.{field}"), DEAREST, problems),
        None => {
            problems.at(
                here,
                format!("{path}.{field}"),
                "missing; write dollars for a million tokens, 0 if it costs nothing",
            );
            None
        }
    };
    let input = needed(&raw.input, "input", problems);
    let output = needed(&raw.output, "output", problems);
    let other = |text: &raw::Text, field: &str, default: Option<MicroUsd>, problems: &mut Problems| match text
    {
        Some(text) => amount::dollars(text, &format!("{path}.{field}"), DEAREST, problems),
        None => default,
    };
    let cached_input = other(&raw.cached_input, "cached_input", input, problems);
    let cache_write = other(&raw.cache_write, "cache_write", input, problems);
    let reasoning = other(&raw.reasoning, "reasoning", output, problems);
    let image = other(&raw.image, "image", Some(MicroUsd(0)), problems);
    Some(PriceOverride {
        provider: provider?,
        model: model?,
        input: input?,
        cached_input: cached_input?,
        cache_write: cache_write?,
        output: output?,
        reasoning: reasoning?,
        image: image?,
    })
}

fn provider(
    text: &raw::Text,
    here: Location,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let field = format!("{path}.provider");
    let Some(text) = text else {
        problems.at(here, field, "missing; write a provider's name");
        return None;
    };
    if known.providers.contains(&text.value.as_str()) {
        return Some(text.value.clone());
    }
    let remedy = suggest::remedy(&text.value, known.providers.iter().copied());
    problems.at(
        text.referenced,
        field,
        format!("no provider is named {:?}; {remedy}", text.value),
    );
    None
}

/// A price for a model that no target has would be a misspelt one in most cases.
fn model(
    raw: &raw::Price,
    here: Location,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let field = format!("{path}.model");
    let Some(text) = &raw.model else {
        problems.at(here, field, "missing; write the model's name at the provider");
        return None;
    };
    let provider = raw.provider.as_ref()?.value.as_str();
    let models: Vec<&str> = known
        .targets
        .iter()
        .filter(|(of, _)| *of == provider)
        .map(|(_, model)| *model)
        .collect();
    if !known.providers.contains(&provider) || models.contains(&text.value.as_str()) {
        return Some(text.value.clone());
    }
    let remedy = match models.as_slice() {
        [] => "it has none".to_owned(),
        models => suggest::remedy(&text.value, models.iter().copied()),
    };
    problems.at(
        text.referenced,
        field,
        format!(
            "{provider} has no target with the model {:?}; {remedy}",
            text.value
        ),
    );
    None
}
