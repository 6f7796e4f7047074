//! One target, as the service plans with it.

use std::fmt;

use penstock_chat::Tokens;
use serde::Serialize;

use crate::{model, problem::Problems, raw, spanned::Spanned, suggest};

const CAPABILITIES: [(&str, Capability); 4] = [
    ("tools", Capability::Tools),
    ("images", Capability::Images),
    ("json_schema", Capability::JsonSchema),
    ("reasoning", Capability::Reasoning),
];
const WEIGHT: u32 = 1;
const MOST_NUMBER: u32 = 1_000_000;
const MOST_PERCENT: u32 = 100;
const LONGEST_REGION: usize = 64;

/// One target, as the service plans with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// The lower, the earlier.
    pub priority: u32,
    /// Its part of the requests, against the weights of the others; with 0 it only gets what nothing else can take.
    pub weight: u32,
    /// The percentage of callers that get it first.
    pub canary: Option<u8>,
    /// Where it is: its own, or else its provider's.
    pub region: Option<String>,
    /// Which version of the model it is, in the operator's words.
    pub version: Option<String>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Input and output tokens that fit into one request, if known.
    pub context_window: Option<Tokens>,
    /// The most output tokens that the model gives.
    pub max_output_tokens: Option<Tokens>,
    /// It is asked with the client's own credential, so that refusals may be about the client.
    pub client_credential: bool,
}

/// Whether what is in the region `own` is within `region`; what is nowhere that is known may be anywhere.
pub(crate) fn is_within(own: Option<&str>, region: &str) -> bool {
    own.is_some_and(|own| {
        let mut segments = own.split('-');
        region.split('-').all(|segment| segments.next() == Some(segment))
    })
}

impl Route {
    /// Whether it is within a region, or in it: `eu-west-1` is within `eu` and `eu-west`, and not within `e` or
    /// `eu-west-2`. A target of which nobody said where it is may be anywhere.
    pub fn is_within(&self, region: &str) -> bool {
        is_within(self.region.as_deref(), region)
    }

    pub(super) fn is_default(&self) -> bool {
        let Self {
            priority: 0,
            weight: WEIGHT,
            canary: None,
            region: None,
            version: None,
            capabilities,
            ..
        } = self
        else {
            return false;
        };
        *capabilities == Capabilities::ALL
    }
}

/// What some models can do and others cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Calling tools.
    Tools,
    /// Seeing images.
    Images,
    /// Answering in a given JSON schema.
    JsonSchema,
    /// Reasoning that the client asks for.
    Reasoning,
}

impl Capability {
    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        CAPABILITIES.iter().map(|(_, capability)| *capability)
    }
}

/// As in the file.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = CAPABILITIES.iter().find(|(_, capability)| capability == self);
        f.write_str(word.map_or("", |(word, _)| word))
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Every one.
    pub const ALL: Self = Self(0b1111);

    /// This set with `capability`.
    #[must_use]
    pub fn with(self, capability: Capability) -> Self {
        Self(self.0 | Self::bit(capability))
    }

    /// Whether `capability` is in it.
    pub fn has(self, capability: Capability) -> bool {
        self.0 & Self::bit(capability) != 0
    }

    /// The first of `needed` that is not in it.
    pub fn lacks(self, needed: Self) -> Option<Capability> {
        Capability::all().find(|capability| needed.has(*capability) && !self.has(*capability))
    }

    fn bit(capability: Capability) -> u8 {
        match capability {
            Capability::Tools => 1,
            Capability::Images => 2,
            Capability::JsonSchema => 4,
            Capability::Reasoning => 8,
        }
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::default(), Self::with)
    }
}

/// What the file says here; what is wrong is reported and stays as it is by default.
pub(super) fn parse(raw: &raw::Target, path: &str, problems: &mut Problems) -> Route {
    let number = |written: &raw::Number, field, most, default, problems: &mut Problems| {
        number(
            written.as_ref(),
            &format!("{path}.{field}"),
            most,
            default,
            problems,
        )
    };
    let percent = number(&raw.canary, "canary", MOST_PERCENT, 0, problems);
    Route {
        provider: String::new(),
        model: String::new(),
        priority: number(&raw.priority, "priority", MOST_NUMBER, 0, problems),
        weight: number(&raw.weight, "weight", MOST_NUMBER, WEIGHT, problems),
        canary: raw.canary.as_ref().and_then(|_| u8::try_from(percent).ok()),
        region: raw
            .region
            .as_ref()
            .and_then(|text| region(text, &format!("{path}.region"), problems)),
        version: raw
            .version
            .as_ref()
            .and_then(|text| model::name(text, &format!("{path}.version"), problems)),
        capabilities: raw.capabilities.as_ref().map_or(Capabilities::ALL, |list| {
            capabilities(list, &format!("{path}.capabilities"), problems)
        }),
        context_window: None,
        max_output_tokens: None,
        client_credential: false,
    }
}

/// A region is compared with what keys say, segment by segment between its dashes.
pub(crate) fn region(text: &Spanned<String>, field: &str, problems: &mut Problems) -> Option<String> {
    let valid = text.value.len() <= LONGEST_REGION
        && text.value.split('-').all(|segment| {
            !segment.is_empty()
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
    if !valid {
        problems.at(
            text.referenced,
            field,
            "not a region; use small letters and digits with - between, such as eu or eu-west-1",
        );
    }
    valid.then(|| text.value.clone())
}

fn number(
    written: Option<&Spanned<u64>>,
    field: &str,
    most: u32,
    default: u32,
    problems: &mut Problems,
) -> u32 {
    let Some(written) = written else { return default };
    match u32::try_from(written.value) {
        Ok(number) if number <= most => number,
        _ => {
            problems.at(written.referenced, field, format!("must be 0 to {most}"));
            default
        }
    }
}

fn capabilities(list: &Spanned<Vec<Spanned<String>>>, field: &str, problems: &mut Problems) -> Capabilities {
    let mut all = Capabilities::default();
    for (index, text) in list.value.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let Some(capability) = suggest::one_of(text, &field, &CAPABILITIES, problems) else {
            continue;
        };
        if all.has(capability) {
            problems.at(
                text.referenced,
                field,
                format!("{:?} is listed already; keep one", text.value),
            );
        }
        all = all.with(capability);
    }
    all
}
