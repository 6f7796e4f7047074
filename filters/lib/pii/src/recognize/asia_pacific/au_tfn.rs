//! Australian tax file numbers: nine digits, older ones eight, whose weighted sum is a multiple of eleven (Wikipedia's "Tax file
//! number" and python-stdnum's `au.tfn`, read 2026-11; they weigh the last of eight digits differently, and either will do).
//! One number in eleven passes, and many others stand in groups of three, so that only words make it one.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AuTfn,
    starts: &[Starts::Digits(&[2, 3, 8, 9])],
    find,
    raises: &[
        "tfn",
        "tfns",
        "ato",
        "payg",
        "superannuation",
        "taxfilenumber",
        "taxfileno",
        "tfnnumber",
    ],
    lowers: OTHER_NUMBERS,
};

const WEIGHTS: [u32; 9] = [1, 4, 3, 7, 5, 8, 6, 9, 10];
const WEIGHTS_OF_EIGHT: [u32; 8] = [1, 4, 3, 7, 5, 8, 6, 10];

const SEPARATORS: &[u8] = b" -.";

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = match text.run(at, 10, |byte| byte.is_ascii_digit()) {
        3 => text
            .grouped(at, &[3, 3, 3], SEPARATORS)
            .or_else(|| text.grouped(at, &[3, 3, 2], SEPARATORS)),
        2 => text.grouped(at, &[2, 3, 3], SEPARATORS),
        len => text.ungrouped(at, len),
    }?;
    let digits = number.digits();
    let is_multiple = |weights: &[u32]| weighted(digits, weights).is_multiple_of(11);
    let is_valid = is_multiple(&WEIGHTS) || digits.len() == 8 && is_multiple(&WEIGHTS_OF_EIGHT);
    let is_zero = digits.iter().all(|digit| *digit == 0);
    if !is_valid || is_zero || text.before(at) == b'+' || text.goes_on(at..number.end) {
        return None;
    }
    let score = match (number.separated, digits.len()) {
        _ if text.says(at..number.end, &["tax file"]) => Score::CERTAIN,
        (true, _) if text.is_among_digits(at..number.end) => Score::WEAK,
        (true, 9) => Score::LIKELY,
        (false, 9) => Score(35),
        _ => Score(25),
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn tax_file_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("TFN 123 456 782", "123 456 782"),
            ("tax file number: 876543210.", "876543210"),
            ("{\"tfn\":\"123456782\"}", "123456782"),
            ("his TFN (565-051-603)", "565-051-603"),
            ("TFN 38 593 474", "38 593 474"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "123 456 782",
            "TFN 123 456 783",
            "TFN 123456781",
            "TFN 123 456-782",
            "TFN 1234567821",
            "TFN 000000000",
            "tax invoice 123 456 782",
            "TFN 123 456 782 123",
            "TFN: +123 456 782",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
