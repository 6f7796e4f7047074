//! Canadian social insurance numbers: nine digits that pass Luhn's algorithm, the first neither 0 nor 8, which are not used for
//! people (Wikipedia's "Social insurance number" and python-stdnum's `ca.sin`, read 2026-11). Written 3-3-3.
//! One number in ten passes, and many others stand in groups of three, so that words make it one.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::luhn;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::CaSin,
    starts: &[Starts::Digits(&[3, 9])],
    find,
    raises: &[
        "sin",
        "sins",
        "nas",
        "canada",
        "canadian",
        "canadien",
        "canadienne",
        "sinnumber",
        "socialinsurance",
        "numéronas",
    ],
    lowers: OTHER_NUMBERS,
};

/// What it is called in more than one word, of which each is said of other numbers.
pub(super) const NAMES: &[&str] = &["social insurance", "assurance sociale"];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = text
        .grouped(at, &[3, 3, 3], b" -.")
        .or_else(|| text.ungrouped(at, 9))?;
    let digits = number.digits();
    let is_issued = digits.first().is_some_and(|first| !matches!(first, 0 | 8));
    if !is_issued || !luhn(digits) || text.before(at) == b'+' || text.goes_on(at..number.end) {
        return None;
    }
    let score = match text.at(at + 3) {
        _ if text.says(at..number.end, NAMES) => Score::CERTAIN,
        b'-' => Score::THRESHOLD,
        b' ' => Score::LIKELY,
        b'.' => Score(40),
        _ => Score(35),
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn insurance_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("SIN 130 692 544", "130 692 544"),
            ("SIN: 123456782.", "123456782"),
            ("her social insurance number is 123-456-782", "123-456-782"),
            ("NAS : 130-692-544", "130-692-544"),
            ("{\"sin\":\"130692544\"}", "130692544"),
            ("file for 130-692-544 opened", "130-692-544"),
            ("social_insurance_number,city\n130692544,Leeds", "130692544"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "SIN 130 692 545",
            "SIN 046 454 286",
            "SIN 823 456 785",
            "SIN 130 692-544",
            "SIN 1306925441",
            "130 692 544",
            "insurance_number,city\n130692544,Leeds",
            "phone 130-692-544",
            "SIREN 130 692 544",
            "SIN 130-692-544-1",
            "SIN 130 692 544 123",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
