//! What stands in the place of personal data in the texts of one request.
//!
//! Two rounds: [`Masking::look`] at every text, then [`Masking::replace`] in every text. A value that was recognised
//! in one text is masked in all of them, also where nothing around it tells what it is: the words that raise a score stand in one message, the
//! value alone in the next. That is also what makes restored text mask to what it was.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::json::{NESTED, Nesting, unescape_deep};
use crate::known::{Known, SHORTEST as SHORTEST_KNOWN};
use crate::placeholder::{Placeholders, literal};
use crate::vault::{Kind, Vault};
use crate::{Action, Entity, Finding, Manner, Policy, Recognizers, restore};

/// What a text is called that looks like a placeholder and is none.
pub(crate) const LITERAL: &str = "LITERAL";

/// Masks the texts of one request.
pub struct Masking<'m> {
    recognizers: &'m Recognizers,
    policy: &'m Policy,
    placeholders: &'m Placeholders,
    tenant: &'m str,
    custom: &'m [String],
    vault: Vault,
    /// What stands for good in the place of values.
    settled: HashMap<String, String>,
    /// Values as they were written in strings of JSON, where that is otherwise, and what they are called.
    spelled: HashMap<String, String>,
    known: Known,
    most: usize,
    /// How many placeholders of values there are.
    values: usize,
}

/// A text of a request.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'t> {
    /// What it says.
    pub text: &'t str,
    /// What it is.
    pub manner: Manner,
    /// The name of the field that it is the value of, if it is one of a structure.
    pub name: &'t str,
    /// How deep JSON may stand in strings of JSON in it.
    pub levels: u32,
}

impl<'t> Passage<'t> {
    /// A text that is no field's value.
    pub fn text(text: &'t str) -> Self {
        Self {
            text,
            manner: Manner::Text,
            name: "",
            levels: NESTED,
        }
    }
}

/// A part of a text that something else is to stand for.
struct Place {
    span: Range<usize>,
    is: Is,
}

#[derive(Clone, Copy)]
enum Is {
    Found(Entity),
    /// What looks like a placeholder.
    LookAlike,
    /// A value that was found elsewhere.
    Known,
}

impl std::fmt::Debug for Masking<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Masking");
        shown.field("vault", &self.vault).finish_non_exhaustive()
    }
}

impl<'m> Masking<'m> {
    /// Masks under a policy, for a tenant. `custom` names the kinds that the configuration defines. There are `most`
    /// placeholders, and at most that many findings in one text.
    pub fn new(
        recognizers: &'m Recognizers,
        policy: &'m Policy,
        placeholders: &'m Placeholders,
        tenant: &'m str,
        custom: &'m [String],
        most: usize,
    ) -> Self {
        Self {
            recognizers,
            policy,
            placeholders,
            tenant,
            custom,
            vault: Vault::default(),
            settled: HashMap::new(),
            spelled: HashMap::new(),
            known: Known::default(),
            most,
            values: 0,
        }
    }

    /// Finds what a text holds; `None` if that is more than there may be.
    pub fn look(&mut self, passage: &Passage<'_>) -> Option<Vec<Finding>> {
        let Passage { text, name, .. } = *passage;
        let thresholds = self.policy.thresholds();
        let found = self.recognizers.find_up_to(text, name, thresholds, self.most)?;
        let mut depths = Depths::new(passage);
        for finding in &found {
            let depth = depths.at(finding.span.start);
            let written = text.get(finding.span.clone()).unwrap_or_default();
            if self.instead(finding.entity, written, depth).is_some() {
                depths.replaced(finding.span.end);
            }
        }
        (!self.is_full()).then_some(found)
    }

    /// The same for a number of JSON.
    pub fn look_at_number(&mut self, number: &str, name: &str) -> Option<Vec<Finding>> {
        let found = self.look(&Passage {
            text: number,
            manner: Manner::Signed,
            name,
            levels: 0,
        })?;
        self.number_instead(number, &found);
        Some(found)
    }

    /// Whether there are as many placeholders as there may be.
    pub fn is_full(&self) -> bool {
        self.vault.len() >= self.most
    }

    /// How many placeholders of values there are. If they become more while texts are replaced, the texts before must be replaced
    /// again, for what looks like one of them.
    pub fn values(&self) -> usize {
        self.values
    }

    /// Ends the first round.
    pub fn seal(&mut self) {
        let settled = self.settled.keys().chain(self.spelled.keys());
        self.known = Known::new(self.vault.values().chain(settled.map(String::as_str)));
    }

    /// What is to be replaced in a text, in its order: places, and what they become. `found` is what [`Masking::look`]
    /// found in it. What stands in the place of a value is ASCII without quotes, backslashes and control characters.
    pub fn replace(&mut self, passage: &Passage<'_>, found: &[Finding]) -> Vec<(Range<usize>, String)> {
        let text = passage.text;
        let mut places: Vec<Place> = Vec::new();
        let found = found.iter().filter(|finding| self.replaces(finding.entity));
        let found = found.map(|finding| (finding.span.clone(), Is::Found(finding.entity)));
        add(&mut places, found.collect());
        // Nobody but the provider can write what it has signed.
        if passage.manner != Manner::Signed {
            let alike = self.look_alikes(text).into_iter();
            add(&mut places, alike.map(|span| (span, Is::LookAlike)).collect());
        }
        let known = self.known.find(text).into_iter();
        add(&mut places, known.map(|span| (span, Is::Known)).collect());
        if passage.manner == Manner::Signed {
            // It may have written beside a placeholder what makes the two look like one value.
            let written = restore::exact_placeholders(&self.vault, text);
            places.retain(|place| !overlaps(&written, &place.span));
        }
        let mut depths = Depths::new(passage);
        let replaced = places.into_iter().filter_map(|Place { span, is }| {
            let written = text.get(span.clone())?;
            let depth = depths.at(span.start);
            let instead = match is {
                Is::Found(entity) => self.instead(entity, written, depth)?,
                Is::LookAlike if self.is_full() => return None,
                Is::LookAlike => self.keep(LITERAL, written, depth),
                Is::Known => self.known_instead(written, depth)?,
            };
            depths.replaced(span.end);
            Some((span, instead))
        });
        replaced.collect()
    }

    /// What stands in the place of a number of JSON, if anything does: a string with its quotes.
    pub fn replace_number(&mut self, number: &str, found: &[Finding]) -> Option<String> {
        let instead = self.number_instead(number, found)?;
        Some(format!("\"{instead}\""))
    }

    /// What the values are to be restored from.
    pub fn into_vault(self) -> Vault {
        self.vault
    }

    /// Whether something stands in the place of values of a kind.
    fn replaces(&self, entity: Entity) -> bool {
        matches!(
            self.policy.action(entity),
            Action::Mask | Action::Hash | Action::Redact
        )
    }

    /// What stands in the place of a value that was found, if anything does.
    fn instead(&mut self, entity: Entity, written: &str, depth: u32) -> Option<String> {
        let label = label(entity, self.custom);
        let instead = match self.policy.action(entity) {
            Action::Mask => return Some(self.keep(label, written, depth)),
            Action::Hash => {
                let value = unescape_deep(written, depth).unwrap_or(Cow::Borrowed(written));
                self.placeholders.hash(self.tenant, label, &value)
            }
            Action::Redact => redacted(label),
            Action::Deny | Action::Flag | Action::Ignore => return None,
        };
        self.settled.insert(written.to_owned(), instead.clone());
        Some(instead)
    }

    /// What stands in the place of a value that was found elsewhere.
    fn known_instead(&mut self, written: &str, depth: u32) -> Option<String> {
        let label = self.vault.label(written).map(str::to_owned);
        match label.or_else(|| self.spelled.get(written).cloned()) {
            Some(label) => Some(self.keep(&label, written, depth)),
            None => self.settled.get(written).cloned(),
        }
    }

    fn number_instead(&mut self, number: &str, found: &[Finding]) -> Option<String> {
        let found = found
            .iter()
            .map(|finding| finding.entity)
            .find(|entity| self.replaces(*entity));
        let label = match found {
            Some(entity) if self.policy.action(entity) == Action::Mask => {
                label(entity, self.custom).to_owned()
            }
            Some(entity) => return self.instead(entity, number, 0),
            None if number.len() < SHORTEST_KNOWN => return None,
            None => match self.vault.label(number) {
                Some(label) => label.to_owned(),
                None => return self.settled.get(number).cloned(),
            },
        };
        Some(self.keep_as(&label, number, Kind::Number))
    }

    /// The placeholder of a value that stands in so many strings of JSON.
    fn keep(&mut self, label: &str, written: &str, depth: u32) -> String {
        match unescape_deep(written, depth) {
            Some(value) => {
                if value != written && label != LITERAL && !self.is_full() {
                    self.spelled.insert(written.to_owned(), label.to_owned());
                }
                self.keep_as(label, &value, Kind::Text)
            }
            None => self.keep_as(label, written, Kind::Written(depth)),
        }
    }

    fn keep_as(&mut self, label: &str, value: &str, kind: Kind) -> String {
        let before = self.vault.len();
        let placeholder = self
            .vault
            .keep(self.placeholders, self.tenant, label, value, kind);
        let placeholder = placeholder.to_owned();
        if label != LITERAL {
            self.values += self.vault.len() - before;
        }
        placeholder
    }

    /// Where a text looks like a placeholder of this request, or like what stands for such a text.
    fn look_alikes(&self, text: &str) -> Vec<Range<usize>> {
        if self.vault.is_empty() {
            return Vec::new();
        }
        let mut spans = restore::placeholders(&self.vault, text);
        spans.extend(literal(text));
        spans.sort_by_key(|span| span.start);
        spans.dedup_by(|later, earlier| later.start < earlier.end);
        spans
    }
}

/// How deep in strings of JSON places of a text are once others in front of them are replaced.
struct Depths<'t> {
    text: &'t str,
    nesting: Nesting,
    at: usize,
}

impl<'t> Depths<'t> {
    fn new(passage: &Passage<'t>) -> Self {
        Self {
            text: passage.text,
            nesting: passage.manner.nesting(passage.levels),
            at: 0,
        }
    }

    /// That of a place behind those before.
    fn at(&mut self, start: usize) -> u32 {
        self.nesting
            .pass(self.text.get(self.at..start).unwrap_or_default());
        self.at = start;
        self.nesting.depth()
    }

    /// A placeholder stands for what is up to `end`.
    fn replaced(&mut self, end: usize) {
        self.at = end;
        // No more of it matters.
        self.nesting.pass("[A");
    }
}

/// Whether a span overlaps one of those, which are in order.
pub(crate) fn overlaps(spans: &[Range<usize>], span: &Range<usize>) -> bool {
    let before = spans.partition_point(|other| other.start < span.end);
    let last = before.checked_sub(1).and_then(|last| spans.get(last));
    last.is_some_and(|other| span.start < other.end)
}

/// Adds those places, which are in order, that overlap none of those that are there.
fn add(places: &mut Vec<Place>, more: Vec<(Range<usize>, Is)>) {
    let taken = places.len();
    for (span, is) in more {
        let before = places.get(..taken).unwrap_or_default();
        let behind = before.partition_point(|place| place.span.start < span.end);
        let last = behind.checked_sub(1).and_then(|last| before.get(last));
        if last.is_none_or(|place| place.span.end <= span.start) {
            places.push(Place { span, is });
        }
    }
    places.sort_by_key(|place| place.span.start);
}

/// What stands for good in the place of a value.
pub(crate) fn redacted(label: &str) -> String {
    format!("[{label}]")
}

/// What a placeholder calls a kind of data.
pub fn label(entity: Entity, custom: &[String]) -> &str {
    match entity {
        Entity::Custom(index) => custom.get(usize::from(index)).map_or("CUSTOM", String::as_str),
        entity => entity.label(),
    }
}

#[cfg(test)]
mod tests;
