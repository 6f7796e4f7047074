//! Korean resident and foreigner registration numbers: date of birth, a digit for century and sex, six more of which the last
//! was a check digit until October 2020 (Wikipedia's "Resident registration number" and python-stdnum's `kr.rrn`, read 2026-11).
//!
//! Whoever was born since then has a number without check digit. So may foreigners who came since then, whenever they were born;
//! theirs need words around them. Citizens born earlier whose number was changed since are missed where its check digit is wrong.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::date::{BIRTH_YEARS, is_day};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::KrRrn,
    starts: &[Starts::Digits(&[6, 13])],
    find,
    raises: &[
        "주민등록번호",
        "주민번호",
        "주민등록",
        "주민",
        "외국인등록",
        "외국인",
        "등록번호",
        "민번",
        "rrn",
        "rrns",
        "jumin",
        "resident",
        "residents",
        "registration",
        "arc",
        "alien",
        "korean",
    ],
    lowers: OTHER_NUMBERS,
};

const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/// Since when numbers have no check digit, as year, month and day.
const WITHOUT_CHECK: u32 = 20_201_005;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = text
        .grouped(at, &[6, 7], b"- ")
        .or_else(|| text.ungrouped(at, 13))?;
    let of_century = number.value(6..7);
    let century = match of_century {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => return None,
    };
    let (year, month, day) = (
        century + number.value(0..2),
        number.value(2..4),
        number.value(4..6),
    );
    if !BIRTH_YEARS.contains(&year) || !is_day(year, month, day) || text.before(at) == b'+' {
        return None;
    }
    let is_foreign = of_century > 4;
    let sum = weighted(number.digits(), &WEIGHTS) % 11;
    let right = (if is_foreign { 13 } else { 11 } - sum) % 10;
    let is_checked = right == number.value(12..13);
    let is_recent = year * 10_000 + month * 100 + day >= WITHOUT_CHECK;
    // Milliseconds since 1970 of the years 2016 to 2033 look like people born in 2014 to 2020.
    let is_clock = matches!(number.value(0..2), 14..=20);
    let score = match (number.separated, is_checked) {
        (true, true) => Score(90),
        (true, false) if is_recent => Score(60),
        (false, true) if !is_clock => Score(55),
        (false, true) => Score(40),
        (false, false) if is_recent => Score(25),
        (_, false) if is_foreign => Score::WEAK,
        _ => return None,
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn registration_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("900101-1234568", "900101-1234568"),
            ("주민등록번호는 900101-1234568입니다", "900101-1234568"),
            ("주민번호:9001011234568", "9001011234568"),
            ("RRN 900101 – 1234568.", "900101 – 1234568"),
            ("210315-3000000", "210315-3000000"),
            ("외국인등록번호 850505-5123457", "850505-5123457"),
            ("{\"rrn\":\"900101-1234568\"}", "900101-1234568"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "주민등록번호 900101-1234567",
            "주민등록번호 901301-1234567",
            "주민등록번호 900101-9234568",
            "주민등록번호 900101-12345681",
            "850505-5123457",
            "RRN 400101-3234568",
            "order 9001011234568",
            "RRN A900101-1234568",
            "사업자등록번호 9001011234568",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
