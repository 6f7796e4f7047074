//! What personal data looks like: a small file for each kind, and the table of them all.
//!
//! A recogniser is asked wherever its data may start ([`Starts`]) and says whether it does, how far it goes and how
//! sure it is. It looks at a bounded number of bytes, so that the whole costs time in proportion to the text. Words
//! around a finding raise or lower its score; a recogniser names them and does not look for them.

use crate::text::Text;
use crate::{Entity, Score};

/// Recognises one kind of personal data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recognizer {
    pub entity: Entity,
    /// Where it is asked.
    pub starts: &'static [Starts],
    /// Whether the kind's data starts at this place, or around it for [`Starts::Mark`].
    pub find: fn(&Text<'_>, usize) -> Option<Hit>,
    /// Single words that make it likelier, in lower case. Those of scripts without spaces have at most eight characters.
    pub raises: &'static [&'static str],
    /// Words that speak against it.
    pub lowers: &'static [&'static str],
}

/// Where a recogniser is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Starts {
    /// At a run of digits of one of these lengths, from 1 to 32, that neither letter nor digit touches.
    Digits(&'static [u8]),
    /// At a run of ASCII letters and digits of one of these lengths, from 1 to 64, with a digit among its letters or all in
    /// capitals.
    Code(&'static [u8]),
    /// At a word, code or number that starts with one of these bytes, of either case.
    First(&'static [u8]),
    /// The same, where a digit stands in it or within six bytes behind it: nearly no word of ordinary text.
    NearDigit(&'static [u8]),
    /// At every occurrence of a byte that is neither letter nor digit.
    Mark(u8),
    /// Where `bytes` say, as `First` and `Mark` do, but only up to [`REACH`] bytes behind one of these words, which are as in
    /// [`Recognizer::raises`].
    Behind {
        words: &'static [&'static str],
        bytes: &'static [u8],
    },
}

/// How far a word reaches that a recogniser waits for.
pub(crate) const REACH: usize = 160;

/// What a recogniser has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub start: usize,
    pub end: usize,
    pub score: Score,
}

impl Hit {
    pub fn new(start: usize, end: usize, score: Score) -> Self {
        Self { start, end, score }
    }
}

mod americas;
mod asia_pacific;
mod contact;
mod endings;
mod europe;
mod finance;
mod labels;
mod medical;
mod network;
mod secret;

/// Every recogniser.
pub(crate) fn all() -> impl Iterator<Item = &'static Recognizer> {
    [
        americas::RECOGNIZERS,
        asia_pacific::RECOGNIZERS,
        contact::RECOGNIZERS,
        europe::RECOGNIZERS,
        finance::RECOGNIZERS,
        medical::RECOGNIZERS,
        network::RECOGNIZERS,
        secret::RECOGNIZERS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use crate::scan::Thresholds;
    use crate::{Custom, Entity, Recognizers};

    /// What is found of a kind in a text, at the threshold that holds without configuration.
    pub(crate) fn found(entity: Entity, text: &str) -> Vec<&str> {
        static ALL: LazyLock<Recognizers> = LazyLock::new(|| Recognizers::new(Custom::default()));
        let findings = ALL.find(text, "", &Thresholds::default());
        let of_kind = findings.into_iter().filter(|finding| finding.entity == entity);
        of_kind.map(|finding| &text[finding.span]).collect()
    }
}
