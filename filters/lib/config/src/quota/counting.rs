//! How a model is counted, where it says so itself.

use penstock_chat::Tokens;
use serde::Serialize;

use crate::{model, problem::Problems, raw, slice::Model};

/// What one model says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Counting {
    /// The name that clients ask for.
    pub(super) model: String,
    /// What an answer is taken to need where the client says nothing.
    pub(super) default_output_tokens: Option<Tokens>,
    /// The model whose way of counting holds for it.
    pub(super) count_as: Option<String>,
}

/// The most output tokens that any target of `model` gives, if all of them say.
pub(super) fn most_output(model: &Model) -> Option<Tokens> {
    let outputs = model.targets.iter().map(|target| target.max_output_tokens);
    outputs.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// Models that say something; `models` are those that are right.
pub(super) fn parse(raw: &raw::File, models: &[Model], problems: &mut Problems) -> Option<Vec<Counting>> {
    let mut all = Some(Vec::new());
    let list = raw.models.iter().flat_map(|list| &list.value);
    for (index, raw) in list.enumerate() {
        let raw = &raw.value;
        if raw.default_output_tokens.is_none() && raw.count_as.is_none() {
            continue;
        }
        let counting = one(raw, &format!("models[{index}]"), models, problems);
        all = all.zip(counting).map(|(mut all, counting)| {
            all.push(counting);
            all
        });
    }
    all
}

fn one(raw: &raw::Model, path: &str, models: &[Model], problems: &mut Problems) -> Option<Counting> {
    let default_output_tokens = model::tokens(
        &raw.default_output_tokens,
        path,
        "default_output_tokens",
        problems,
    );
    let count_as = match &raw.count_as {
        Some(text) => model::name(text, &format!("{path}.count_as"), problems).map(Some),
        None => Some(None),
    };
    // A model without a name is reported where names are read.
    let name = &raw.name.as_ref()?.value;
    let most = models
        .iter()
        .find(|model| model.name == *name)
        .and_then(most_output);
    if let (Some(Some(output)), Some(most), Some(place)) =
        (default_output_tokens, most, &raw.default_output_tokens)
        && output > most
    {
        problems.at(
            place.referenced,
            format!("{path}.default_output_tokens"),
            format!("{output} is more than the max_output_tokens of {most} that any target gives"),
        );
    }
    Some(Counting {
        model: name.clone(),
        default_output_tokens: default_output_tokens?,
        count_as: count_as?,
    })
}
