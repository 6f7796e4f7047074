//! Personal data that is new in a text that comes in pieces.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::mask::{label, overlaps, redacted};
use crate::placeholder::{Placeholders, TAG};
use crate::vault::Vault;
use crate::{Action, Entity, Policy, Recognizers, restore};

/// How much of the end of a text waits for what follows, in bytes: longer than anything that has spaces in it and is
/// recognised.
const LOOK_BACK: usize = 256;
/// How much of what was given on is still seen, for the words in it.
const CONTEXT: usize = 96;
/// How much has to come before it is worth another look.
const STEP: usize = 64;
/// Longest text without a place to cut it that is held back.
const MOST_HELD: usize = 16 << 10;

/// How new personal data is found and what becomes of it.
#[derive(Debug)]
pub struct Screening<'s> {
    /// What finds it.
    pub recognizers: &'s Recognizers,
    /// What becomes of each kind. What would be refused in a request is redacted.
    pub policy: &'s Policy,
    /// Makes what stands in its place.
    pub placeholders: &'s Placeholders,
    /// Whose it is.
    pub tenant: &'s str,
    /// Names of the kinds that the configuration defines.
    pub custom: &'s [String],
    /// How many values of each kind were found.
    pub counts: BTreeMap<Entity, u32>,
}

/// What stands for good in the place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// It, without quotes.
    pub text: String,
    /// Whether the value may be a number of JSON.
    pub is_number: bool,
}

/// The end of a text that is not sure yet.
pub struct Screen {
    /// The name of the field that it is the value of, if it is one of a structure.
    name: String,
    text: String,
    /// What is before it was given on.
    sure: usize,
    /// How much has to be held back for the next look.
    look_at: usize,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Screen");
        shown.field("sure", &self.sure).finish_non_exhaustive()
    }
}

impl Screen {
    /// At the start of a text. `name` is the name of the field that it is the value of, if it is one of a structure.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            sure: 0,
            look_at: LOOK_BACK + STEP,
        }
    }

    /// Tells what is sure of the text so far: pieces of it, and behind each what stands in the place of the personal data
    /// that followed, if there was any. Placeholders of `vault` are no personal data.
    pub fn push(
        &mut self,
        screening: &mut Screening<'_>,
        vault: &Vault,
        piece: &str,
        tell: impl FnMut(&str, Option<Instead>),
    ) {
        self.text.push_str(piece);
        let held = self.text.len() - self.sure;
        if held >= self.look_at {
            let moved = self.give(screening, vault, false, tell);
            // Where nothing could be given on, looking again at each piece would take time by the square.
            self.look_at = match moved {
                true => LOOK_BACK + STEP,
                false => (held * 2).min(MOST_HELD + 1),
            };
        }
    }

    /// Tells the rest.
    pub fn finish(
        &mut self,
        screening: &mut Screening<'_>,
        vault: &Vault,
        tell: impl FnMut(&str, Option<Instead>),
    ) {
        self.give(screening, vault, true, tell);
    }

    /// Whether nothing is held back.
    pub fn is_empty(&self) -> bool {
        self.text.len() == self.sure
    }

    /// Gives on what is sure, and says whether there was anything.
    fn give(
        &mut self,
        screening: &mut Screening<'_>,
        vault: &Vault,
        is_end: bool,
        mut tell: impl FnMut(&str, Option<Instead>),
    ) -> bool {
        let known = restore::placeholders(vault, &self.text);
        let found = screening
            .recognizers
            .find(&self.text, &self.name, screening.policy.thresholds());
        let new = found
            .into_iter()
            .filter(|finding| finding.span.start >= self.sure && !overlaps(&known, &finding.span));
        let new: Vec<_> = new.collect();
        let end = match is_end || self.text.len() - self.sure > MOST_HELD {
            true => self.text.len(),
            false => self.cut(new.iter().map(|finding| &finding.span)),
        };
        if end <= self.sure {
            return false;
        }
        let mut at = self.sure;
        for finding in new.iter().filter(|finding| finding.span.end <= end) {
            let value = self.text.get(finding.span.clone()).unwrap_or_default();
            let instead = screening.instead(finding.entity, value).map(|text| Instead {
                text,
                is_number: value
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte)),
            });
            let count = screening.counts.entry(finding.entity).or_default();
            *count = count.saturating_add(1);
            if instead.is_some() {
                let start = finding.span.start
                    - usize::from(self.is_negative(finding.span.start) && finding.span.start > at);
                tell(self.text.get(at..start).unwrap_or_default(), instead);
                at = finding.span.end;
            }
        }
        tell(self.text.get(at..end).unwrap_or_default(), None);
        let keep = boundary(&self.text, end.saturating_sub(CONTEXT));
        self.text.drain(..keep);
        self.sure = end - keep;
        true
    }

    /// Whether the minus of a number of JSON stands in front of a place.
    fn is_negative(&self, at: usize) -> bool {
        let before = self.text.get(..at).and_then(|before| before.strip_suffix('-'));
        let starts = self
            .text
            .get(at..)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        starts && before.is_some_and(|before| before.trim_ascii_end().ends_with([':', ',', '[']))
    }

    /// Up to where the text is sure: behind a space or what is not ASCII, since all that is longer than [`LOOK_BACK`] has
    /// neither, and in no finding.
    fn cut<'s>(&self, new: impl Iterator<Item = &'s Range<usize>>) -> usize {
        let most = boundary(&self.text, self.text.len().saturating_sub(LOOK_BACK));
        let pending = self.text.get(self.sure..most).unwrap_or_default();
        let last = pending
            .char_indices()
            .rfind(|(_, character)| character.is_whitespace() || !character.is_ascii());
        let end = last.map_or(self.sure, |(at, character)| self.sure + at + character.len_utf8());
        new.filter(|span| span.start < end && end < span.end)
            .map(|span| span.start)
            .min()
            .unwrap_or(end)
    }
}

impl Screening<'_> {
    /// What stands in the place of a number of JSON, if anything does.
    pub fn of_number(&mut self, number: &str, name: &str) -> Option<String> {
        let found = self.recognizers.find(number, name, self.policy.thresholds());
        for finding in &found {
            let count = self.counts.entry(finding.entity).or_default();
            *count = count.saturating_add(1);
        }
        found
            .iter()
            .find_map(|finding| self.instead(finding.entity, number))
    }

    fn instead(&self, entity: Entity, value: &str) -> Option<String> {
        let label = label(entity, self.custom);
        match self.policy.action(entity) {
            Action::Mask => Some(self.placeholders.placeholder(self.tenant, label, value, TAG)),
            Action::Hash => Some(self.placeholders.hash(self.tenant, label, value)),
            Action::Redact | Action::Deny => Some(redacted(label)),
            Action::Flag | Action::Ignore => None,
        }
    }
}

/// The start of the character at a place, or the place.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
