//! Personal data in a request: found, and replaced.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use penstock_pii::{Action, Decoded, Entity, Finding, Masking, NESTED, Passage, Policy, Vault, escape};
use penstock_translate::json;
use serde::de::IgnoredAny;

use crate::opaque::{is_attachment, is_opaque};
use crate::rule::Rule;
use crate::walk::{Kind, Leaf, walk};

/// Most findings in one request, and most placeholders. Each takes memory until the answer is there.
pub(crate) const MOST_FINDINGS: usize = 20_000;
/// Most findings that a refusal names.
const MOST_NAMED: usize = 20;

/// What was found in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// How many values of each kind.
    pub counts: BTreeMap<Entity, u32>,
    /// Images, audio and files, which are not looked into.
    pub attachments: u32,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It goes on, with this body if it is another one.
    Masked(Option<Vec<u8>>, Box<Vault>),
    /// It holds what is not to be sent: the kinds, and where the first of them stand.
    Denied(Vec<Denied>),
    /// There is more in it than can be kept.
    TooMany,
}

/// A value for which a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub entity: Entity,
    /// The field that it stands in.
    pub field: String,
    /// From which to which character of the field's text.
    pub characters: Range<usize>,
}

/// The first round: what stands in each text, in the order in which [`walk`] tells them.
struct Look<'l, 'm> {
    body: &'l str,
    masking: &'l mut Masking<'m>,
    policy: &'l Policy,
    report: Report,
    found: Vec<Vec<Finding>>,
    /// How many more findings there may be; `None` if there are too many.
    room: Option<usize>,
    denied: Vec<Denied>,
}

/// Replaces what is to be replaced in a body that is right JSON and passed `json::check`.
pub(crate) fn mask(body: &str, mut masking: Masking<'_>, policy: &Policy) -> (Outcome, Report) {
    let mut look = Look {
        body,
        masking: &mut masking,
        policy,
        report: Report::default(),
        found: Vec::new(),
        room: Some(MOST_FINDINGS),
        denied: Vec::new(),
    };
    look.through(body, Rule::Request, NESTED, None);
    let Look {
        report,
        found,
        room,
        denied,
        ..
    } = look;
    if !denied.is_empty() {
        return (Outcome::Denied(denied), report);
    }
    if room.is_none() {
        return (Outcome::TooMany, report);
    }
    masking.seal();
    let values = masking.values();
    let mut edits = replace(body, Rule::Request, NESTED, &mut masking, &mut found.iter());
    if masking.values() > values {
        edits = replace(body, Rule::Request, NESTED, &mut masking, &mut found.iter());
    }
    if masking.is_full() {
        return (Outcome::TooMany, report);
    }
    let edited = (!edits.is_empty()).then(|| apply(body, &edits).into_bytes());
    (Outcome::Masked(edited, Box::new(masking.into_vault())), report)
}

impl Look<'_, '_> {
    /// `outer` is where a text stands that is a string of another.
    fn through(&mut self, source: &str, root: Rule, nested: u32, outer: Option<usize>) {
        walk(source, root, |leaf| {
            if is_attachment(&leaf) {
                self.report.attachments = self.report.attachments.saturating_add(1);
            }
            if is_opaque(&leaf) {
                return;
            }
            let Some(room) = self.room else { return };
            let text = Decoded::new(leaf.raw).text;
            let place = outer.unwrap_or(leaf.span.start);
            if holds_json(&leaf, &text, nested) {
                self.through(&text, Rule::Data, nested - 1, Some(place));
                return;
            }
            let found = match leaf.kind {
                Kind::Number => self.masking.look_at_number(&integral(&text), leaf.name),
                _ => self.masking.look(&passage(&leaf, &text, nested)),
            };
            self.room = found.as_ref().and_then(|found| room.checked_sub(found.len()));
            let Some(found) = found else { return };
            for finding in &found {
                let count = self.report.counts.entry(finding.entity).or_default();
                *count = count.saturating_add(1);
                if self.policy.action(finding.entity) == Action::Deny && self.denied.len() < MOST_NAMED {
                    self.denied.push(Denied {
                        entity: finding.entity,
                        field: public(&json::path_at(self.body, place)),
                        characters: characters(&text, &finding.span),
                    });
                }
            }
            self.found.push(found);
        });
    }
}

/// The second round. `found` is what the first has found in each text, in the same order.
fn replace<'f>(
    source: &str,
    root: Rule,
    nested: u32,
    masking: &mut Masking<'_>,
    found: &mut impl Iterator<Item = &'f Vec<Finding>>,
) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    walk(source, root, |leaf| {
        if is_opaque(&leaf) {
            return;
        }
        let decoded = Decoded::new(leaf.raw);
        if holds_json(&leaf, &decoded.text, nested) {
            // The iterator's type would grow with each level.
            let found: &mut dyn Iterator<Item = &'f Vec<Finding>> = found;
            let inner = replace(&decoded.text, Rule::Data, nested - 1, masking, &mut { found });
            edits.extend(inner.into_iter().map(|(span, instead)| {
                let mut escaped = String::with_capacity(instead.len());
                escape(&instead, &mut escaped);
                (shifted(decoded.raw(span), leaf.span.start), escaped)
            }));
            return;
        }
        let Some(found) = found.next() else { return };
        if leaf.kind == Kind::Number {
            let instead = masking.replace_number(&integral(leaf.raw), found);
            edits.extend(instead.map(|instead| (leaf.span, instead)));
            return;
        }
        let places = masking
            .replace(&passage(&leaf, &decoded.text, nested), found)
            .into_iter();
        edits.extend(places.map(|(span, instead)| (shifted(decoded.raw(span), leaf.span.start), instead)));
    });
    edits
}

fn passage<'t>(leaf: &Leaf<'t>, text: &'t str, levels: u32) -> Passage<'t> {
    Passage {
        text,
        manner: leaf.rule.manner(),
        name: leaf.name,
        levels,
    }
}

/// Whether a text is to be read as JSON: an object or a list where one may stand.
fn holds_json(leaf: &Leaf<'_>, text: &str, nested: u32) -> bool {
    nested > 0
        && leaf.kind != Kind::Number
        && leaf.rule != Rule::Signed
        && text.trim_start().starts_with(['{', '['])
        && json::check(text.as_bytes()).is_ok()
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A whole number as its digits, also where it is written with a fraction of zeros, as columns of numbers with gaps are, or with
/// an exponent; any other as it is.
pub(crate) fn integral(number: &str) -> Cow<'_, str> {
    const MOST_DIGITS: usize = 40;
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let places = exponent
        .parse::<usize>()
        .ok()
        .filter(|places| *places <= MOST_DIGITS);
    let zeros = places.and_then(|places| places.checked_sub(fraction.len()));
    match zeros {
        Some(0) if whole.len() == number.len() => Cow::Borrowed(number),
        Some(zeros) if !whole.starts_with('0') => {
            Cow::Owned(format!("{whole}{fraction}{}", "0".repeat(zeros)))
        }
        _ => Cow::Borrowed(number),
    }
}

/// A path in which only names of the APIs are told: others are the caller's, and may be personal.
fn public(path: &str) -> String {
    const KNOWN: &[&str] = &[
        "messages",
        "content",
        "text",
        "system",
        "name",
        "input",
        "arguments",
        "tool_calls",
        "function",
        "custom",
        "function_call",
        "tools",
        "functions",
        "parameters",
        "input_schema",
        "description",
        "properties",
        "metadata",
        "user",
        "user_id",
        "safety_identifier",
        "source",
        "data",
        "url",
        "image_url",
        "file",
        "filename",
        "title",
        "context",
        "thinking",
        "thinking_blocks",
        "reasoning_content",
        "refusal",
        "response_format",
        "json_schema",
        "schema",
        "stop",
        "prediction",
    ];
    let parts = path.split('.').map(|part| {
        let name = part.split('[').next().unwrap_or_default();
        match KNOWN.contains(&name) {
            true => part.to_owned(),
            false => format!("*{}", part.get(name.len()..).unwrap_or_default()),
        }
    });
    parts.collect::<Vec<_>>().join(".")
}

fn shifted(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

fn characters(text: &str, span: &Range<usize>) -> Range<usize> {
    let count = |end: usize| text.get(..end).unwrap_or_default().chars().count();
    count(span.start)..count(span.end)
}

/// A text with edits, which are in order and do not overlap.
pub(crate) fn apply(source: &str, edits: &[(Range<usize>, String)]) -> String {
    let grown: usize = edits.iter().map(|(_, instead)| instead.len()).sum();
    let mut out = String::with_capacity(source.len() + grown);
    let mut at = 0;
    for (span, instead) in edits {
        out.push_str(source.get(at..span.start).unwrap_or_default());
        out.push_str(instead);
        at = span.end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}
