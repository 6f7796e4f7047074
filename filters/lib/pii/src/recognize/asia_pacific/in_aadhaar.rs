//! Indian Aadhaar numbers: twelve digits, the first from 2 to 9, the last one of Verhoeff's algorithm, no palindromes
//! (UIDAI, "UID numbering scheme", and python-stdnum's `in_.aadhaar`, both read 2026-11). Cards print 4-4-4.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::verhoeff;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::InAadhaar,
    starts: &[Starts::Digits(&[4, 12])],
    find,
    raises: &[
        "aadhaar",
        "aadhar",
        "adhaar",
        "adhar",
        "aadhaarno",
        "aadharno",
        "aadhaarnumber",
        "aadharnumber",
        "aadhaarid",
        "uidnumber",
        "uidno",
        "uidai",
        "kyc",
        "ekyc",
        "आधार",
        "ஆதார்",
        "ఆధార్",
        "ಆಧಾರ್",
        "ആധാർ",
        "আধার",
        "આધાર",
        "ਆਧਾਰ",
    ],
    lowers: OTHER_NUMBERS,
};

/// What it is called in more than one word: the name of the authority's own.
const NAMES: &[&str] = &["uid number", "uid no"];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = text
        .grouped(at, &[4, 4, 4], b" -.")
        .or_else(|| text.ungrouped(at, 12))?;
    let digits = number.digits();
    if digits.first().is_none_or(|first| *first < 2)
        || digits.iter().eq(digits.iter().rev())
        || text.before(at) == b'+'
        || text.goes_on(at..number.end)
        || !verhoeff(digits)
        // The Japanese number stands in the same groups.
        || text.says(at..number.end, super::jp_my_number::NAMES)
    {
        return None;
    }
    let score = match text.at(at + 4) {
        _ if text.says(at..number.end, NAMES) => Score::CERTAIN,
        // Perhaps the start of something longer.
        b' ' | b'-' if text.is_among_digits(at..number.end) => Score(30),
        // As cards print it.
        b' ' => Score(60),
        // As forms do.
        b'-' => Score(50),
        _ => Score(40),
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn aadhaar_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("2341 2341 2346", "2341 2341 2346"),
            ("Aadhaar: 2341-2341-2346.", "2341-2341-2346"),
            ("aadhaar no 234123412346", "234123412346"),
            ("{\"aadhaarNumber\":\"234123412346\"}", "234123412346"),
            ("आधार संख्या २ 2341 2341 2346", "2341 2341 2346"),
            ("(2341\u{a0}2341\u{a0}2346)", "2341\u{a0}2341\u{a0}2346"),
            ("AADHAR=4991 1866 5246", "4991 1866 5246"),
            ("it is 2341-2341-2346.", "2341-2341-2346"),
            ("my UID number is 234123412346", "234123412346"),
            (
                "Ann (UID number 2341 2341 2346) called about order 7",
                "2341 2341 2346",
            ),
            ("| Aadhaar card | 508534617198 |", "508534617198"),
            ("name,uid_number\nAnn,234123412346", "234123412346"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "2341 2341 2347",
            "aadhaar 234123412347",
            "234123412346",
            "2341 2341-2346",
            "aadhaar 1341 2341 2346",
            "aadhaar 222222222222",
            "2341 2341 2346 1111",
            "1111 2341 2341 2346",
            "aadhaar 2341234123461",
            "order 234123412346",
            "uid 234123412346",
            "uid number 234123412347",
            "order no. 2341-2341-2346",
            "7 2341-2341-2346",
            "My Number: 2341 2341 2346",
            "aadhaar x234123412346",
            "+234123412346 aadhaar",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
