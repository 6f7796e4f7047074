//! NHS numbers of England, Wales and the Isle of Man, health and care numbers of Northern Ireland, CHI numbers of Scotland:
//! NHS Data Dictionary, "NHS NUMBER" (read 2026-11). Ten digits, the last one a check digit modulo eleven, written 3-3-4. One in
//! eleven telephone numbers of North America looks the same.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::UkNhs,
    starts: &[Starts::Digits(&[3, 10])],
    find,
    raises: &[
        "nhs",
        "nhsno",
        "nhsnumber",
        "chi",
        "chino",
        "chinumber",
        "hcn",
        "hscn",
    ],
    lowers: OTHER_NUMBERS,
};

/// What they are called in Northern Ireland and Scotland, in more than one word.
const NAMES: &[&str] = &[
    "health and care",
    "health care number",
    "health and social care n",
    "community health index",
    "national health service n",
];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = text
        .grouped(at, &[3, 3, 4], b" -.")
        .or_else(|| text.ungrouped(at, 10))?;
    let digits = number.digits();
    let alike = digits.iter().all(|digit| digits.first() == Some(digit));
    if alike || !has_check_digit(digits) {
        return None;
    }
    let score = match text.at(at + 3) {
        _ if text.says(at..number.end, NAMES) => Score::CERTAIN,
        b' ' if is_issued(number.value(0..3)) && !text.is_among_digits(at..number.end) => Score(50),
        _ if number.separated => Score::LIKELY,
        _ => Score(35),
    };
    Some(Hit::new(at, number.end, score))
}

fn has_check_digit(digits: &[u8]) -> bool {
    weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Whether numbers start like this, tests included.
fn is_issued(prefix: u32) -> bool {
    matches!(prefix, 10..=499 | 600..=799 | 900..=999)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("401 023 2137", "401 023 2137"),
            ("NHS number 9434765919.", "9434765919"),
            ("NHS no.:943-476-5919", "943-476-5919"),
            ("{\"nhsNumber\":\"4010232137\"}", "4010232137"),
            ("nhs_number=943.476.5919", "943.476.5919"),
            ("NHS 943\u{2009}476\u{2009}5919", "943\u{2009}476\u{2009}5919"),
            ("CHI (9434765870)", "9434765870"),
            ("Health and Care Number: 9434765870", "9434765870"),
            ("healthAndCareNumber=\"9434765870\"", "9434765870"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "9434765919",
            "943-476-5919",
            "54 943 476 5919",
            "NHS 943 476 5918",
            "NHS 9434765918",
            "NHS 943476591",
            "NHS 94347659190",
            "NHS 943 4765919",
            "NHS 111 111 1111",
            "NHS x9434765919",
            "phone 943 476 5919",
            "patient phone 9434765919",
            "health care provider 9434765919",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
