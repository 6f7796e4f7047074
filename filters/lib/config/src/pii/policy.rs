//! What one place of the file says of personal data, and what follows from all of them.

use penstock_pii::Score;
use serde_saphyr::Location;

use crate::{
    problem::Problems,
    raw,
    slice::{Attachments, PiiAction, PiiEntity, PiiPolicy, PiiResponse, Unscannable},
    spanned::Spanned,
    suggest,
};

const ACTIONS: [(&str, PiiAction); 6] = [
    ("mask", PiiAction::Mask),
    ("hash", PiiAction::Hash),
    ("redact", PiiAction::Redact),
    ("deny", PiiAction::Deny),
    ("flag", PiiAction::Flag),
    ("ignore", PiiAction::Ignore),
];
const UNSCANNABLE: [(&str, Unscannable); 2] = [("deny", Unscannable::Deny), ("pass", Unscannable::Pass)];
const ATTACHMENTS: [(&str, Attachments); 2] = [("pass", Attachments::Pass), ("deny", Attachments::Deny)];
const RESPONSES: [(&str, PiiResponse); 2] = [("pass", PiiResponse::Pass), ("mask", PiiResponse::Mask)];

/// What one place says; what it leaves out is said elsewhere.
pub(super) struct Said {
    all: Treatment,
    entities: Vec<(String, Treatment)>,
    on_unscannable: Option<Unscannable>,
    attachments: Option<Attachments>,
    restore: Option<bool>,
    response: Option<PiiResponse>,
}

#[derive(Clone, Copy, Default)]
struct Treatment {
    action: Option<PiiAction>,
    threshold: Option<u8>,
}

impl Said {
    /// `known` are the names of all kinds.
    pub(super) fn parse(raw: &raw::Pii, path: &str, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let all = Treatment::parse(&raw.action, &raw.threshold, path, problems);
        let entities = entities(&raw.entities.0, path, known, problems);
        let on_unscannable = choice(
            &raw.on_unscannable,
            path,
            "on_unscannable",
            &UNSCANNABLE,
            problems,
        );
        let attachments = choice(&raw.attachments, path, "attachments", &ATTACHMENTS, problems);
        let response = choice(&raw.response, path, "response", &RESPONSES, problems);
        Some(Self {
            all: all?,
            entities: entities?,
            on_unscannable: on_unscannable?,
            attachments: attachments?,
            restore: raw.restore.as_ref().map(|flag| flag.value),
            response: response?,
        })
    }

    fn of(&self, entity: &str) -> Treatment {
        let found = self.entities.iter().find(|(name, _)| name == entity);
        found.map(|(_, treatment)| *treatment).unwrap_or_default()
    }
}

impl Treatment {
    fn parse(
        action: &raw::Text,
        threshold: &raw::Decimal,
        path: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let action = choice(action, path, "action", &ACTIONS, problems);
        let threshold = percent(threshold, &format!("{path}.threshold"), problems);
        Some(Self {
            action: action?,
            threshold: threshold?,
        })
    }
}

/// The policy that follows, of what is said nearest first. What is said of one kind holds over what is said of all, wherever
/// each is said: a model that flags everything still refuses what is refused by name.
pub(super) fn resolve(said: &[&Said], known: &[&str]) -> PiiPolicy {
    let all = merged(said.iter().map(|said| said.all));
    let action = all.action.unwrap_or_default();
    let threshold = all.threshold.unwrap_or(Score::THRESHOLD.0);
    let entities = known.iter().filter_map(|name| {
        let own = merged(said.iter().map(|said| said.of(name)));
        let entity = PiiEntity {
            name: (*name).to_owned(),
            action: own.action.unwrap_or(action),
            threshold: own.threshold.unwrap_or(threshold),
        };
        ((entity.action, entity.threshold) != (action, threshold)).then_some(entity)
    });
    PiiPolicy {
        on_unscannable: said
            .iter()
            .find_map(|said| said.on_unscannable)
            .unwrap_or_default(),
        attachments: said.iter().find_map(|said| said.attachments).unwrap_or_default(),
        restore: said.iter().find_map(|said| said.restore).unwrap_or(true),
        response: said.iter().find_map(|said| said.response).unwrap_or_default(),
        action,
        threshold,
        entities: entities.collect(),
    }
}

fn merged(said: impl Iterator<Item = Treatment>) -> Treatment {
    said.fold(Treatment::default(), |nearer, farther| Treatment {
        action: nearer.action.or(farther.action),
        threshold: nearer.threshold.or(farther.threshold),
    })
}

/// Fields that a model cannot have for itself, where they stand.
pub(super) fn for_all_models(raw: &raw::Pii) -> impl Iterator<Item = (&'static str, Location)> {
    let fields = [
        ("key", raw.key.as_ref().map(|key| key.referenced)),
        ("patterns", raw.patterns.as_ref().map(|list| list.referenced)),
        ("deny_lists", raw.deny_lists.as_ref().map(|list| list.referenced)),
        ("allow", raw.allow.as_ref().map(|list| list.referenced)),
    ];
    fields
        .into_iter()
        .filter_map(|(field, place)| Some((field, place?)))
}

/// A part of one, as a percentage. The outer `None` is a problem.
pub(super) fn percent(number: &raw::Decimal, field: &str, problems: &mut Problems) -> Option<Option<u8>> {
    let Some(number) = number else {
        return Some(None);
    };
    if !(0.0..=1.0).contains(&number.value) {
        problems.at(number.referenced, field, "must be 0 to 1, such as 0.5");
        return None;
    }
    Some(Some((number.value * 100.0).round() as u8))
}

fn entities(
    raw: &[(Spanned<String>, raw::Entity)],
    path: &str,
    known: &[&str],
    problems: &mut Problems,
) -> Option<Vec<(String, Treatment)>> {
    let mut all = Some(Vec::new());
    for (name, raw) in raw {
        let field = format!("{path}.entities.{}", name.value);
        if !known.contains(&name.value.as_str()) {
            let remedy = suggest::remedy(&name.value, known.iter().copied());
            problems.at(
                name.referenced,
                field,
                format!("no kind of data has this name; {remedy}"),
            );
            all = None;
            continue;
        }
        let treatment = Treatment::parse(&raw.action, &raw.threshold, &field, problems);
        all = all.zip(treatment).map(|(mut all, treatment)| {
            all.push((name.value.clone(), treatment));
            all
        });
    }
    all
}

fn choice<T: Copy>(
    text: &raw::Text,
    path: &str,
    field: &str,
    choices: &[(&str, T)],
    problems: &mut Problems,
) -> Option<Option<T>> {
    match text {
        Some(text) => suggest::one_of(text, &format!("{path}.{field}"), choices, problems).map(Some),
        None => Some(None),
    }
}
