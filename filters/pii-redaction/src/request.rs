//! Personal data in a request: found, and replaced.

use std::collections::BTreeMap;
use std::ops::Range;

use penstock_pii::{Action, Entity, Finding, Masking, Policy, Vault, escape};
use penstock_translate::json;
use serde::de::IgnoredAny;

use crate::rule::Rule;
use crate::text::Decoded;
use crate::walk::{Leaf, walk};

/// How deep JSON may stand in strings of JSON; what is deeper is text.
const NESTED: usize = 3;
/// Most findings in one request. Each takes memory until the answer is there.
const MOST_FINDINGS: usize = 50_000;
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
    Masked(Option<Vec<u8>>, Vault),
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
    masking: &'l mut Masking<'m>,
    policy: &'l Policy,
    report: Report,
    found: Vec<Vec<Finding>>,
    findings: usize,
    denied: Vec<Denied>,
}

/// Replaces what is to be replaced in a body that is right JSON and passed `json::check`.
pub(crate) fn mask(body: &str, mut masking: Masking<'_>, policy: &Policy) -> (Outcome, Report) {
    let mut look = Look {
        masking: &mut masking,
        policy,
        report: Report::default(),
        found: Vec::new(),
        findings: 0,
        denied: Vec::new(),
    };
    look.through(body, Rule::Body, NESTED, None);
    let Look {
        report,
        found,
        findings,
        denied,
        ..
    } = look;
    if !denied.is_empty() {
        return (Outcome::Denied(denied), report);
    }
    if findings > MOST_FINDINGS {
        return (Outcome::TooMany, report);
    }
    masking.seal();
    let edits = replace(body, Rule::Body, NESTED, &mut masking, &mut found.iter());
    let edited = (!edits.is_empty()).then(|| apply(body, &edits).into_bytes());
    (Outcome::Masked(edited, masking.into_vault()), report)
}

impl Look<'_, '_> {
    /// `outer` is where a text stands that is a string of another.
    fn through(&mut self, source: &str, root: Rule, nested: usize, outer: Option<&str>) {
        walk(source, root, |leaf| {
            if is_attachment(&leaf) {
                self.report.attachments = self.report.attachments.saturating_add(1);
                return;
            }
            if self.findings > MOST_FINDINGS {
                self.found.push(Vec::new());
                return;
            }
            let text = Decoded::new(leaf.raw).text;
            let field = || match outer {
                Some(outer) => outer.to_owned(),
                None => json::path_at(source, leaf.span.start),
            };
            if holds_json(&leaf, &text, nested) {
                let field = match self.policy_denies() {
                    true => field(),
                    false => String::new(),
                };
                self.through(&text, Rule::Data, nested - 1, Some(&field));
                return;
            }
            let found = self.masking.look(&text, leaf.name);
            self.findings += found.len();
            for finding in &found {
                let count = self.report.counts.entry(finding.entity).or_default();
                *count = count.saturating_add(1);
                if self.policy.action(finding.entity) == Action::Deny && self.denied.len() < MOST_NAMED {
                    self.denied.push(Denied {
                        entity: finding.entity,
                        field: field(),
                        characters: characters(&text, &finding.span),
                    });
                }
            }
            self.found.push(found);
        });
    }

    fn policy_denies(&self) -> bool {
        Entity::ALL
            .iter()
            .any(|entity| self.policy.action(*entity) == Action::Deny)
    }
}

/// The second round. `found` is what the first has found in each text, in the same order.
fn replace<'f>(
    source: &str,
    root: Rule,
    nested: usize,
    masking: &mut Masking<'_>,
    found: &mut impl Iterator<Item = &'f Vec<Finding>>,
) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    walk(source, root, |leaf| {
        if is_attachment(&leaf) {
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
        if leaf.is_number {
            edits.extend(
                masking
                    .replace_number(leaf.raw, found)
                    .map(|instead| (leaf.span, instead)),
            );
            return;
        }
        let places = masking.replace(&decoded.text, found).into_iter();
        edits.extend(places.map(|(span, instead)| (shifted(decoded.raw(span), leaf.span.start), instead)));
    });
    edits
}

/// Whether a leaf holds what cannot be looked into: base64, by itself or in a `data:` URL.
fn is_attachment(leaf: &Leaf<'_>) -> bool {
    if leaf.rule != Rule::Binary {
        return false;
    }
    let base64 = match leaf.raw.strip_prefix("data:") {
        Some(url) => match url.split_once(";base64,") {
            Some((_, base64)) => base64,
            None => return false,
        },
        None => leaf.raw,
    };
    base64
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
}

/// Whether a text is to be read as JSON: an object or a list where one may stand.
fn holds_json(leaf: &Leaf<'_>, text: &str, nested: usize) -> bool {
    nested > 0
        && !leaf.is_number
        && leaf.rule != Rule::Signed
        && text.trim_start().starts_with(['{', '['])
        && json::check(text.as_bytes()).is_ok()
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
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
