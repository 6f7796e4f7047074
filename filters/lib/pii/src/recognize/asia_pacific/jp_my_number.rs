//! Japanese individual numbers ("My Number"): twelve digits, the last one a check digit (Ordinance of the Ministry of Internal Affairs
//! and Communications No. 85 of 2014, article 5; Wikipedia's "Individual Number", read 2026-11). Cards print 4-4-4.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::JpMyNumber,
    starts: &[Starts::Digits(&[4, 12])],
    find,
    raises: &[
        "mynumber",
        "mynumbers",
        "individualnumber",
        "マイナンバー",
        "マイナンバ",
        "個人番号",
        "マイナ",
        "kojinbango",
        "kojin",
    ],
    lowers: OTHER_NUMBERS,
};

/// What it is called in more than one word.
pub(super) const NAMES: &[&str] = &["my number", "individual number", "kojin bango"];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = text
        .grouped(at, &[4, 4, 4], b" -.")
        .or_else(|| text.ungrouped(at, 12))?;
    let digits = number.digits();
    if !is_valid(digits) || text.before(at) == b'+' || text.goes_on(at..number.end) {
        return None;
    }
    let is_said = text.says(at..number.end, NAMES);
    let score = match number.separated {
        _ if is_said => Score::CERTAIN,
        true if text.is_among_digits(at..number.end) => Score(30),
        true => Score::LIKELY,
        false => Score(35),
    };
    Some(Hit::new(at, number.end, score))
}

/// The digits in front of the last one weigh from 2 to 7 and from 2 to 6, from the right.
fn is_valid(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    let weights = (2..=7).chain(2..=6);
    let sum: u32 = body
        .iter()
        .rev()
        .zip(weights)
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    let right = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    right == u32::from(*check) && body.iter().any(|digit| *digit > 0)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn individual_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("マイナンバー 1234 5678 9018", "1234 5678 9018"),
            ("マイナンバー：123456789018です", "123456789018"),
            ("個人番号は1234-5678-9018。", "1234-5678-9018"),
            ("My Number: 123456789018", "123456789018"),
            ("{\"my_number\":\"123456789018\"}", "123456789018"),
            ("kojin_bango: 123456789018", "123456789018"),
            ("123456789018 is the Individual Number", "123456789018"),
            ("123456789018 (My Number)", "123456789018"),
            ("individual_number,name\n,Bo\n123456789018,Ann", "123456789018"),
            ("マイナンバー \u{ff11}23456789018", "\u{ff11}23456789018"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "マイナンバー 123456789012",
            "123456789018",
            "number,name\n,Bo\n123456789018,Ann",
            "マイナンバー 1234567890188",
            "マイナンバー 1234 5678-9018",
            "注文番号 1234-5678-9018",
            "1234-5678-9018",
            "1234 5678 9018 1234",
            "マイナンバー 000000000000",
            "my number A123456789018",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
