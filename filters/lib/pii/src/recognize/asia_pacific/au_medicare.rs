//! Australian Medicare card numbers: eight digits, the first from 2 to 6, a check digit, the number of the issue and, where
//! one person of the card is meant, that person's reference number (Department of Health, "Medicare card number" in
//! METeOR 270101, and Wikipedia's "Medicare card (Australia)", read 2026-11). Cards print 4-5-1.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AuMedicare,
    starts: &[Starts::Digits(&[4, 10, 11])],
    find,
    raises: &["medicare", "irn", "medicarenumber", "medicareno", "medicarecard"],
    lowers: OTHER_NUMBERS,
};

const WEIGHTS: [u32; 8] = [1, 3, 7, 9, 1, 3, 7, 9];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    const GAP: &[u8] = b" -.";
    // The longest first: the reference number stands behind a slash, too.
    let number = match text.run(at, 12, |byte| byte.is_ascii_digit()) {
        // As long as groups of four follow one another it is none.
        4 if text.at(at + 8).is_ascii_digit() => text
            .pieces(at, &[4, 5, 1, 1], &[GAP, GAP, b" -./"])
            .or_else(|| text.grouped(at, &[4, 5, 2], GAP))
            .or_else(|| text.grouped(at, &[4, 5, 1], GAP))
            .or_else(|| text.grouped(at, &[4, 6], GAP)),
        4 => None,
        10 => text
            .pieces(at, &[10, 1], &[b"-/"])
            .or_else(|| text.ungrouped(at, 10)),
        len => text.ungrouped(at, len),
    }?;
    let digits = number.digits();
    let is_valid = digits.first().is_some_and(|first| (2..=6).contains(first))
        && digits.get(8).copied().map(u32::from) == Some(weighted(digits, &WEIGHTS) % 10)
        && digits.get(9..)?.iter().all(|digit| *digit > 0);
    if !is_valid || text.before(at) == b'+' || text.goes_on(at..number.end) {
        return None;
    }
    let score = match number.separated {
        true => Score::STRONG,
        // One number in twenty passes.
        false => Score(40),
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn card_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("2123 45670 1", "2123 45670 1"),
            ("Medicare: 2123456701.", "2123456701"),
            ("medicare 21234567012", "21234567012"),
            ("Medicare no 2123 45670 1/2", "2123 45670 1/2"),
            ("(2123-45670-1-2)", "2123-45670-1-2"),
            ("medicare 2123456701/2", "2123456701/2"),
            ("Medicare 2123 45670 12", "2123 45670 12"),
            ("Medicare 2123  45670  1", "2123  45670  1"),
            ("Medicare 2123 - 45670 - 1", "2123 - 45670 - 1"),
            ("{\"medicareNumber\":\"2123456701\"}", "2123456701"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "2123456701",
            "medicare 2123 45671 1",
            "medicare 2123456711",
            "medicare 1123 45670 1",
            "medicare 2123456700",
            "medicare 212345670123",
            "medicare x2123456701",
            "2123 45670 1234",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
