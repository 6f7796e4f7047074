//! Spanish identity numbers of foreigners (NIE): Royal Decree 557/2011, article 206, and the Ministry of the Interior's "Cálculo del
//! dígito de control del NIF/NIE" (read 2026-11). X, Y or Z, counted as 0, 1 and 2, then seven digits, then the letter of
//! the DNI.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use super::es_nif::control;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::EsNie,
    starts: &[Starts::NearDigit(b"XYZ")],
    find,
    raises: &[
        "nie",
        "tie",
        "extranjero",
        "extranjera",
        "extranjeros",
        "extranjería",
        "extranjeria",
        "residencia",
        "residente",
        "foreigner",
        "dni",
        "nif",
        "identidad",
        "documento",
        "identificación",
        "identificacion",
    ],
    lowers: OTHER_NUMBERS,
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let gap = text.gap(at + 1, b" -./");
    // Nearly every word ends here.
    if !text.at(at + 1 + gap).is_ascii_digit() {
        return None;
    }
    let digits = text.code(at + 1 + gap, 7, &[1, 4], b" .")?;
    let behind = text.gap(digits.end, b" -./");
    let end = digits.end + behind + 1;
    let before = match text.at(at).to_ascii_uppercase() {
        b'X' => 0,
        b'Y' => 10_000_000,
        b'Z' => 20_000_000,
        _ => return None,
    };
    let written = text.at(end - 1);
    let control = control(before + digits.value(0, 7)?)?;
    if digits.gaps == 1 || control != written.to_ascii_uppercase() {
        return None;
    }
    // In a formula, or before a word of one letter.
    if written.is_ascii_lowercase() && behind > 0 && text.at(at).is_ascii_uppercase() {
        return None;
    }
    let score = match (gap + digits.gaps + behind, written.is_ascii_uppercase()) {
        (0, true) => Score(75),
        (0, false) => Score(60),
        _ => Score(90),
    };
    text.is_entry(at..end).then_some(Hit::new(at, end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("X1234567L", "X1234567L"),
            ("NIE: X-1234567-L.", "X-1234567-L"),
            ("Y1234567X", "Y1234567X"),
            ("nie=z1234567r", "z1234567r"),
            ("X 1234567 L", "X 1234567 L"),
            ("X-1.234.567-L", "X-1.234.567-L"),
            ("X1234567-L", "X1234567-L"),
            ("{\"nie\":\"X2482300W\"}", "X2482300W"),
            ("X\u{2011}1234567\u{2011}L", "X\u{2011}1234567\u{2011}L"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "NIE X1234567A",
            "NIE X-1234567-A",
            "NIE W1234567L",
            "NIE X123456L",
            "NIE X12345678L",
            "NIE XX1234567L",
            "NIE X1234567LL",
            "NIE X1234567",
            "pedido X1234567L",
            "NIE X1234567L-2",
            "NIE Y1234567L",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
