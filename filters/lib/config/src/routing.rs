//! In which order a model's targets are tried, and which of them a request can go to.
//!
//! This is what the service plans with. The filters' slices do not hold it: without the service, targets are tried in
//! the order of the file.

mod route;
mod strategy;

use serde::Serialize;

pub(crate) use self::route::{is_within, region};
pub use self::{
    route::{Capabilities, Capability, Route},
    strategy::Strategy,
};
use crate::{model, problem::Problems, provider::Provider, raw, slice::Model, spanned::Spanned};

/// Shares of one model's canaries are percentages of the same callers.
const WHOLE: u64 = 100;

/// In which order a model's targets are tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Routing {
    /// The name that clients ask for.
    pub alias: String,
    /// What decides between two targets: the first that sees a difference. Never empty.
    pub strategy: Vec<Strategy>,
    /// Only targets of this version are used, unless the caller asks for another.
    pub pin: Option<String>,
    /// In the order of the file, as in the [`Model`].
    pub targets: Vec<Route>,
}

impl Routing {
    /// Whether the file says nothing of it that the slices do not hold.
    pub(crate) fn is_default(&self) -> bool {
        self.strategy == [Strategy::Priority]
            && self.pin.is_none()
            && self.targets.iter().all(Route::is_default)
    }

    /// One for each of `models`, which are those that are right.
    pub(crate) fn parse(
        raw: &raw::File,
        models: &[Model],
        providers: &[Provider],
        problems: &mut Problems,
    ) -> Vec<Self> {
        let list = raw.models.iter().flat_map(|list| &list.value);
        list.enumerate()
            .filter_map(|(index, raw)| {
                one(
                    &raw.value,
                    &format!("models[{index}]"),
                    models,
                    providers,
                    problems,
                )
            })
            .collect()
    }
}

fn one(
    raw: &raw::Model,
    path: &str,
    models: &[Model],
    providers: &[Provider],
    problems: &mut Problems,
) -> Option<Routing> {
    let strategy = strategy::parse(raw.strategy.as_ref(), path, problems);
    let pin = raw
        .pin
        .as_ref()
        .and_then(|text| model::name(text, &format!("{path}.pin"), problems));
    let written = raw
        .targets
        .as_ref()
        .map(|list| list.value.as_slice())
        .unwrap_or_default();
    let fields: Vec<_> = written
        .iter()
        .enumerate()
        .map(|(index, raw)| route::parse(&raw.value, &format!("{path}.targets[{index}]"), problems))
        .collect();
    if let Some(strategy) = &strategy {
        refuse_unused(written, strategy, path, problems);
    }
    refuse_shares(raw, path, problems);
    refuse_pin(raw, path, problems);
    // A model that is not among those that are right has been reported.
    let name = &raw.name.as_ref()?.value;
    let model = models.iter().find(|model| model.name == *name)?;
    let targets = model.targets.iter().zip(fields).map(|(target, fields)| {
        let provider = providers.iter().find(|provider| provider.name == target.provider);
        Route {
            provider: target.provider.clone(),
            model: target.model.clone(),
            context_window: target.context_window,
            max_output_tokens: target.max_output_tokens,
            client_credential: target.client_credential,
            region: fields
                .region
                .clone()
                .or_else(|| provider.and_then(|provider| provider.region.clone())),
            ..fields
        }
    });
    Some(Routing {
        alias: name.clone(),
        strategy: strategy?,
        pin,
        targets: targets.collect(),
    })
}

/// A number that nothing looks at is more probably a forgotten strategy than a wish for nothing.
fn refuse_unused(
    targets: &[Spanned<raw::Target>],
    strategy: &[Strategy],
    path: &str,
    problems: &mut Problems,
) {
    use Strategy::{Canary, Priority, Sticky, Weight};
    for (index, raw) in targets.iter().enumerate() {
        let raw = &raw.value;
        let numbers: [(&raw::Number, &str, &[Strategy], &str); 3] = [
            (&raw.priority, "priority", &[Priority], "priority"),
            (&raw.weight, "weight", &[Weight, Sticky], "weight or sticky"),
            (&raw.canary, "canary", &[Canary], "canary"),
        ];
        for (number, field, users, words) in numbers {
            if let Some(number) = number
                && !users.iter().any(|user| strategy.contains(user))
            {
                problems.at(
                    number.referenced,
                    format!("{path}.targets[{index}].{field}"),
                    format!("never used: the model's strategy does not name {words}; add it there, or leave this out"),
                );
            }
        }
    }
}

fn refuse_shares(raw: &raw::Model, path: &str, problems: &mut Problems) {
    let Some(list) = &raw.targets else { return };
    let targets = || list.value.iter().map(|target| &target.value);
    let canaries: u64 = targets()
        .filter_map(|target| target.canary.as_ref())
        .fold(0, |sum, number| sum.saturating_add(number.value));
    // One that is too large by itself has been reported.
    let each = targets().all(|target| target.canary.as_ref().is_none_or(|number| number.value <= WHOLE));
    if each && canaries > WHOLE {
        problems.at(
            list.referenced,
            format!("{path}.targets"),
            format!("canaries of {canaries} percent together; at most {WHOLE}"),
        );
    }
    let drained = |target: &raw::Target| target.weight.as_ref().is_some_and(|weight| weight.value == 0);
    if !list.value.is_empty() && targets().all(drained) {
        problems.at(
            list.referenced,
            format!("{path}.targets"),
            "every weight is 0, so nothing would be first; give one target more",
        );
    }
}

fn refuse_pin(raw: &raw::Model, path: &str, problems: &mut Problems) {
    let (Some(pin), Some(list)) = (&raw.pin, &raw.targets) else {
        return;
    };
    let versions = || {
        list.value
            .iter()
            .filter_map(|target| target.value.version.as_ref())
            .map(|version| version.value.as_str())
    };
    if versions().any(|version| version == pin.value) {
        return;
    }
    let mut known: Vec<&str> = versions().collect();
    known.dedup();
    let remedy = if known.is_empty() {
        "write version: at the targets that have it".to_owned()
    } else {
        crate::suggest::remedy(&pin.value, known)
    };
    problems.at(
        pin.referenced,
        format!("{path}.pin"),
        format!("no target has the version {:?}; {remedy}", pin.value),
    );
}
