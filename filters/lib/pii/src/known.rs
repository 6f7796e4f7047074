//! Values that were recognised, found again wherever they stand by themselves.
//!
//! An automaton over all values would be built for each request, and cost more than everything else where there are many. Values start
//! where words start, so a look into a sorted list at those few places is enough.

use std::ops::Range;

use crate::custom::stands_alone;
use crate::text::is_word;

/// Values shorter than this, in bytes, are not searched for.
pub(crate) const SHORTEST: usize = 5;
/// How often a shorter value is tried where a longer one does not fit.
const TRIES: usize = 16;

/// Values that were recognised.
#[derive(Default)]
pub(crate) struct Known {
    sorted: Vec<Box<[u8]>>,
    /// Which pairs of first bytes there are, as far as sixteen bits of each pair tell them apart.
    firsts: Vec<u64>,
}

impl Known {
    pub fn new<'v>(values: impl Iterator<Item = &'v str>) -> Self {
        let long_enough = values.filter(|value| value.len() >= SHORTEST);
        let mut sorted: Vec<Box<[u8]>> = long_enough.map(|value| value.as_bytes().into()).collect();
        sorted.sort_unstable();
        let mut known = Self {
            firsts: vec![0; if sorted.is_empty() { 0 } else { 1 << 10 }],
            sorted,
        };
        for value in &known.sorted {
            let (index, bit) = first(value);
            if let Some(bits) = known.firsts.get_mut(index) {
                *bits |= bit;
            }
        }
        known
    }

    /// Where values stand in a text, in order and without overlaps; of those that start at one place the longest.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut found = Vec::new();
        let (mut at, mut before) = (0, 0);
        while let Some(byte) = bytes.get(at).copied().filter(|_| !self.sorted.is_empty()) {
            let starts = !(is_word(before) && is_word(byte));
            let rest = bytes.get(at..).unwrap_or_default();
            let (index, bit) = first(rest);
            let is_one = starts && self.firsts.get(index).is_some_and(|bits| bits & bit != 0);
            let len = if is_one { self.longest(rest) } else { None };
            match len.map(|len| at..at + len) {
                Some(span) if stands_alone(bytes, &span) => {
                    at = span.end;
                    before = bytes.get(at.saturating_sub(1)).copied().unwrap_or_default();
                    found.push(span);
                }
                _ => {
                    before = byte;
                    at += 1;
                }
            }
        }
        found
    }

    /// The length of the longest value that a text starts with and that does not end within a word.
    fn longest(&self, text: &[u8]) -> Option<usize> {
        let mut limit = text.len();
        for _ in 0..TRIES {
            let text = text.get(..limit)?;
            let behind = self.sorted.partition_point(|value| **value <= *text);
            let value = self.sorted.get(behind.checked_sub(1)?)?;
            let common = value.iter().zip(text).take_while(|(a, b)| a == b).count();
            if common == value.len() {
                return Some(common);
            }
            limit = common;
        }
        None
    }
}

/// Where the bit is of the two bytes that a text starts with.
fn first(text: &[u8]) -> (usize, u64) {
    let byte = |at: usize| text.get(at).map_or(0, |byte| usize::from(*byte));
    let pair = byte(0) << 8 | byte(1);
    (pair / 64, 1 << (pair % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(values: &[&str], text: &'t str) -> Vec<&'t str> {
        let known = Known::new(values.iter().copied());
        known.find(text).into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn values_are_found_by_themselves_and_the_longest_first() {
        let values = ["12345", "12345-6", "ann@example.com", "+49 30 1234", "4321"];
        for (text, expected) in [
            ("12345", vec!["12345"]),
            ("a 12345, 12345-6; 12345-7", vec!["12345", "12345-6", "12345"]),
            ("x12345 123456 12345x", vec![]),
            ("tel:+49 30 1234.", vec!["+49 30 1234"]),
            ("<ann@example.com>bann@example.com", vec!["ann@example.com"]),
            ("号码12345是", vec!["12345"]),
            ("4321", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(&values, text), expected, "{text}");
        }
        assert_eq!(found(&[], "12345"), [""; 0]);
    }

    #[test]
    fn a_shorter_value_is_found_where_a_longer_one_does_not_fit() {
        assert_eq!(
            found(&["abcde", "abcde fgh", "abcde fgi"], "abcde fgx"),
            ["abcde"]
        );
    }

    #[test]
    fn many_values_with_one_beginning_cost_no_more_than_a_few() {
        let values: Vec<String> = (0..20_000).map(|n| format!("12345-{n:09}")).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let text = "12345-0 12345-000000007 ".repeat(5_000);
        assert_eq!(found(&values, &text).len(), 5_000);
    }
}
