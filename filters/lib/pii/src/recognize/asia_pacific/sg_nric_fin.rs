//! Singaporean NRIC and FIN: S, T, F, G or M, seven digits and a letter that their weighted sum decides (Wikipedia's "National
//! Registration Identity Card", and the M series that ICA has issued since 2022, read 2026-11).

use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::SgNricFin,
    starts: &[Starts::NearDigit(b"STFGM")],
    find,
    raises: &[
        "nric",
        "nrics",
        "fin",
        "ic",
        "singpass",
        "nricfin",
        "nricno",
        "identity",
        "singapore",
        "singaporean",
    ],
    lowers: &[
        "order", "invoice", "tracking", "serial", "part", "sku", "model", "product", "batch", "lot",
        "version", "ticket", "flight",
    ],
};

const WEIGHTS: [u32; 7] = [2, 7, 6, 5, 4, 3, 2];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    // Nearly every word ends here.
    if text.at(at + 1).is_ascii_alphabetic() {
        return None;
    }
    let separator = Some(text.at(at + 1)).filter(|byte| matches!(byte, b' ' | b'-'));
    let from = at + 1 + usize::from(separator.is_some());
    let mut digits = [0; 7];
    for (place, digit) in digits.iter_mut().enumerate() {
        *digit = text
            .at(from + place)
            .checked_sub(b'0')
            .filter(|value| *value < 10)?;
    }
    let last = from + 7 + usize::from(matches!(text.at(from + 7), b' ' | b'-'));
    let end = last + 1;
    let letters: (usize, &[u8; 11]) = match text.at(at).to_ascii_uppercase() {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"XWUTRQPNJLK"),
        _ => return None,
    };
    let sum = letters.0 + usize::try_from(weighted(&digits, &WEIGHTS)).ok()?;
    let right = letters.1.get(sum % 11).copied();
    if right != Some(text.at(last).to_ascii_uppercase()) || !text.is_entry(at..end) {
        return None;
    }
    let is_upper = text.at(at).is_ascii_uppercase() && text.at(last).is_ascii_uppercase();
    let score = match (end - at, is_upper) {
        (9, true) => Score(85),
        (9, false) => Score(60),
        _ => Score::LIKELY,
    };
    Some(Hit::new(at, end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn identity_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("S1234567D", "S1234567D"),
            ("NRIC: t1234567j.", "t1234567j"),
            ("FIN F1234567N", "F1234567N"),
            ("(G1234567X)", "G1234567X"),
            ("fin=M1234567K", "M1234567K"),
            ("NRIC S-1234567-D", "S-1234567-D"),
            ("{\"nric\":\"S1234567D\"}", "S1234567D"),
            ("身份证S1234567D号", "S1234567D"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "NRIC S1234567E",
            "NRIC T1234567D",
            "NRIC A1234567D",
            "NRIC S123456D",
            "NRIC S12345678D",
            "NRIC S1234567DD",
            "NRIC XS1234567D",
            "NRIC S1234567D-2",
            "order S1234567D, S 1234567 D",
        ] {
            let found = found(super::RECOGNIZER.entity, text);
            assert_eq!(found, [""; 0], "{text}");
        }
    }
}
