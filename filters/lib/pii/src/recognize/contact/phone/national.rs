//! Numbers as they are written inside a country: how many digits there are and how they are grouped. From the national
//! numbering plans as ITU-T E.164's country pages, libphonenumber's metadata and Wikipedia's "National conventions for
//! writing telephone numbers" give them (read 2026-11).

use super::international;
use super::written::Group;
use crate::Score;

/// What brackets around the area code, and a slash behind it, add.
const BRACKETS: u8 = 20;
const SLASH: u8 = 8;
const MOST: u8 = 90;

/// How sure it is that a national number is one.
pub(super) fn judge(digits: &[u8], groups: &[Group]) -> Option<Score> {
    let mut lengths = [0; 8];
    for (length, group) in lengths.iter_mut().zip(groups) {
        *length = group.digits;
    }
    let lengths = lengths.get(..groups.len())?;
    if has_extension(digits, groups) {
        return Some(Score(62));
    }
    if !is_even(groups) {
        return None;
    }
    let (first, second) = (groups.first()?, groups.get(1));
    let score = match digits {
        [0, 0, ..] => return None,
        [0, ..] => trunk(digits, lengths, groups)?,
        _ => plain(digits, lengths, groups)?,
    };
    let bracketed = first.bracketed || (first.digits == 1 && second.is_some_and(|group| group.bracketed));
    let slash = second.is_some_and(|group| group.separator == b'/');
    let more = if bracketed {
        BRACKETS
    } else if slash {
        SLASH
    } else {
        0
    };
    Some(Score(score.saturating_add(more).min(MOST.max(score))))
}

/// Whether it is a number with an extension behind a dash, as offices in Germany, Austria and China have them:
/// `0711/1234-56`, `030 1234-0`, `(010) 12345678-8001`.
fn has_extension(digits: &[u8], groups: &[Group]) -> bool {
    let [area, number, extension] = groups else {
        return false;
    };
    let set_off = area.bracketed || number.separator == b'/';
    let short = extension.digits <= 2 || number.digits >= 5;
    matches!(digits, [0, 1..=9, ..])
        && matches!(number.separator, b' ' | b'/' | b')')
        && extension.separator == b'-'
        && (3..=6).contains(&area.digits)
        && (2..=8).contains(&number.digits)
        && (1..=5).contains(&extension.digits)
        && (8..=15).contains(&digits.len())
        && (set_off || short)
        // Where the numbers have a fixed length, it says which digits are an extension.
        && (extension.digits != 4 || number.digits > 4 || set_off)
}

/// Whether the same stands between all groups but the first ones, of which one may be an area code.
fn is_even(groups: &[Group]) -> bool {
    let separator = |index: usize| groups.get(index).map_or(0, |group| group.separator);
    let bracketed = |index: usize| groups.get(index).is_some_and(|group| group.bracketed);
    // A 0, 1 or 8 in front of the area code is a group more that may be set off.
    let set_off = groups.iter().take(2).any(|group| group.digits == 1);
    let pairs = groups.len() == 5 && groups.iter().all(|group| group.digits == 2);
    let from = if set_off { 3 } else { 2 };
    let rest = groups.get(from..).unwrap_or_default();
    let same = rest.iter().all(|group| {
        (matches!(group.separator, b' ' | b'-' | b'.' | b')') || pairs) && group.separator == separator(from)
    });
    let brackets = groups.iter().filter(|group| group.bracketed).count();
    let lone = groups.len() == 1 && bracketed(0);
    // Points are between all groups or between none.
    let points = groups
        .iter()
        .skip(1)
        .filter(|group| group.separator == b'.')
        .count();
    let pointed = points == 0 || brackets > 0 || points == groups.len() - 1;
    let late_bracket = groups.iter().skip(2).any(|group| group.bracketed);
    same && pointed && brackets < 2 && !lone && !late_bracket
}

/// Numbers that start with a zero: it is dialled in front of the area code.
fn trunk(digits: &[u8], lengths: &[usize], groups: &[Group]) -> Option<u8> {
    let (area, rest) = lengths.split_first()?;
    // Berlin, Frankfurt, Hamburg and Munich.
    let german = matches!(digits, [0, 3, 0, ..] | [0, 4, 0, ..] | [0, 6 | 8, 9, ..]);
    let mobile_de = matches!(digits, [0, 1, 5..=7, ..]);
    let spaced = groups.iter().skip(1).all(|group| group.separator == b' ') && !groups.first()?.bracketed;
    let separator = |index: usize| groups.get(index).map_or(0, |group| group.separator);
    let pointed = separator(1) == b'.';
    let even = separator(1) == separator(2) && !groups.first()?.bracketed;
    let score = match (area, digits.len(), rest) {
        // Mobile numbers of Germany and of the United Kingdom.
        (11 | 12, _, []) if mobile_de => 52,
        (11, _, []) if matches!(digits, [_, 7, 1..=5 | 7..=9, ..]) => 52,
        (10 | 11, _, []) => 38,
        (9 | 12, _, []) => 30,
        (1, 10, [3, 3, 3]) => 60,
        (1, 10, [1, 2, 2, 2, 2]) => 60,
        (1, 11, [3, 3, 2, 2]) => 70,
        (1, 11, [5, 5]) if matches!(digits, [_, 6..=9, ..]) => 60,
        (1, 11, [10]) if matches!(digits, [_, 6..=9, ..]) => 45,
        (1, 9..=12, [2..=4, 4..=8] | [2..=4, 2..=3, 2..=3, 2..=3]) if groups.get(1)?.bracketed => 60,
        (2, 10, [2, 2, 2, 2]) => 75,
        (2, 10, [4, 4]) => 70,
        (2, 10, [8] | [3, 3, 2] | [3, 2, 3]) => 65,
        (2, 9, [3, 4] | [3, 2, 2] | [7]) => 60,
        (3, 11, [8] | [4, 4]) => 70,
        (3, 11, [3, 5] | [5, 3]) => 55,
        (3, 11, [3, 3, 2] | [2, 2, 2, 2]) => 60,
        (3, 10, [7] | [3, 4] | [3, 2, 2] | [2, 2, 3] | [2, 3, 2]) => 65,
        (3, 10, [4, 3]) | (3, 9, [3, 3] | [2, 2, 2] | [6] | [2, 4]) if german && !spaced => 60,
        (3, 9, [2, 2, 2]) => 60,
        (3, 9, [6]) => 55,
        // Numbers of things are grouped in threes too.
        (3, 9, [3, 3]) => 42,
        (3, 12, [9] | [3, 3, 3] | [4, 5] | [3, 2, 2, 2]) if german => 60,
        (3, 8, [5] | [3, 2]) if german => 45,
        // Brazil, with the zero in front of the two digits of the area.
        (3, 12, [5, 4] | [9]) => 65,
        (4, 11, [7] | [3, 4] | [3, 2, 2] | [2, 2, 3] | [2, 3, 2]) => 70,
        (4, 11, [4, 3]) if mobile_de => 60,
        (4, 10, [6] | [3, 3] | [2, 2, 2] | [2, 4]) => 65,
        (4, 9, [2, 3]) if pointed => 42,
        (4, 9, [5] | [2, 3] | [3, 2]) => 55,
        (4, 12, [8]) => 65,
        // In China; with the same between all groups it is oftener the number of a thing.
        (4, 12, [4, 4]) if !even => 65,
        (4, 12, [4, 4]) if !pointed => 42,
        (4, 12, [2, 2, 2, 2] | [3, 3, 2] | [3, 5]) => 55,
        (4, 8, [4]) if matches!(digits, [0, 8 | 9, 0, 0, ..]) && spaced => 45,
        (5, 11, [6] | [3, 3] | [2, 2, 2] | [2, 4]) => 70,
        (5, 10, [5] | [2, 3] | [3, 2] | [1, 4]) => 60,
        // American postal codes look the same.
        (5, 9, [4]) if separator(1) == b'-' => 30,
        (5, 9, [4] | [2, 2]) => 50,
        (5, 12, [7] | [3, 4] | [3, 2, 2] | [2, 2, 3]) => 65,
        (6, 11, [5] | [2, 3] | [3, 2]) => 60,
        (6, 12, [6] | [3, 3]) if matches!(digits, [0, 3, ..]) => 55,
        (6, 12, [6] | [3, 3]) => 38,
        (6, 10, [4] | [2, 2]) => 50,
        _ => return None,
    };
    Some(score)
}

/// Numbers that do not.
fn plain(digits: &[u8], lengths: &[usize], groups: &[Group]) -> Option<u8> {
    let separator = |index: usize| groups.get(index).map_or(0, |group: &Group| group.separator);
    let bracketed = groups.first()?.bracketed;
    let first = *digits.first()?;
    let three = digits
        .iter()
        .take(3)
        .fold(0, |value, digit| value * 10 + u16::from(*digit));
    let nanp = is_nanp(digits);
    let brazilian = is_brazilian(digits);
    let italian = first == 3 && (310..=399).contains(&three);
    let indian = first >= 6;
    let chinese = is_chinese_mobile(digits);
    // Free of charge in Australia, and services in China.
    let service =
        matches!(three, 400 | 800) || digits.starts_with(&[1, 3, 0, 0]) || digits.starts_with(&[1, 8, 0, 0]);
    let score = match lengths {
        // A decimal fraction.
        [_, _] if separator(1) == b'.' => return None,
        // North America.
        [1, 3, 3, 4] if first == 1 && is_nanp(digits.get(1..)?) => 80,
        [1, 3, 7] | [1, 10] if first == 1 && is_nanp(digits.get(1..)?) => 45,
        [3, 3, 4] if nanp && separator(1) == b' ' && separator(2) == b' ' => 60,
        [3, 3, 4] if nanp => 70,
        [3, 3, 4] if separator(2) == b' ' && (italian || indian) => 45,
        [3, 3, 4] if three == 400 => 55,
        [3, 7] if nanp && bracketed => 70,
        [3, 7] if italian => 55,
        [3, 7] if nanp => 42,
        [3, 4] if separator(1) == b'-' && is_exchange(digits) => 15,
        // No area or exchange that there is, but the form: people make such numbers up.
        [3, 3, 4] => 15,
        [1, 3, 3, 4] if first == 1 => 15,
        // China.
        [3, 4, 4] if chinese => 75,
        [3, 8] if chinese => 60,
        [11] if chinese => 55,
        // Brazil.
        [2, 5, 4] | [2, 1, 4, 4] if brazilian => 70,
        [2, 4, 4] if brazilian && (bracketed || separator(1) == b' ' && separator(2) == b'-') => 65,
        [2, 4, 4] => 40,
        [2, 9] if brazilian => 55,
        [2, 8] if brazilian => 45,
        // Spain; Portugal, Poland and others group like it.
        [3, 2, 2, 2] if first >= 6 => 62,
        [2, 3, 2, 2] if first >= 8 => 62,
        [2, 3, 2, 2] => 52,
        [2, 3, 4] | [2, 7] if first >= 2 => 20,
        [3, 3, 3] if first >= 6 => 42,
        [3, 3, 3] if first >= 2 => 25,
        [3, 6] if first >= 6 => 45,
        [9] if first >= 6 => 22,
        [9] if first >= 2 => 12,
        // India.
        [5, 5] if indian => 52,
        [4, 3, 3] | [4, 6] | [3, 3, 2, 2] if indian => 42,
        // Australia.
        [4, 3, 3] | [4, 6] if first == 1 && service => 65,
        [2, 2, 2] if digits.starts_with(&[1, 3]) => 15,
        // Russia.
        [1, 3, 3, 2, 2] if first == 8 => 70,
        // Italy, France and others without the zero; a row of digits that only words can explain.
        [3, 2, 2, 3] | [3, 2, 3, 2] if italian => 55,
        [10] if first > 1 || brazilian || service => 22,
        [11] if first == 1 && is_nanp(digits.get(1..)?) => 22,
        [11] if brazilian || first == 8 => 20,
        // Local numbers.
        [4, 4] if first >= 2 && !is_years(digits) => 12,
        [2, 2, 2, 2] if first >= 2 => 12,
        [3, 2, 3] if matches!(first, 4 | 9) => 12,
        [8] if first >= 3 => 12,
        _ => return international::bare(digits, groups).map(|score| score.0),
    };
    let code = international::bare(digits, groups).map_or(0, |score| score.0);
    Some(score.max(code))
}

/// Whether a number with the code of North America has its form, and neither area nor exchange that there are.
pub(super) fn is_made_up(digits: &[u8], groups: &[Group]) -> bool {
    let lengths = groups.iter().map(|group| group.digits);
    matches!(digits, [1, rest @ ..] if rest.len() == 10) && (groups.len() == 1 || lengths.eq([1, 3, 3, 4]))
}

/// A number of the North American Numbering Plan: neither area nor exchange start with 0 or 1, and areas N11 are services.
pub(super) fn is_nanp(number: &[u8]) -> bool {
    let area = matches!(number, [2..=9, second, third, 2..=9, ..] if (*second, *third) != (1, 1));
    area && number.len() == 10
}

fn is_exchange(number: &[u8]) -> bool {
    matches!(number, [2..=9, second, third, ..] if (*second, *third) != (1, 1))
}

/// An area of Brazil, and nine digits of a mobile number or eight of another.
pub(super) fn is_brazilian(number: &[u8]) -> bool {
    let area = matches!(
        number,
        [1, 1..=9, ..]
            | [2, 1 | 2 | 4 | 7 | 8, ..]
            | [3, 1..=5 | 7 | 8, ..]
            | [5, 1 | 3..=5, ..]
            | [7, 1 | 3..=5 | 7 | 9, ..]
            | [4 | 6 | 8 | 9, 1..=9, ..]
    );
    match number.get(2) {
        Some(9) => area && matches!(number.len(), 10 | 11),
        _ => area && number.len() == 10,
    }
}

/// The first digits that Chinese mobile networks have.
fn is_chinese_mobile(number: &[u8]) -> bool {
    number.len() == 11
        && matches!(
            number,
            [1, 3 | 8, ..] | [1, 4, 5..=9, ..] | [1, 5, 0..=3 | 5..=9, ..] | [1, 6, 2 | 5..=7, ..] | [1, 7, 0..=8, ..]
                | [1, 9, 0..=3 | 5..=9, ..]
        )
}

/// Two years, rather than eight digits.
fn is_years(digits: &[u8]) -> bool {
    let is_year = |digits: &[u8]| matches!(digits, [1, 9, ..] | [2, 0, ..]);
    is_year(digits) && digits.get(4..).is_some_and(is_year)
}
