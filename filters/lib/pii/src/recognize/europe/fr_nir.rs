//! French social security numbers (numéro d'inscription au répertoire): INSEE, "Numéro de sécurité sociale", and the decree 82-103
//! of 1982 on the directory (read 2026-11). Sex, year, month, department, commune and order, thirteen in all, and a key of two
//! digits that makes the whole divisible by 97. The departments of Corsica are 2A and 2B, counted as 19 and 18.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::text::{Code, Text};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::FrNir,
    starts: &[Starts::First(b"123478")],
    find,
    raises: &[
        "nir",
        "insee",
        "nss",
        "sécu",
        "secu",
        "sécurité",
        "securite",
        "sociale",
        "social",
        "ss",
        "vitale",
        "cpam",
        "ameli",
        "assuré",
        "assurée",
        "assure",
        "assuree",
        "matricule",
    ],
    lowers: OTHER_NUMBERS,
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    // Most numbers end here: two digits of the year stand behind the first.
    let year = at + 1 + text.gap(at + 1, b" -.");
    if !text.at(year).is_ascii_digit() || !text.at(year + 1).is_ascii_digit() {
        return None;
    }
    let code = text.code(at, 13, &[1, 3, 5, 7, 10], b" -.")?;
    let usual = is_usual(&code)?;
    let gap = text.gap(code.end, b" -./|");
    let key = [text.at(code.end + gap), text.at(code.end + gap + 1)];
    let (end, score) = match key {
        [tens @ b'0'..=b'9', units @ b'0'..=b'9'] => {
            let key = u32::from(tens - b'0') * 10 + u32::from(units - b'0');
            let score = match code.gaps > 0 || gap > 0 {
                true => Score::CERTAIN,
                false => Score(80),
            };
            ((97 - rest(&code)? == key).then_some(code.end + gap + 2)?, score)
        }
        // A key that lacks a digit.
        [b'0'..=b'9', ..] => return None,
        // Without its key it is any number; in groups these are hardly another's.
        _ if code.gaps > 3 => (code.end, Score(65)),
        _ => (code.end, Score::WEAK),
    };
    let score = if usual { score } else { Score(score.0.min(40)) };
    text.is_entry(at..end).then_some(Hit::new(at, end, score))
}

/// Whether its parts are possible, and whether they are those of nearly everybody: a sex that is final, a month that is
/// known.
fn is_usual(code: &Code) -> Option<bool> {
    let characters = code.characters();
    let month = code.value(3, 2)?;
    let corsican = matches!(characters.get(5..7), Some(b"2A" | b"2B"));
    let department = if corsican { 20 } else { code.value(5, 2)? };
    let commune = code.value(7, 3)?;
    let order = code.value(10, 3)?;
    code.value(0, 3)?;
    if department == 0 || commune == 0 || order == 0 {
        return None;
    }
    let sex = characters.first()?;
    match month {
        1..=12 => Some(matches!(sex, b'1' | b'2')),
        20 | 30..=42 | 50..=99 => Some(false),
        _ => None,
    }
}

/// What is left when its thirteen characters are divided by 97.
fn rest(code: &Code) -> Option<u32> {
    let mut characters = code.characters().iter();
    let mut before = 0;
    characters.try_fold(0, |rest, character| {
        let digit = match (before, character) {
            // 20 less one, and less two.
            (b'2', b'A') => return Some((rest * 10 + 96) % 97),
            (b'2', b'B') => return Some((rest * 10 + 95) % 97),
            (_, digit) => digit.checked_sub(b'0')?,
        };
        before = *character;
        Some((rest * 10 + u32::from(digit)) % 97)
    })
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("1 85 05 78 006 084 91", "1 85 05 78 006 084 91"),
            ("185057800608491", "185057800608491"),
            ("NIR:295109912611193.", "295109912611193"),
            ("2-95-10-99-126-111-93", "2-95-10-99-126-111-93"),
            ("2.95.10.99.126.111.93", "2.95.10.99.126.111.93"),
            ("1 85 05 78 006 084 / 91", "1 85 05 78 006 084 / 91"),
            ("1850578006084 91", "1850578006084 91"),
            ("n° de sécurité sociale 1850578006084", "1850578006084"),
            ("1 85 05 78 006 084", "1 85 05 78 006 084"),
            ("253072B07300470", "253072B07300470"),
            ("2 53 07 2b 073 004 70", "2 53 07 2b 073 004 70"),
            ("1 68 11 2A 004 123 15", "1 68 11 2A 004 123 15"),
            (
                "1\u{202f}85\u{202f}05\u{202f}78\u{202f}006\u{202f}084\u{202f}91",
                "1\u{202f}85\u{202f}05\u{202f}78\u{202f}006\u{202f}084\u{202f}91",
            ),
            ("7,185057800608491,3", "185057800608491"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "NIR 1 85 05 78 006 084 36",
            "NIR 185057800608436",
            "NIR 18505780060843",
            "NIR 1850578006084910",
            "NIR 585057800608485",
            "NIR 1 85 13 78 006 084 25",
            "NIR 1 85 05 00 006 084 63",
            "NIR x185057800608491",
            "1850578006084",
            "1700000000000",
            "NIR 1 85-05 78 006 084 91",
            "NIR 253072C07300470",
            "NIR 1 85 05 78 006 084 913",
            "commande 1850578006084",
            "NIR 1 85 05 78 006 084 9",
            "NIR 1850578006084 9.",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
