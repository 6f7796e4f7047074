//! What becomes of personal data.

mod custom;
mod policy;

use penstock_pii::Entity;
use serde::Serialize;
use serde_saphyr::{Location, Spanned};

use self::{custom::Custom, policy::Said};
use crate::{
    credential,
    problem::Problems,
    raw,
    slice::{PiiList, PiiModel, PiiPattern, PiiPolicy},
};

const KEY: &str = "PENSTOCK_PII_KEY";

/// What becomes of personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pii {
    /// The environment variable that holds the key of placeholders.
    pub key_env: String,
    /// What holds for a model that says nothing else.
    pub policy: PiiPolicy,
    /// Models that say something else, in the order of the file.
    pub models: Vec<PiiModel>,
    /// Kinds of data that expressions describe, in the order of the file.
    pub patterns: Vec<PiiPattern>,
    /// Kinds of data that are lists of words, in the order of the file.
    pub deny_lists: Vec<PiiList>,
    /// Values that are never personal.
    pub allow: Vec<String>,
}

impl Pii {
    /// The outer `None` is a problem, the inner one a file that says nothing of personal data.
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Option<Self>> {
        let Some(pii) = &raw.pii else {
            return without(raw, problems).then_some(None);
        };
        let here = pii.referenced;
        let pii = &pii.value;
        let key_env = key(pii.key.as_ref(), here, problems);
        let custom = Custom::parse(pii, problems);
        let known = known(pii);
        let said = Said::parse(pii, "pii", &known, problems);
        let models = models(raw, &known, problems);
        let (custom, said) = (custom?, said?);
        let policy = policy::resolve(&[&said], &known);
        let models = models?.into_iter().filter_map(|(name, own)| {
            let own = policy::resolve(&[&own, &said], &known);
            (own != policy).then_some(PiiModel { name, policy: own })
        });
        let models: Vec<_> = models.collect();
        let policies: Vec<_> = std::iter::once(&policy)
            .chain(models.iter().map(|model| &model.policy))
            .collect();
        custom::check_scores(&custom.patterns, pii, &policies, problems);
        Some(Some(Self {
            key_env: key_env?,
            policy,
            models,
            patterns: custom.patterns,
            deny_lists: custom.deny_lists,
            allow: custom.allow,
        }))
    }

    /// The names of all kinds that there are: those that are built in, and the configuration's own.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        let built_in = Entity::ALL.iter().map(|entity| entity.name());
        let patterns = self.patterns.iter().map(|pattern| pattern.name.as_str());
        let lists = self.deny_lists.iter().map(|list| list.name.as_str());
        built_in.chain(patterns).chain(lists)
    }
}

/// Models say how something is done that nobody does.
fn without(raw: &raw::File, problems: &mut Problems) -> bool {
    let mut right = true;
    for (index, pii) in written(raw) {
        problems.at(
            pii.referenced,
            format!("models[{index}].pii"),
            "means nothing without pii at the top level of the file; add that, or leave this out",
        );
        right = false;
    }
    right
}

/// What models say, with their places in the list.
fn written(raw: &raw::File) -> impl Iterator<Item = (usize, &Spanned<raw::Pii>)> {
    let models = raw.models.iter().flat_map(|list| &list.value).enumerate();
    models.filter_map(|(index, model)| Some((index, model.value.pii.as_ref()?)))
}

fn models(raw: &raw::File, known: &[&str], problems: &mut Problems) -> Option<Vec<(String, Said)>> {
    let list = raw.models.as_ref().map(|list| list.value.as_slice());
    let mut all = Some(Vec::new());
    for (index, pii) in written(raw) {
        let path = format!("models[{index}].pii");
        for (field, place) in policy::for_all_models(&pii.value) {
            problems.at(
                place,
                format!("{path}.{field}"),
                format!("holds for all models; write it into pii.{field} at the top level of the file"),
            );
            all = None;
        }
        let said = Said::parse(&pii.value, &path, known, problems);
        // A model without a name is reported where names are read.
        let name = list
            .and_then(|list| list.get(index))
            .and_then(|model| model.value.name.as_ref());
        all = all.zip(said.zip(name)).map(|(mut all, (said, name))| {
            all.push((name.value.clone(), said));
            all
        });
    }
    all
}

/// Every name that may be said something of. Those of faulty patterns and lists are among them, so that they are not reported
/// twice.
fn known(raw: &raw::Pii) -> Vec<&str> {
    let patterns = raw.patterns.iter().flat_map(|list| &list.value);
    let lists = raw.deny_lists.iter().flat_map(|list| &list.value);
    let names = patterns
        .map(|pattern| &pattern.value.name)
        .chain(lists.map(|list| &list.value.name));
    let built_in = Entity::ALL.iter().map(|entity| entity.name());
    built_in
        .chain(names.flatten().map(|name| name.value.as_str()))
        .collect()
}

/// A file would be out of a filter's reach.
fn key(raw: Option<&Spanned<raw::Credential>>, here: Location, problems: &mut Problems) -> Option<String> {
    const FIELD: &str = "pii.key";
    let remedy = format!("write {{ env: NAME }}, such as {{ env: {KEY} }}");
    let Some(raw) = raw else {
        problems.at(here, FIELD, format!("missing; {remedy}"));
        return None;
    };
    let message = match &raw.value {
        raw::Credential::Secret => format!("a secret must not stand in this file; {remedy}"),
        raw::Credential::Source(source) => match (&source.env, &source.file, &source.client) {
            (Some(name), None, None) => {
                return credential::env(name, KEY, &format!("{FIELD}.env"), problems);
            }
            _ => format!("comes from an environment variable only; {remedy}"),
        },
    };
    problems.at(raw.referenced, FIELD, message);
    None
}
