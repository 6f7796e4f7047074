//! Numbers with the code of their country: ITU-T E.164 and its list of country codes, and how long the numbers of each
//! country are by the national numbering plans that libphonenumber's metadata gathers (read 2026-11).

use core::ops::RangeInclusive;

use super::national;
use super::written::Group;
use crate::Score;

/// Countries with a zero in front of the number that is dialled from abroad too.
const KEEP_ZERO: [u16; 6] = [39, 225, 229, 241, 242, 378];

/// A number that is dialled from somewhere: `00`, or `011` from North America, and the code.
pub(super) fn prefixed(digits: &[u8], groups: &[Group]) -> Option<Score> {
    let first = groups.first()?;
    let (prefix, separated) = match digits {
        // Where a group starts with the code, it has nothing else in it.
        [0, 0, 1..=9, ..] => (2, groups.len() > 1 && first.digits <= 5),
        [0, 1, 1, 1..=9, ..] if first.digits == 3 && !first.bracketed => (3, true),
        _ => return None,
    };
    let (code, groups) = match first.digits.checked_sub(prefix) {
        Some(0) => (groups.get(1)?.digits, groups.get(1..)?),
        left => (left?, groups),
    };
    let number = digits.get(prefix..)?;
    if prefix == 3 && !(1..=3).contains(&code) {
        return None;
    }
    is_number(number, code, groups).then_some(match separated {
        true => Score(75),
        false => Score(44),
    })
}

/// A number that lacks only the plus; `number` starts with the code.
pub(super) fn bare(number: &[u8], groups: &[Group]) -> Option<Score> {
    let first = groups.first()?;
    let separated = groups.len() > 1;
    let code = match number {
        [3, 1 | 3 | 4 | 9, ..] | [4, 4 | 9, ..] | [5, 5, ..] | [6, 1, ..] | [8, 1 | 6, ..] | [9, 1, ..] => 2,
        _ => return None,
    };
    let alone = !separated || first.digits == code;
    let long = (11..=13).contains(&number.len());
    (alone && long && is_number(number, first.digits, groups)).then_some(match separated {
        true => Score(40),
        false => Score(15),
    })
}

/// Whether these are the digits of a number, the code in front. The code is within the first group, of `code` digits.
pub(super) fn is_number(digits: &[u8], code: usize, groups: &[Group]) -> bool {
    // A lone digit at the end is a switchboard's extension, or no part of the number.
    let lone = |group: &Group| group.digits == 1 && group.separator != b'-';
    if groups.len() > 1 && groups.last().is_some_and(lone) {
        return false;
    }
    (1..=code.min(3)).any(|len| {
        let (Some(country), Some(number)) = (digits.get(..len), digits.get(len..)) else {
            return false;
        };
        let country = country
            .iter()
            .fold(0, |country, digit| country * 10 + u16::from(*digit));
        let number = match number {
            // It is not dialled from abroad: written as (0), or by mistake.
            [0, rest @ ..] if !KEEP_ZERO.contains(&country) => rest,
            _ => number,
        };
        has(country, number)
    })
}

/// Whether a country has the number.
fn has(country: u16, number: &[u8]) -> bool {
    let len = number.len();
    let Some(first) = number.first() else {
        return false;
    };
    match (country, number) {
        (1, _) => national::is_nanp(number),
        (7, [3..=9, ..]) => len == 10,
        (31, [8, 0, 0, ..] | [9, 0, ..]) => len == 7 || len == 9 || len == 10,
        (31, [1..=9, ..]) => len == 9,
        (33, [1..=9, ..]) => len == 9,
        (34, [5..=9, ..]) => len == 9,
        (39, [3, ..]) => len == 9 || len == 10,
        (39, [0, ..]) => (7..=11).contains(&len),
        (39, [8, ..]) => (6..=10).contains(&len),
        (44, [1, 1, ..] | [1, _, 1, ..]) => len == 10,
        (44, [1, ..] | [8, 0, 0, ..] | [5, 0, 0, ..]) => len == 9 || len == 10,
        (44, [2 | 3 | 5 | 7 | 8 | 9, ..]) => len == 10,
        (49, [1, 5..=7, ..]) => len == 10 || len == 11,
        (49, [1..=9, ..]) => (6..=11).contains(&len),
        (55, _) => national::is_brazilian(number),
        (61, [1, 3 | 8, 0, 0, ..]) => len == 10,
        (61, [1, 3, ..]) => len == 6,
        (61, [2..=5 | 7 | 8, ..]) => len == 9,
        (81, [2 | 5..=9, 0, ..]) => len == 10 || (*first == 6 && len == 9),
        (81, [1..=9, ..]) => len == 9,
        (86, [1, 3..=9, ..]) => len == 11,
        (86, [1, 0, ..] | [2, ..]) => len == 10,
        (86, [3..=9, ..]) => len == 10 || len == 11,
        (91, [1..=9, ..]) => len == 10,
        (7 | 31 | 33 | 34 | 39 | 44 | 49 | 61 | 81 | 86 | 91, _) => false,
        _ => {
            let starts = *first != 0 || KEEP_ZERO.contains(&country);
            starts && lengths(country).is_some_and(|lengths| lengths.contains(&len))
        }
    }
}

/// The fewest and the most digits behind the codes of those countries whose numbers have no more rules here than these.
fn lengths(country: u16) -> Option<RangeInclusive<usize>> {
    Some(match country {
        290 => 4..=5,
        683 | 690 => 4..=7,
        500 | 682 => 5..=5,
        247 => 5..=6,
        676 | 677 | 678 | 688 => 5..=7,
        686 => 5..=8,
        27 => 5..=9,
        685 => 5..=10,
        352 => 5..=11,
        298 | 299 | 672 | 681 | 687 => 6..=6,
        597 => 6..=7,
        53 => 6..=8,
        252 | 359 | 376 | 508 => 6..=9,
        880 => 6..=10,
        358 => 6..=11,
        238 | 239 | 246 | 248 | 269 | 291 | 297 | 501 | 592 | 673 | 674 | 679 | 680 | 691 | 692 | 960 => {
            7..=7
        }
        230 | 241 | 267 | 372 | 507 | 599 | 670 | 675 | 961 | 975 => 7..=8,
        220 | 231 | 254 | 265 | 353 | 354 | 423 | 595 | 967 => 7..=9,
        46 | 95 | 243 | 381 => 7..=10,
        882 => 7..=12,
        43 => 7..=13,
        45 | 47 | 65 | 216 | 222 | 223 | 226 | 227 | 228 | 232 | 235 | 236 | 253 | 257 | 266 | 268 | 350
        | 356 | 357 | 370 | 371 | 373 | 374 | 382 | 386 | 389 | 502 | 503 | 504 | 505 | 506 | 509 | 591
        | 598 | 689 | 800 | 808 | 852 | 853 | 965 | 968 | 973 | 974 | 993 => 8..=8,
        32 | 36 | 51 | 66 | 213 | 224 | 250 | 258 | 264 | 355 | 377 | 383 | 385 | 387 | 593 | 855 | 886
        | 962 | 963 | 970 | 971 | 972 => 8..=9,
        20 | 57 | 60 | 63 | 64 | 82 | 378 | 850 | 856 | 964 | 976 | 977 => 8..=10,
        62 | 883 => 8..=12,
        40 | 41 | 48 | 56 | 93 | 94 | 211 | 212 | 218 | 221 | 233 | 237 | 240 | 242 | 244 | 245 | 249
        | 251 | 255 | 256 | 260 | 261 | 262 | 263 | 351 | 375 | 380 | 420 | 421 | 590 | 594 | 596 | 966
        | 979 | 992 | 994 | 995 | 996 | 998 => 9..=9,
        84 | 92 | 881 => 9..=10,
        870 => 9..=12,
        30 | 52 | 58 | 90 | 98 | 225 | 229 | 234 => 10..=10,
        54 => 10..=11,
        888 => 11..=11,
        878 => 12..=12,
        _ => return None,
    })
}
