//! Chinese resident identity numbers: a region of six digits, the date of birth, three digits of sequence, and the check
//! character of ISO 7064 MOD 11-2 (GB 11643-1999; regions by province as in GB/T 2260; both as in Wikipedia's "Resident
//! Identity Card", read 2026-11). Residents from Hong Kong, Macau and Taiwan have regions 81 to 83; foreigners' numbers since
//! 2023 start with 9 and the province. The fifteen digits of before 1999 are not recognised.

use std::ops::Range;

use super::super::{Hit, Recognizer, Starts};
use crate::date::{BIRTH_YEARS, is_day};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::CnResidentId,
    starts: &[Starts::Digits(&[6, 18]), Starts::Code(&[18])],
    find,
    raises: &[
        "身份证",
        "身份证号",
        "身份证号码",
        "证件号",
        "证件号码",
        "公民身份",
        "身份",
        "sfz",
        "shenfenzheng",
        "居民身份证",
        "resident",
        "idcard",
        "identity",
    ],
    lowers: &[],
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let separator = Some(text.at(at + 6)).filter(|byte| matches!(byte, b' ' | b'-'));
    // Six digits are the start of much else.
    let year = at + 6 + usize::from(separator.is_some());
    if !matches!(text.slice(year..year + 2), b"19" | b"20") {
        return None;
    }
    let mut values = [0; 18];
    let mut end = at;
    for (place, value) in values.iter_mut().enumerate() {
        if let (6 | 14, Some(separator)) = (place, separator) {
            (text.at(end) == separator).then_some(())?;
            end += 1;
        }
        *value = match text.at(end) {
            digit @ b'0'..=b'9' => u32::from(digit - b'0'),
            b'X' | b'x' if place == 17 => 10,
            _ => return None,
        };
        end += 1;
    }
    let number = |places: Range<usize>| {
        let values = values.get(places).unwrap_or_default();
        values.iter().fold(0, |number, value| number * 10 + value)
    };
    let province = match number(0..1) {
        9 => number(1..3),
        _ => number(0..2),
    };
    let year = number(6..10);
    let rest = values.iter().fold(0, |rest, value| (rest * 2 + value) % 11);
    let is_valid = rest == 1
        && is_province(province)
        && BIRTH_YEARS.contains(&year)
        && is_day(year, number(10..12), number(12..14));
    (is_valid && is_alone(text, at..end)).then(|| Hit::new(at, end, Score::CERTAIN))
}

/// Whether nothing joins the span to more, not even a word as in `build-1234`.
fn is_alone(text: &Text<'_>, span: Range<usize>) -> bool {
    let hyphened = text.before(span.start) == b'-' && is_word(text.before(span.start - 1));
    !hyphened && text.is_entry(span)
}

fn is_province(province: u32) -> bool {
    matches!(province, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn identity_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("11010519491231002X", "11010519491231002X"),
            ("身份证号11010519491231002x。", "11010519491231002x"),
            ("身份证：360426199101010071,", "360426199101010071"),
            (
                "id=\"440524188001010014\" 440524198001010013",
                "440524198001010013",
            ),
            ("110105 19491231 002X", "110105 19491231 002X"),
            ("\u{ff13}60426199101010071", "\u{ff13}60426199101010071"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "身份证 110105194912310021",
            "身份证 11010519491331002X",
            "身份证 360426199101010072",
            "身份证 3604261991010100711",
            "身份证 A360426199101010071",
            "身份证 110105 19491231-002X",
            "0.360426199101010071",
            "build-360426199101010071-rc2",
            "11010519491231002XY",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
