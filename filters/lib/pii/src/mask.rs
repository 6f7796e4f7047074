//! What stands in the place of personal data in the texts of one request.
//!
//! Two rounds: [`Masking::look`] at every text, then [`Masking::replace`] in every text. A value that was recognised
//! in one text is masked in all of them, also where nothing around it tells what it is: the words that raise a score stand in one message, the
//! value alone in the next. That is also what makes restored text mask to what it was.

use std::ops::Range;

use crate::known::Known;
use crate::placeholder::{Placeholders, literal};
use crate::vault::Vault;
use crate::{Action, Entity, Finding, Policy, Recognizers, restore};

/// What a text is called that looks like a placeholder and is none.
pub(crate) const LITERAL: &str = "LITERAL";

/// Masks the texts of one request.
#[derive(Debug)]
pub struct Masking<'m> {
    recognizers: &'m Recognizers,
    policy: &'m Policy,
    placeholders: &'m Placeholders,
    tenant: &'m str,
    custom: &'m [String],
    vault: Vault,
    known: Known,
}

impl<'m> Masking<'m> {
    /// Masks under a policy, for a tenant. `custom` names the kinds that the configuration defines.
    pub fn new(
        recognizers: &'m Recognizers,
        policy: &'m Policy,
        placeholders: &'m Placeholders,
        tenant: &'m str,
        custom: &'m [String],
    ) -> Self {
        Self {
            recognizers,
            policy,
            placeholders,
            tenant,
            custom,
            vault: Vault::default(),
            known: Known::default(),
        }
    }

    /// Finds what a text holds. `name` is the name of the field that it is the value of, if it is one of a structure.
    /// If there are more findings than `room`, none of them is remembered.
    pub fn look(&mut self, text: &str, name: &str, room: usize) -> Vec<Finding> {
        let found = self.recognizers.find(text, name, self.policy.thresholds());
        for finding in found.iter().filter(|_| found.len() <= room) {
            if self.policy.action(finding.entity) == Action::Mask
                && let Some(value) = text.get(finding.span.clone())
            {
                let label = label(finding.entity, self.custom);
                self.vault.keep(self.placeholders, self.tenant, label, value);
            }
        }
        found
    }

    /// The same for a number of JSON.
    pub fn look_at_number(&mut self, number: &str, name: &str, room: usize) -> Vec<Finding> {
        let found = self.look(number, name, room);
        let masked = found
            .first()
            .filter(|finding| self.policy.action(finding.entity) == Action::Mask);
        if let Some(finding) = masked {
            let label = label(finding.entity, self.custom);
            self.vault
                .keep_number(self.placeholders, self.tenant, label, number);
        }
        found
    }

    /// Ends the first round. `numbers` are those of JSON in which nothing was found: some may be known from a text.
    pub fn seal(&mut self, numbers: &[String]) {
        for number in numbers {
            if let Some(label) = self.vault.label(number).map(str::to_owned) {
                self.vault
                    .keep_number(self.placeholders, self.tenant, &label, number);
            }
        }
        self.known = Known::new(self.vault.values());
    }

    /// What is to be replaced in a text, in its order: places, and what they become. `found` is what [`Masking::look`]
    /// found in it. What stands in the place of a value is ASCII without quotes, backslashes and control characters.
    pub fn replace(&mut self, text: &str, found: &[Finding]) -> Vec<(Range<usize>, String)> {
        let mut places: Vec<(Range<usize>, String)> = Vec::new();
        for finding in found {
            if let Some(instead) = text
                .get(finding.span.clone())
                .and_then(|value| self.instead(finding.entity, value))
            {
                places.push((finding.span.clone(), instead));
            }
        }
        let mut taken = places.len();
        for span in self.look_alikes(text) {
            if is_free(&places, taken, &span)
                && let Some(value) = text.get(span.clone())
            {
                let placeholder = self.vault.keep(self.placeholders, self.tenant, LITERAL, value);
                places.push((span, placeholder.to_owned()));
            }
        }
        places.sort_by_key(|(span, _)| span.start);
        taken = places.len();
        for span in self.known.find(text) {
            if is_free(&places, taken, &span)
                && let Some(placeholder) = text
                    .get(span.clone())
                    .and_then(|value| self.vault.placeholder(value))
            {
                places.push((span, placeholder.to_owned()));
            }
        }
        places.sort_by_key(|(span, _)| span.start);
        places
    }

    /// What stands in the place of a number of JSON, if anything does: a string with its quotes.
    pub fn replace_number(&mut self, number: &str, found: &[Finding]) -> Option<String> {
        let entity = found.first().map(|finding| finding.entity);
        let label = match entity {
            Some(entity) if self.policy.action(entity) != Action::Mask => {
                let instead = self.instead(entity, number)?;
                return Some(format!("\"{instead}\""));
            }
            Some(entity) => label(entity, self.custom).to_owned(),
            None => self.vault.label(number)?.to_owned(),
        };
        let placeholder = self
            .vault
            .keep_number(self.placeholders, self.tenant, &label, number);
        Some(format!("\"{placeholder}\""))
    }

    /// What the values are to be restored from.
    pub fn into_vault(self) -> Vault {
        self.vault
    }

    /// What stands in the place of a value, if anything does.
    fn instead(&self, entity: Entity, value: &str) -> Option<String> {
        match self.policy.action(entity) {
            Action::Mask => self.vault.placeholder(value).map(str::to_owned),
            Action::Hash => Some(
                self.placeholders
                    .hash(self.tenant, label(entity, self.custom), value),
            ),
            Action::Redact => Some(redacted(label(entity, self.custom))),
            Action::Deny | Action::Flag | Action::Ignore => None,
        }
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

/// Whether none of the first `taken` places, which are in order, overlaps the span.
fn is_free(places: &[(Range<usize>, String)], taken: usize, span: &Range<usize>) -> bool {
    let places = places.get(..taken).unwrap_or_default();
    let behind = places.partition_point(|(place, _)| place.start < span.end);
    behind
        .checked_sub(1)
        .and_then(|last| places.get(last))
        .is_none_or(|(place, _)| place.end <= span.start)
}

#[cfg(test)]
mod tests;
