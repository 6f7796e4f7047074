//! Polish personal numbers (PESEL): act of 24 September 2010 on the registration of the population, and gov.pl, "Czym jest numer
//! PESEL" (read 2026-11). Date of birth with the century in the month, four digits, a check digit; eleven in all.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::date::is_day;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::PlPesel,
    starts: &[Starts::Digits(&[2, 6, 11])],
    find,
    raises: &[
        "pesel",
        "pesele",
        "peselu",
        "ewidencyjny",
        "obywatel",
        "obywatela",
        "urodzenia",
        "urodzony",
        "urodzona",
        "dowód",
        "dowod",
        "polish",
        // Sir and madam, not the Indian number.
        "pan",
        "pani",
    ],
    lowers: OTHER_NUMBERS,
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = if text.at(at + 2).is_ascii_digit() {
        text.ungrouped(at, 11)
            .or_else(|| text.grouped(at, &[6, 5], b" -."))
    } else {
        text.grouped(at, &[2, 2, 2, 5], b" -.")
    }?;
    let digits = number.digits();
    let alike = digits.iter().all(|digit| digits.first() == Some(digit));
    let (month, day) = (number.value(2..4), number.value(4..6));
    let century = match month / 20 {
        0 => 1900,
        1 => 2000,
        2 => 2100,
        3 => 2200,
        _ => 1800,
    };
    if !is_day(century + number.value(0..2), month % 20, day) || alike || !has_check_digit(digits) {
        return None;
    }
    let score = match (century, number.separated) {
        (1900 | 2000, true) => Score(85),
        (1900 | 2000, false) => Score(60),
        // Nobody alive.
        _ => Score::WEAK,
    };
    Some(Hit::new(at, number.end, score))
}

fn has_check_digit(digits: &[u8]) -> bool {
    weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("44051401359", "44051401359"),
            ("PESEL: 02070803628.", "02070803628"),
            ("pesel=44051401458", "44051401458"),
            ("440514 01359", "440514 01359"),
            ("440514-01359", "440514-01359"),
            ("44051401359, pan Jan Lis", "44051401359"),
            ("PESEL:02270803624,", "02270803624"),
            ("pesel 44 05 14 01359", "44 05 14 01359"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "PESEL 44051401358",
            "PESEL 4405140135",
            "PESEL 440514013590",
            "PESEL 44133201354",
            "PESEL x44051401359",
            "PESEL 00000000000",
            "PESEL 22222222222",
            "zamówienie 44051401359",
            "pan Lis, zamówienie 44051401359",
            "PESEL 440514 0135",
            "PESEL 44-05 14 01359",
            "PESEL 44023001356",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
