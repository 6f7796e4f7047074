//! Dutch citizen service numbers (burgerservicenummer): the "elfproef" in the Logisch Ontwerp BSN of the Rijksdienst voor
//! Identiteitsgegevens (read 2026-11). Nine digits; weights 9 to 2 and -1, divisible by eleven. The old form of eight digits is not
//! recognised. RSIN of companies are the same, and only words tell them apart.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::NlBsn,
    starts: &[Starts::Digits(&[3, 4, 9])],
    find,
    raises: &[
        "bsn",
        "bsnnummer",
        "burgerservicenummer",
        "burgerservice",
        "burgernummer",
        "sofinummer",
        "sofi",
        "persoonsnummer",
        "citizen",
    ],
    lowers: OTHER_NUMBERS,
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let printed = text.grouped(at, &[4, 2, 3], b" .-");
    let number = printed
        .or_else(|| text.grouped(at, &[3, 3, 3], b" .-"))
        .or_else(|| text.ungrouped(at, 9))?;
    if !passes_eleven_test(number.digits()) {
        return None;
    }
    let score = match (printed, number.separated) {
        // Nothing else is written like this.
        (Some(_), _) if !text.is_among_digits(at..number.end) => Score(65),
        (_, true) => Score::LIKELY,
        (_, false) => Score(35),
    };
    Some(Hit::new(at, number.end, score))
}

fn passes_eleven_test(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    let check = digits.last().copied().map(u32::from);
    sum > 0 && check.is_some_and(|check| sum % 11 == check)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("BSN 111222333", "111222333"),
            ("bsn:123456782.", "123456782"),
            ("1112.22.333", "1112.22.333"),
            ("1112 22 333", "1112 22 333"),
            ("burgerservicenummer 111.222.333", "111.222.333"),
            ("BSN-nummer: 111 222 333", "111 222 333"),
            ("{\"bsn\":\"111-222-333\"}", "111-222-333"),
            ("Burgerservicenummer (BSN) is 123456782,", "123456782"),
            ("BSN 111\u{a0}222\u{a0}333", "111\u{a0}222\u{a0}333"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "BSN 111222334",
            "BSN 111.222.334",
            "BSN 11122233",
            "BSN 1112223330",
            "BSN 000000000",
            "BSN x111222333",
            "BSN 111.222 333",
            "111222333",
            "111.222.333",
            "9 1112 22 333",
            "RSIN 111222333",
            "bedrag 111.222.333,50",
            "BSN en telefoon 111222333",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
