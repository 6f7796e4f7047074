//! UK national insurance numbers: HMRC's National Insurance Manual, NIM39110 (read 2026-11). Two letters, six digits, and
//! a letter from A to D; there is no check digit. Numbers without their last letter, temporary ones (`11 A1 11 11`) and the prefixes
//! of HMRC's examples (QQ) are not recognised.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::UkNino,
    starts: &[Starts::NearDigit(b"ABCEGHJKLMNOPRSTWXYZ")],
    find,
    raises: &["nino", "ni", "nin", "insurance", "national", "hmrc", "paye"],
    lowers: OTHER_NUMBERS,
};

const SEPARATORS: &[u8] = b" -./";

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    // Nearly every word ends here.
    if text.at(at + 2).is_ascii_alphabetic() {
        return None;
    }
    let digits = at + 2 + text.gap(at + 2, SEPARATORS);
    if !text.at(digits).is_ascii_digit() || !text.at(digits + 1).is_ascii_digit() {
        return None;
    }
    let code = text.code(at, 9, &[2, 4, 6, 8], SEPARATORS)?;
    let [first, second, digits @ .., suffix] = code.characters() else {
        return None;
    };
    if !is_prefix(*first, *second) || !digits.iter().all(u8::is_ascii_digit) || !matches!(suffix, b'A'..=b'D')
    {
        return None;
    }
    let lower = text.at(at).is_ascii_lowercase();
    // An article is no suffix.
    if text.before(code.end - 1) == b' ' && text.at(code.end - 1).is_ascii_lowercase() != lower {
        return None;
    }
    let score = match code.gaps {
        3.. => Score(90),
        1.. => Score(80),
        _ if lower => Score(60),
        _ => Score::STRONG,
    };
    text.is_entry(at..code.end)
        .then_some(Hit::new(at, code.end, score))
}

fn is_prefix(first: u8, second: u8) -> bool {
    let never = |letter: u8| {
        !letter.is_ascii_alphabetic() || matches!(letter, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V')
    };
    let unused = matches!(
        &[first, second],
        b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"
    );
    !never(first) && !never(second) && second != b'O' && !unused
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("AB123456C", "AB123456C"),
            ("NI number: AB 12 34 56 C.", "AB 12 34 56 C"),
            ("ab123456c", "ab123456c"),
            ("ab 12 34 56 c", "ab 12 34 56 c"),
            ("nino=JG103759A&x", "JG103759A"),
            ("\"nino\":\"AB-12-34-56-D\"", "AB-12-34-56-D"),
            ("(AB 123456 C)", "AB 123456 C"),
            ("AB123456 C", "AB123456 C"),
            ("AB 123456C", "AB 123456C"),
            (
                "AB\u{a0}12\u{a0}34\u{a0}56\u{a0}A",
                "AB\u{a0}12\u{a0}34\u{a0}56\u{a0}A",
            ),
            ("AB - 12 - 34 - 56 - C", "AB - 12 - 34 - 56 - C"),
            ("1,AB123456C,42", "AB123456C"),
            ("国民保険AB123456C番", "AB123456C"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "nino DA123456A",
            "nino AD123456A",
            "nino AO123456A",
            "nino BG123456A",
            "nino ZZ 12 34 56 A",
            "nino QQ123456C",
            "nino AB123456E",
            "nino AB 12 34 56 E",
            "nino AB12345C",
            "nino AB1234567C",
            "nino A1234567C",
            "nino XAB123456C",
            "AB123456CD",
            "nino AB 12-34 56 C",
            "AB123456C-01",
            "12-AB123456C",
            "AB123456 a copy",
            "order AB123456C",
            "nino AB123456",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
