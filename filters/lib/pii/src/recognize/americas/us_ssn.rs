//! US social security numbers: Social Security Administration, POMS RM 10201.030 and "Social Security Number Randomization" (read
//! 2026-11). Area, group and serial, 3-2-4; no area of 000, 666 or from 900 on, no group or serial of zeros; there is no check digit.
//! Numbers that were never anybody's but are in every sample (078-05-1120, 123-45-6789) are recognised like others.

use std::ops::Range;

use super::super::labels::{OTHER_NUMBERS, joined};
use super::super::{Hit, Recognizer, Starts};
use crate::text::{Number, Text};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::UsSsn,
    starts: &[Starts::Digits(&[3, 9])],
    find,
    raises: &[
        "ssn",
        "ssns",
        "social",
        "ss",
        "soc",
        "ssa",
        "socialsecurity",
        "社会安全",
        "社会保障",
    ],
    lowers: &joined::<{ OTHER_NUMBERS.len() + 1 }>(OTHER_NUMBERS, &["socialinsurance"]),
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = read(text, at)?;
    let (area, group, serial) = (number.value(0..3), number.value(3..5), number.value(5..9));
    if !matches!(area, 1..=665 | 667..=899) || group == 0 || serial == 0 {
        return None;
    }
    // The nine digits of Canada.
    if !number.separated && text.says(at..number.end, super::ca_sin::NAMES) {
        return None;
    }
    Some(Hit::new(at, number.end, score(text, at..number.end)))
}

/// Nine digits, 3-2-4.
pub(super) fn read(text: &Text<'_>, at: usize) -> Option<Number> {
    text.grouped(at, &[3, 2, 4], b" -.")
        .or_else(|| text.ungrouped(at, 9))
}

/// By what stands between area and group.
pub(super) fn score(text: &Text<'_>, span: Range<usize>) -> Score {
    match text.at(span.start + 3) {
        b'-' => Score(85),
        b' ' if text.is_among_digits(span) => Score::LIKELY,
        b' ' => Score::STRONG,
        b'.' => Score(60),
        // Once a word has raised it, surer than a telephone number that a word farther away has raised.
        _ => Score(30),
    }
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("123-45-6789", "123-45-6789"),
            ("SSN:219-09-9999.", "219-09-9999"),
            ("078-05-1120", "078-05-1120"),
            ("my ssn is 219099999", "219099999"),
            ("{\"socialSecurityNumber\":\"219099999\"}", "219099999"),
            ("ssn=219 09 9999", "219 09 9999"),
            ("219.09.9999", "219.09.9999"),
            ("219\u{2011}09\u{2011}9999", "219\u{2011}09\u{2011}9999"),
            ("219\u{a0}09\u{a0}9999", "219\u{a0}09\u{a0}9999"),
            ("\u{ff12}19-09-9999", "\u{ff12}19-09-9999"),
            ("社保号219-09-9999。", "219-09-9999"),
            ("7,219-09-9999,42", "219-09-9999"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "SSN 000-12-3456",
            "SSN 666-12-3456",
            "SSN 900-12-3456",
            "SSN 219-00-9999",
            "SSN 219-09-0000",
            "SSN 219-09-999",
            "SSN 219-09-99999",
            "SSN 2190-09-9999",
            "SSN 219-09 9999",
            "SSN 1-219-09-9999",
            "219099999",
            "order 219099999",
            "part 219-09-9999",
            "219-09-9999-01",
            "x219-09-9999",
            "10 219 09 9999 7",
            "social insurance number 219099999",
            "SSN 21909999",
            "SSN 2190999990",
            "SSN 000123456",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
