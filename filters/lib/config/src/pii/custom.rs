//! Kinds of data that the file describes itself. They are compiled here once, so that the filter can rely on it.

use std::collections::HashMap;

use penstock_pii::{DenyList, Entity, InvalidCustom, MOST_CUSTOM, Pattern, Score};
use serde_saphyr::Location;

use super::policy::percent;
use crate::{
    model,
    problem::Problems,
    raw,
    slice::{PiiList, PiiPattern, PiiPolicy},
};

/// A match of a pattern that says nothing else.
const SCORE: Score = Score::STRONG;
/// It stands in placeholders, headers and metrics.
const LONGEST_NAME: usize = 32;
/// Compiling alone does not ask which one it is.
const ANY: Entity = Entity::Custom(0);

pub(super) struct Custom {
    pub(super) patterns: Vec<PiiPattern>,
    pub(super) deny_lists: Vec<PiiList>,
    pub(super) allow: Vec<String>,
}

impl Custom {
    pub(super) fn parse(raw: &raw::Pii, problems: &mut Problems) -> Option<Self> {
        let few = few(raw, problems);
        let mut names = Names::default();
        let patterns = each(&raw.patterns, "pii.patterns", |raw, here, path| {
            pattern(raw, here, path, &mut names, problems)
        });
        let deny_lists = each(&raw.deny_lists, "pii.deny_lists", |raw, here, path| {
            deny_list(raw, here, path, &mut names, problems)
        });
        let allow = match &raw.allow {
            Some(list) => model::names(list, "pii.allow", problems),
            None => Some(Vec::new()),
        };
        let this = Self {
            patterns: patterns?,
            deny_lists: deny_lists?,
            allow: allow?,
        };
        (few && this.fits(raw, problems)).then_some(this)
    }
}

impl Custom {
    /// Each pattern compiles by itself; this is about what all of them take together, and the lists.
    fn fits(&self, raw: &raw::Pii, problems: &mut Problems) -> bool {
        let patterns = self.patterns.iter().map(|pattern| Pattern {
            entity: ANY,
            regex: pattern.regex.clone(),
            score: SCORE,
            context: Vec::new(),
        });
        let lists = self.deny_lists.iter().map(|list| DenyList {
            entity: ANY,
            words: list.words.clone(),
        });
        let (patterns, lists) = (patterns.collect(), lists.collect::<Vec<_>>());
        let Err(invalid) = penstock_pii::Custom::new(patterns, &lists, &self.allow) else {
            return true;
        };
        let place = |list: Option<Location>, field| list.map(|place| (place, field));
        let (place, field) = match invalid {
            InvalidCustom::ListTooLarge(_) => place(
                raw.deny_lists.as_ref().map(|list| list.referenced),
                "pii.deny_lists",
            ),
            InvalidCustom::AllowedTooLarge(_) => {
                place(raw.allow.as_ref().map(|list| list.referenced), "pii.allow")
            }
            _ => place(raw.patterns.as_ref().map(|list| list.referenced), "pii.patterns"),
        }
        .unwrap_or((Location::UNKNOWN, "pii"));
        problems.at(place, field, invalid.to_string());
        false
    }
}

/// A pattern whose matches no policy counts as found, with no word to raise their score.
pub(super) fn check_scores(
    patterns: &[PiiPattern],
    raw: &raw::Pii,
    policies: &[&PiiPolicy],
    problems: &mut Problems,
) {
    let places = raw.patterns.iter().flat_map(|list| &list.value);
    for (index, (pattern, place)) in patterns.iter().zip(places).enumerate() {
        let needed = policies.iter().map(|policy| {
            let own = policy.entities.iter().find(|entity| entity.name == pattern.name);
            own.map_or(policy.threshold, |entity| entity.threshold)
        });
        if pattern.context.is_empty() && needed.min().is_some_and(|needed| pattern.score < needed) {
            let place = place
                .value
                .score
                .as_ref()
                .map_or(place.referenced, |score| score.referenced);
            problems.at(
                place,
                format!("pii.patterns[{index}].score"),
                "never found: it is below the threshold, and no context raises it; raise it, or name words in context",
            );
        }
    }
}

/// Names that are taken, and by what.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn take(
        &mut self,
        text: &raw::Text,
        here: Location,
        path: &str,
        problems: &mut Problems,
    ) -> Option<String> {
        let field = format!("{path}.name");
        let Some(text) = text else {
            problems.at(here, field, "missing; write such as EMPLOYEE_ID");
            return None;
        };
        let name = &text.value;
        let right = name.len() <= LONGEST_NAME
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let message = if !right {
            format!(
                "not a name; use capitals, digits and _ after a capital, at most {LONGEST_NAME}, such as EMPLOYEE_ID"
            )
        } else if Entity::named(name).is_some() {
            format!("{name} is built in; choose another name, or say under entities what becomes of it")
        } else if let Some(first) = self.0.get(name) {
            format!("{name:?} is the name of {first} already; choose another")
        } else {
            self.0.insert(name.clone(), path.to_owned());
            return Some(name.clone());
        };
        problems.at(text.referenced, field, message);
        None
    }
}

fn few(raw: &raw::Pii, problems: &mut Problems) -> bool {
    let patterns = raw.patterns.as_ref().map_or(0, |list| list.value.len());
    let lists = raw.deny_lists.as_ref().map_or(0, |list| list.value.len());
    let count = patterns.saturating_add(lists);
    if count <= MOST_CUSTOM {
        return true;
    }
    let (place, field) = match (&raw.patterns, &raw.deny_lists) {
        (Some(list), _) if patterns > MOST_CUSTOM => (list.referenced, "pii.patterns"),
        (_, Some(list)) => (list.referenced, "pii.deny_lists"),
        _ => (Location::UNKNOWN, "pii"),
    };
    problems.at(
        place,
        field,
        format!("{count} patterns and lists; write at most {MOST_CUSTOM} together"),
    );
    false
}

fn each<R, T>(
    list: &raw::List<R>,
    path: &str,
    mut parse: impl FnMut(&R, Location, &str) -> Option<T>,
) -> Option<Vec<T>> {
    let mut all = Some(Vec::new());
    for (index, raw) in list.iter().flat_map(|list| &list.value).enumerate() {
        let one = parse(&raw.value, raw.referenced, &format!("{path}[{index}]"));
        all = all.zip(one).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    all
}

fn pattern(
    raw: &raw::Pattern,
    here: Location,
    path: &str,
    names: &mut Names,
    problems: &mut Problems,
) -> Option<PiiPattern> {
    let name = names.take(&raw.name, here, path, problems);
    let score = percent(&raw.score, &format!("{path}.score"), problems);
    let context = match &raw.context {
        Some(list) => model::names(list, &format!("{path}.context"), problems),
        None => Some(Vec::new()),
    };
    let regex = regex(&raw.regex, here, &format!("{path}.regex"), problems);
    Some(PiiPattern {
        name: name?,
        regex: regex?,
        score: score?.unwrap_or(SCORE.0),
        context: context?,
    })
}

fn regex(text: &raw::Text, here: Location, field: &str, problems: &mut Problems) -> Option<String> {
    let Some(text) = text else {
        problems.at(here, field, "missing; write a regular expression");
        return None;
    };
    let pattern = Pattern {
        entity: ANY,
        regex: text.value.clone(),
        score: SCORE,
        context: Vec::new(),
    };
    penstock_pii::Custom::new(vec![pattern], &[], &[])
        .map_err(|invalid| problems.at(text.referenced, field, invalid.to_string()))
        .ok()?;
    Some(text.value.clone())
}

fn deny_list(
    raw: &raw::DenyList,
    here: Location,
    path: &str,
    names: &mut Names,
    problems: &mut Problems,
) -> Option<PiiList> {
    let name = names.take(&raw.name, here, path, problems);
    let words = words(&raw.words, here, &format!("{path}.words"), problems);
    Some(PiiList {
        name: name?,
        words: words?,
    })
}

fn words(
    list: &raw::List<String>,
    here: Location,
    field: &str,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let place = list.as_ref().map_or(here, |list| list.referenced);
    match list {
        Some(list) if !list.value.is_empty() => model::names(list, field, problems),
        list => {
            let wrong = if list.is_some() { "empty" } else { "missing" };
            problems.at(place, field, format!("{wrong}; name at least one word"));
            None
        }
    }
}
