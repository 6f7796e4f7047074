//! Brazilian CNPJ: eight characters for the company, four for its branch, two check digits modulo eleven, written
//! 2.3.3/4-2. Characters are digits and, in what is issued since July 2026, letters, which count as their ASCII code less 48
//! (Receita Federal, Instrução Normativa 2.229 of 2024, and its "CNPJ alfanumérico" questions and answers, read 2026-11).

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::date::is_day;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::BrCnpj,
    starts: &[Starts::Digits(&[2, 8, 14]), Starts::Code(&[2, 8, 14])],
    find,
    raises: &["cnpj", "cnpjs", "cgc", "ltda", "empresa", "cnpjmf", "cnpjnumber"],
    lowers: OTHER_NUMBERS,
};

/// Characters, and in which places a separator may stand in front.
const LEN: usize = 14;
/// What stands between the groups.
const WRITTEN: [(usize, u8); 4] = [(2, b'.'), (5, b'.'), (8, b'/'), (12, b'-')];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    // Nearly everything ends here: where there is a first separator, there is a second.
    let is_separator = |at: usize| matches!(text.at(at), b'.' | b'/' | b'-' | b' ');
    if is_separator(at + 2) && !is_separator(at + 6) {
        return None;
    }
    let mut characters = [0; LEN];
    let mut end = at;
    // How many separators there are, and how many are the right ones.
    let (mut separators, mut right) = (0, 0);
    for (place, character) in characters.iter_mut().enumerate() {
        if let Some((_, separator)) = WRITTEN.iter().find(|(before, _)| *before == place)
            && matches!(text.at(end), b'.' | b'/' | b'-' | b' ')
        {
            separators += 1;
            right += usize::from(text.at(end) == *separator);
            end += 1;
        }
        let byte = text.at(end);
        let is_fit = byte.is_ascii_digit() || place < LEN - 2 && byte.is_ascii_alphabetic();
        *character = Some(byte.to_ascii_uppercase()).filter(|_| is_fit)?;
        end += 1;
    }
    let first = characters.first()?;
    let is_valid = is_checked(&characters, LEN - 2)
        && is_checked(&characters, LEN - 1)
        && characters.iter().any(|character| character != first)
        && text.is_entry(at..end);
    if !is_valid {
        return None;
    }
    let is_numeric = characters.iter().all(u8::is_ascii_digit);
    let is_upper = !text.slice(at..end).iter().any(u8::is_ascii_lowercase);
    // Most companies have few branches: `0001`.
    let is_branch = characters.get(8..10) == Some(b"00");
    let score = match (separators, right) {
        (4, 4) => Score::CERTAIN,
        (4, _) if is_numeric => Score(75),
        (0, _) if is_numeric && !text.is_number(at..end) => return None,
        (0, _) if is_numeric && is_time(&characters) => Score(40),
        (0, _) if is_numeric && is_branch => Score(75),
        (0, _) if is_numeric => Score(55),
        (_, _) if is_numeric && is_branch => Score(65),
        (_, _) if is_numeric || is_upper => Score::LIKELY,
        _ => Score::WEAK,
    };
    Some(Hit::new(at, end, score))
}

/// Whether the digit at a place is the check digit of the characters in front, which weigh from 2 to 9, again and again, from
/// the right.
fn is_checked(characters: &[u8; LEN], place: usize) -> bool {
    let body = characters.get(..place).unwrap_or_default();
    let weights = (2..=9).cycle();
    let sum: u32 = body
        .iter()
        .rev()
        .zip(weights)
        .map(|(character, weight)| u32::from(character.saturating_sub(b'0')) * weight)
        .sum();
    let right = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    let check = characters
        .get(place)
        .map(|check| u32::from(check.saturating_sub(b'0')));
    check == Some(right)
}

/// Whether it is a time as `20261127153000`.
fn is_time(digits: &[u8; LEN]) -> bool {
    let number = |places: std::ops::Range<usize>| {
        let digits = digits.get(places).unwrap_or_default();
        digits.iter().fold(0, |number, digit| {
            number * 10 + u32::from(digit.saturating_sub(b'0'))
        })
    };
    let year = number(0..4);
    (1900..2100).contains(&year)
        && is_day(year, number(4..6), number(6..8))
        && number(8..10) < 24
        && number(10..12) < 60
        && number(12..14) < 60
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn cnpj_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("11.222.333/0001-81", "11.222.333/0001-81"),
            ("CNPJ 16.727.230/0001-97, com sede", "16.727.230/0001-97"),
            ("cnpj: 11222333000181.", "11222333000181"),
            ("{\"cnpj\":\"11222333000181\"}", "11222333000181"),
            ("11.222.333.0001-81", "11.222.333.0001-81"),
            ("11222333/0001-81", "11222333/0001-81"),
            ("11 222 333 0001 81", "11 222 333 0001 81"),
            ("12.ABC.345/01DE-35", "12.ABC.345/01DE-35"),
            ("CNPJ 12ABC34501DE35;", "12ABC34501DE35"),
            ("cnpj 12abc34501de35", "12abc34501de35"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "11.222.333/0001-82",
            "CNPJ 11222333000182",
            "CNPJ 00.000.000/0000-00",
            "CNPJ 11.222.333/0001-811",
            "CNPJ 1.222.333/0001-81",
            "CNPJ 12.ABC.345/01DE-36",
            "12ABC34501DE35",
            "order 112223330001811",
            "CNPJ 11.222.333/0001-8A",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
