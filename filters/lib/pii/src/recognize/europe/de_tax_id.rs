//! German tax identification numbers: section 139b of the Abgabenordnung; structure and check digit as the Bundeszentralamt für
//! Steuern gives them for the electronic exchange of data, and as in Wikipedia's "Steuerliche Identifikationsnummer" (read
//! 2026-11). Eleven digits, ISO/IEC 7064 MOD 11,10. Among the first ten, one digit stands twice or three times (not three in a row)
//! and no other more than once. Tax numbers of the tax offices (Steuernummer) are others and not recognised.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::mod11_10;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::DeTaxId,
    starts: &[Starts::Digits(&[2, 3, 11])],
    find,
    raises: &[
        "steuer",
        "steuerid",
        "steueridentifikationsnummer",
        "steueridentnummer",
        "steueridnr",
        "steuerliche",
        "identifikationsnummer",
        "idnr",
        "tin",
        "tax",
        "taxpayer",
        "taxid",
        "finanzamt",
    ],
    lowers: OTHER_NUMBERS,
};

const SEPARATORS: &[u8] = b" -./";

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let number = if text.at(at + 2).is_ascii_digit() {
        text.ungrouped(at, 11)
            .or_else(|| text.grouped(at, &[3, 3, 3, 2], SEPARATORS))
    } else {
        text.grouped(at, &[2, 3, 3, 3], SEPARATORS)
    }?;
    let digits = number.digits();
    if digits.first() == Some(&0) || !has_one_repeated(digits) || !mod11_10(digits) {
        return None;
    }
    let score = if number.separated { Score(85) } else { Score(65) };
    Some(Hit::new(at, number.end, score))
}

fn has_one_repeated(digits: &[u8]) -> bool {
    let body = digits.get(..10).unwrap_or_default();
    let times = |digit: u8| body.iter().filter(|other| **other == digit).count();
    let mut repeated = (0..10).map(times).filter(|times| *times > 1);
    let in_a_row = body
        .windows(3)
        .any(|three| matches!(three, [a, b, c] if a == b && b == c));
    matches!((repeated.next(), repeated.next()), (Some(2 | 3), None)) && !in_a_row
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("86 095 742 719", "86 095 742 719"),
            ("Steuer-ID: 86095742719.", "86095742719"),
            ("65929970489", "65929970489"),
            ("steuerId=\"26954371827\"", "26954371827"),
            ("IdNr. 47 036 892 816", "47 036 892 816"),
            ("36-574-261-809", "36-574-261-809"),
            ("36.574.261.809", "36.574.261.809"),
            ("365 742 618 09", "365 742 618 09"),
            (
                "86\u{202f}095\u{202f}742\u{202f}719",
                "86\u{202f}095\u{202f}742\u{202f}719",
            ),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "Steuer-ID 86 095 742 718",
            "Steuer-ID 86095742718",
            "Steuer-ID 8609574271",
            "Steuer-ID 860957427190",
            "Steuer-ID 36554266806",
            "Steuer-ID 12345678903",
            "Steuer-ID 06954371828",
            "Steuer-ID x86095742719",
            "Steuer-ID 86 095-742 719",
            "Rechnung 86095742719",
            "86 095 742 719,50",
            "Steuer-ID 11123456786",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
