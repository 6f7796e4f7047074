//! Australian business numbers: eleven digits, the first not zero; less one in the first, their weighted sum is a multiple of 89
//! (Australian Business Register, "Format of the ABN", read 2026-11). Written 2-3-3-3. One number in 89 passes.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AuAbn,
    starts: &[Starts::Digits(&[2, 11])],
    find,
    raises: &[
        "abn",
        "abns",
        "abr",
        "australian",
        "pty",
        "abnnumber",
        "businessnumber",
    ],
    lowers: OTHER_NUMBERS,
};

const WEIGHTS: [u32; 11] = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];

/// What it is called in more than one word.
const NAMES: &[&str] = &["business number"];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = text
        .grouped(at, &[2, 3, 3, 3], b" -.")
        .or_else(|| text.ungrouped(at, 11))?;
    let digits = number.digits();
    // Ten off stands for one less in the first digit.
    let is_round = digits.iter().skip(2).all(|digit| *digit == 0);
    let is_valid = !is_round
        && digits.first().is_some_and(|first| *first > 0)
        && weighted(digits, &WEIGHTS).saturating_sub(10).is_multiple_of(89);
    if !is_valid || text.before(at) == b'+' || text.goes_on(at..number.end) {
        return None;
    }
    let score = match number.separated {
        true => Score(90),
        false if text.says(at..number.end, NAMES) => Score(90),
        false => Score::LIKELY,
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn business_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("51 824 753 556", "51 824 753 556"),
            ("ABN: 51824753556.", "51824753556"),
            ("Acme Pty Ltd (83 914 571 673)", "83 914 571 673"),
            ("abn=51-824-753-556", "51-824-753-556"),
            ("{\"abn\":\"83914571673\"}", "83914571673"),
            ("business_number=83914571673", "83914571673"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "ABN 51 824 753 557",
            "ABN 51824753566",
            "business_number=83914571674",
            "number=83914571673",
            "business order number=83914571673",
            "ABN 518247535561",
            "ABN 51 824753556",
            "+51 824 753 556",
            "order 51824753556",
            "ABN 51 824 753 556 123",
            "ABN x51824753556",
            "10000000000",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
