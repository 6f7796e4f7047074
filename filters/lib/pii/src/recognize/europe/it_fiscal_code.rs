//! Italian fiscal codes of persons: ministerial decree of 23 December 1976 (read 2026-11). Six letters of the name, year, month as
//! a letter, day (women's plus 40), four characters of the place, a check letter. Where two people would have the same
//! code, letters stand for some of its digits (omocodia). The eleven digits of companies are not recognised.

use super::super::{Hit, Recognizer, Starts};
use crate::date::is_day;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::ItFiscalCode,
    starts: &[Starts::NearDigit(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")],
    find,
    raises: &["codice", "fiscale", "cf", "fiscal", "codicefiscale"],
    lowers: &[],
};

const LETTERS: [usize; 9] = [0, 1, 2, 3, 4, 5, 8, 11, 15];
const SEPARATORS: &[u8] = b" -./";
const DIGITS: [usize; 7] = [6, 7, 9, 10, 12, 13, 14];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let letters = text.run(at, 7, |byte| byte.is_ascii_alphabetic());
    // Nearly every word ends here.
    if !has_year(text, at, letters) {
        return None;
    }
    let code = text.code(at, 16, &[3, 6, 8, 9, 11, 12, 15], SEPARATORS)?;
    let characters = code.characters();
    let at_place = |place: &usize| characters.get(*place).copied().unwrap_or_default();
    let digit = |place: usize| u32::from(digit(at_place(&place)).unwrap_or_default());
    if !LETTERS
        .iter()
        .map(at_place)
        .all(|letter| letter.is_ascii_uppercase())
        || !DIGITS
            .iter()
            .map(at_place)
            .all(|character| self::digit(character).is_some())
        || !characters.iter().any(u8::is_ascii_digit)
    {
        return None;
    }
    let month = b"ABCDEHLMPRST"
        .iter()
        .position(|letter| *letter == at_place(&8))?
        + 1;
    let day = digit(9) * 10 + digit(10);
    // The century is not told: every fourth year counts as a leap year.
    let year = 2000 + digit(6) * 10 + digit(7);
    let born = is_day(
        year,
        u32::try_from(month).ok()?,
        if day > 40 { day - 40 } else { day },
    );
    let check = characters.get(..15).and_then(check_letter);
    let found = born && check == characters.last().copied() && text.is_entry(at..code.end);
    found.then_some(Hit::new(at, code.end, Score::CERTAIN))
}

/// Whether a year may stand behind the letters of the name, of which so many stand together at a place.
fn has_year(text: &Text<'_>, at: usize, letters: usize) -> bool {
    let after = |at: usize| at + text.gap(at, SEPARATORS);
    let year = match letters {
        3 => {
            let second = after(at + 3);
            let letters = text.run(second, 5, |byte| byte.is_ascii_alphabetic());
            match letters {
                3 => after(second + 3),
                // The year starts with the letter for a digit.
                4 | 5 => second + 3,
                _ => return false,
            }
        }
        6 => after(at + 6),
        7 => at + 6,
        _ => return false,
    };
    let is_digit = |at: usize| digit(text.at(at).to_ascii_uppercase()).is_some();
    is_digit(year) && is_digit(year + 1)
}

/// The value of a digit, or of the letter that stands for it.
fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'L'..=b'N' => Some(character - b'L'),
        b'P'..=b'V' => Some(character - b'P' + 3),
        _ => None,
    }
}

fn check_letter(body: &[u8]) -> Option<u8> {
    const ODD: [u8; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ];
    let values = body.iter().map(|character| match character {
        b'0'..=b'9' => character - b'0',
        _ => character.saturating_sub(b'A'),
    });
    let weighted = values.enumerate().map(|(place, value)| match place % 2 {
        0 => ODD.get(usize::from(value)).copied().unwrap_or_default(),
        _ => value,
    });
    let sum: u32 = weighted.map(u32::from).sum();
    Some(b'A' + u8::try_from(sum % 26).ok()?)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn codes_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("RSSMRA85T10A562S", "RSSMRA85T10A562S"),
            ("codice fiscale: rssmra85t10a562s.", "rssmra85t10a562s"),
            ("RssMra85T10A562S", "RssMra85T10A562S"),
            ("RSS MRA 85T10 A562 S", "RSS MRA 85T10 A562 S"),
            ("RSSMRA 85T10 A562S", "RSSMRA 85T10 A562S"),
            ("RSS-MRA-85T10-A562-S", "RSS-MRA-85T10-A562-S"),
            ("rss mra 85t10 a562 s", "rss mra 85t10 a562 s"),
            ("MRTMTT25D09F205Z", "MRTMTT25D09F205Z"),
            ("(MRTMTT91D08F205J)", "MRTMTT91D08F205J"),
            ("cf=RCCMNL83S18D969H&", "RCCMNL83S18D969H"),
            // Omocodia.
            ("RCCMNL83S18D96VW", "RCCMNL83S18D96VW"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "CF RSSMRA85T10A562T",
            "CF RSSMRA85T10A562",
            "CF RSSMRA85T10A562SS",
            "CF XRSSMRA85T10A562S",
            "CF RSSMRA85F10A562R",
            "CF RSSMRA85T32A562Y",
            "CF RSSMRA00B30A562J",
            "CF RS1MRA85T10A562G",
            "CF RSSMRA85T10A562S-1",
            "CF RSS MRA-85T10 A562S",
            "RSSMRAURTMLARSNL",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
