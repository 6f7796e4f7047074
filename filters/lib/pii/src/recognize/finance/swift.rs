//! Bank identifier codes: ISO 9362 (2022), eight or eleven capitals and digits: four letters of the institution, a country of
//! ISO 3166-1 or XK, two characters of the place and three of a branch, read 2026-11. There is no check digit, and `DOCUMENT`
//! is built like one (ME is Montenegro): what has only letters is found next to words such as "BIC" only, unless it names
//! the head office (`XXX`). Small letters are not recognised.

use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::SwiftCode,
    starts: &[Starts::Code(&[4, 8, 11])],
    find,
    raises: &[
        "swift",
        "bic",
        "bics",
        "swiftcode",
        "biccode",
        "swiftbic",
        "bicswift",
        "bankcode",
        "bankidentifiercode",
        "iban",
        "swiftコード",
        "bicコード",
        "swift代码",
        "银行代码",
        "国际代码",
    ],
    lowers: &[],
};

/// How a code is written: in one, or its parts with spaces between them.
const FORMS: [&[usize]; 5] = [&[11], &[8], &[4, 2, 2, 3], &[4, 2, 2], &[8, 3]];

/// What no single word of it says, and how far from a code it may begin.
const NAME: &str = "bank identifier code";
const BESIDE: usize = 40;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    FORMS.iter().find_map(|groups| read(text, at, groups))
}

fn read(text: &Text<'_>, start: usize, groups: &[usize]) -> Option<Hit> {
    let mut code = [0; 11];
    let mut places = code.iter_mut();
    let mut end = start;
    for group in groups {
        end += usize::from(end > start && text.at(end) == b' ');
        let part = text.slice(end..end + group);
        if part.len() < *group || !text.is_word(end..end + group) {
            return None;
        }
        for (byte, place) in part.iter().zip(&mut places) {
            *place = *byte;
        }
        end += group;
    }
    let unread = places.len();
    let ([bank @ .., first, second], rest) = code.split_first_chunk::<6>()?;
    let rest = rest.get(..rest.len() - unread)?;
    let is_code = bank.iter().all(u8::is_ascii_uppercase)
        && is_country(*first, *second)
        && rest
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let joined = |byte: u8| matches!(byte, b'-' | b'/' | b'.' | b'@');
    let continued = joined(text.at(end)) && text.at(end + 1).is_ascii_alphanumeric();
    let continues =
        joined(text.before(start)) && text.before(start.saturating_sub(1)).is_ascii_alphanumeric();
    let digits = rest.iter().any(u8::is_ascii_digit);
    let score = match (groups, rest) {
        ([11], [_, _, b'X', b'X', b'X']) => Score(75),
        ([11], _) if digits => Score::LIKELY,
        ([8], _) if digits => Score(40),
        ([8, 3], [_, _, b'X', b'X', b'X']) => Score(60),
        _ => Score::WEAK,
    };
    if !is_code || continued || continues {
        return None;
    }
    let behind = text.len().min(end + BESIDE);
    let named = text.says_before(start, BESIDE, NAME) || text.says_before(behind, behind - end, NAME);
    let score = if named { score.raised() } else { score };
    Some(Hit::new(start, end, score))
}

/// Whether two letters are a country of ISO 3166-1 alpha-2 (read 2026-11), or Kosovo.
fn is_country(first: u8, second: u8) -> bool {
    const SECONDS: [&str; 26] = [
        "DEFGILMOQRSTUWXZ",
        "ABDEFGHIJLMNOQRSTVWYZ",
        "ACDFGHIKLMNORUVWXYZ",
        "EJKMOZ",
        "CEGHRST",
        "IJKMOR",
        "ABDEFGHILMNPQRSTUWY",
        "KMNRTU",
        "DELMNOQRST",
        "EMOP",
        "EGHIMNPRWYZ",
        "ABCIKRSTUVY",
        "ACDEFGHKLMNOPQRSTUVWXYZ",
        "ACEFGILOPRUZ",
        "M",
        "AEFGHKLMNRSTWY",
        "A",
        "EOSUW",
        "ABCDEGHIJKLMNORSTVXYZ",
        "CDFGHJKLMNORTVWZ",
        "AGMSYZ",
        "ACEGINU",
        "FS",
        "K",
        "ET",
        "AMW",
    ];
    let seconds = first
        .checked_sub(b'A')
        .and_then(|index| SECONDS.get(usize::from(index)));
    seconds.is_some_and(|seconds| seconds.as_bytes().contains(&second))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn codes_are_found_and_words_in_capitals_are_not() {
        for (text, expected) in [
            ("BIC: DEUTDEFF", "DEUTDEFF"),
            ("SWIFT/BIC DEUTDEFF500.", "DEUTDEFF500"),
            ("swift code: CHASUS33", "CHASUS33"),
            ("\"swift_code\":\"BNPAFRPPXXX\"", "BNPAFRPPXXX"),
            ("BNPAFRPPXXX", "BNPAFRPPXXX"),
            ("BIC DEUT DE FF 500", "DEUT DE FF 500"),
            ("BIC：NWBKGB2L", "NWBKGB2L"),
            ("NWBKGB2L (BIC)", "NWBKGB2L"),
            ("IBAN DE89 3704 0044 0532 0130 00, COBADEFFXXX", "COBADEFFXXX"),
            ("SWIFTコード：BOTKJPJT", "BOTKJPJT"),
            ("bic=NEDSZAJJ&x", "NEDSZAJJ"),
            ("Bank identifier code …… NWBKGB2L.", "NWBKGB2L"),
            ("bankIdentifierCode: DEUTDEFF", "DEUTDEFF"),
            ("CHASUS33 is the bank identifier code", "CHASUS33"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "DOCUMENT",
            "THE INTERNET",
            "DEUTDEFF",
            "BIC DEUTXXFF",
            "BIC DEUTDEF",
            "BIC DEUTDEFFX",
            "BIC DEUTDEFF50",
            "BIC D3UTDEFF",
            "BIC deutdeff",
            "BIC DEUTDEFF-A1",
            "swift CUSTOMERS",
            "BIC _DEUTDEFF",
            "VERSION2",
            "CHASUS33",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
