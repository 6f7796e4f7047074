//! Spanish identity numbers of citizens (DNI): Royal Decree 1553/2005 and the Ministry of the Interior's "Cálculo del dígito de
//! control del NIF/NIE" (read 2026-11). Eight digits, the first of which may be missing where it is zero, and a letter by the
//! remainder of 23. The K, L and M numbers of those without a DNI, and numbers of companies (CIF), are not recognised.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::EsNif,
    starts: &[Starts::Digits(&[1, 2, 7, 8]), Starts::Code(&[8, 9])],
    find,
    raises: &[
        "dni",
        "nif",
        "documento",
        "identidad",
        "identificación",
        "identificacion",
        "fiscal",
        "española",
        "spanish",
    ],
    lowers: OTHER_NUMBERS,
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let (len, thousands) = match text.run(at, 9, |byte| byte.is_ascii_digit()) {
        1 | 7 => (7, [1, 4]),
        2 | 8 => (8, [2, 5]),
        _ => return None,
    };
    let code = text.code(at, len, &thousands, b" .")?;
    if code.gaps == 1 || is_lettered(text, at) || text.at(code.end).is_ascii_digit() {
        return None;
    }
    let gap = text.gap(code.end, b" -./");
    let end = code.end + gap + 1;
    let written = text.at(end - 1);
    if control(code.value(0, len)?)? != written.to_ascii_uppercase() {
        return None;
    }
    let spaced = text.before(end - 1) == b' ' && text.at(end - 2) == b' ' && gap == 1;
    let capital = written.is_ascii_uppercase();
    let score = match (code.gaps > 0, len, spaced, capital) {
        (true, 8, ..) => Score(90),
        (true, ..) => Score(80),
        // The letter may be a word.
        (false, 8, true, false) => Score(30),
        (false, 8, true, true) => Score(60),
        (false, 8, false, _) if gap > 0 => Score(85),
        (false, 8, false, true) => Score::STRONG,
        (false, 8, false, false) => Score(60),
        (false, _, false, _) => Score(30),
        (false, ..) => Score::WEAK,
    };
    text.is_entry(at..end).then_some(Hit::new(at, end, score))
}

/// Whether a letter such as that of a foreigner's number stands in front.
fn is_lettered(text: &Text<'_>, at: usize) -> bool {
    let letter = match text.slice(at.saturating_sub(2)..at) {
        [letter, b' ' | b'.'] => *letter,
        [letter, b'-'] => letter.to_ascii_uppercase(),
        _ => return false,
    };
    let parted = at
        .checked_sub(2)
        .is_some_and(|start| !text.before(start).is_ascii_alphanumeric());
    parted && matches!(letter, b'K'..=b'M' | b'X'..=b'Z')
}

/// The letter of a number.
pub(super) fn control(number: u32) -> Option<u8> {
    let letters = b"TRWAGMYFPDXBNJZSQVHLCKE";
    usize::try_from(number % 23)
        .ok()
        .and_then(|rest| letters.get(rest))
        .copied()
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("12345678Z", "12345678Z"),
            ("DNI: 12345678-Z.", "12345678-Z"),
            ("dni=12345678z", "12345678z"),
            ("12.345.678-Z", "12.345.678-Z"),
            ("12.345.678 Z", "12.345.678 Z"),
            ("12 345 678 Z", "12 345 678 Z"),
            ("12.345.678Z,", "12.345.678Z"),
            ("NIF 54362315K", "54362315K"),
            ("DNI 12345678 Z", "12345678 Z"),
            ("DNI 12345678 - Z", "12345678 - Z"),
            ("DNI 1234567L", "1234567L"),
            ("1.234.567-L", "1.234.567-L"),
            ("\"nif\":\"00000001R\"", "00000001R"),
            ("5,12345678Z,1980", "12345678Z"),
            ("X1234567L y 12345678Z", "12345678Z"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "DNI 12345678A",
            "DNI 12.345.678-A",
            "DNI 123456789Z",
            "DNI 12345678ZZ",
            "DNI x12345678Z",
            "DNI 12345678",
            "12345678 z",
            "DNI 12345.678Z",
            "pedido 12345678Z",
            "1234567L",
            "DNI 12345678Z-1",
            "DNI 12-12345678Z",
            "DNI B12345674",
            "NIE X-12345678-Z",
            "NIE Y 12345678 Z",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
