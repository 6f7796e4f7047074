//! US individual taxpayer identification numbers: Internal Revenue Service, Internal Revenue Manual 3.21.263 (read 2026-11). Written
//! like social security numbers; they start with 9, and the fourth and fifth digit are from 50 to 65, 70 to 88, 90 to 92 or 94 to 99.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use super::us_ssn::{read, score};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::UsItin,
    starts: &[Starts::Digits(&[3, 9])],
    find,
    raises: &["itin", "itins", "taxpayer", "tax", "tin", "irs"],
    lowers: OTHER_NUMBERS,
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    if text.at(at) != b'9' {
        return None;
    }
    let number = read(text, at)?;
    let group = number.value(3..5);
    // 987-65-4320 to 4329 are for advertisements.
    let advertised = number.value(0..8) == 98_765_432;
    if !matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99) || advertised {
        return None;
    }
    // The nine digits of Australia.
    if !number.separated && text.says(at..number.end, &["tax file"]) {
        return None;
    }
    Some(Hit::new(at, number.end, score(text, at..number.end)))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("912-70-1234", "912-70-1234"),
            ("ITIN:900-50-0000.", "900-50-0000"),
            ("itin=999881234", "999881234"),
            ("(912 92 1234)", "912 92 1234"),
            ("912\u{2013}94\u{2013}1234", "912\u{2013}94\u{2013}1234"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "ITIN 912-49-1234",
            "ITIN 912-66-1234",
            "ITIN 912-69-1234",
            "ITIN 912-89-1234",
            "ITIN 912-93-1234",
            "ITIN 812-70-1234",
            "ITIN 912-70-123",
            "ITIN 912-70-12345",
            "ITIN 912-70 1234",
            "912701234",
            "invoice 912701234",
            "SSN 912-70-1234",
            "987-65-4321",
            "ITIN x912701234",
            "912-70-1234-5",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
