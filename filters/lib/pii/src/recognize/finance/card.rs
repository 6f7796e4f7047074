//! Payment cards: ISO/IEC 7812, ranges and lengths of issuers as in Wikipedia's "Payment card number" (read 2026-11).

use super::super::labels::{OTHER_NUMBERS, joined};
use super::super::{Hit, Recognizer, Starts};
use crate::checksum::luhn;
use crate::text::{Number, Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::CreditCard,
    starts: &[Starts::Digits(&[4, 6, 12, 13, 14, 15, 16, 17, 18, 19])],
    find,
    raises: &[
        "card",
        "cards",
        "cardnumber",
        "cardno",
        "cardnum",
        "credit",
        "debit",
        "visa",
        "mastercard",
        "amex",
        "discover",
        "maestro",
        "jcb",
        "diners",
        "unionpay",
        "rupay",
        "payment",
        "paid",
        "charged",
        "cc",
        "cb",
        "ccn",
        "ccnum",
        "ccnumber",
        "pan",
        "creditcard",
        "karte",
        "kartennummer",
        "kartennr",
        "kreditkarte",
        "kreditkartennummer",
        "carte",
        "bancaire",
        "tarjeta",
        "tarjetas",
        "carta",
        "cartão",
        "cartao",
        "betaalkaart",
        "kaart",
        "kaartnummer",
        "creditcardnummer",
        "karta",
        "karty",
        "kartą",
        "カード",
        "信用卡",
        "银行卡",
        "卡号",
        "카드",
        "카드번호",
        "신용카드",
    ],
    lowers: &joined::<{ OTHER_NUMBERS.len() + SOCIAL.len() }>(OTHER_NUMBERS, SOCIAL),
};

/// What numbers of social insurance are called by in France, some of which are as long as a card's when mistyped.
const SOCIAL: &[&str] = &["social", "sociale", "securite", "sécurité", "secu", "nss"];

const SEPARATORS: &[u8] = b" -.";

/// How the digits stand on a card. No issuer prints groups of other lengths.
const GROUPS: [&[usize]; 6] = [
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[6, 13],
    &[4, 4, 5],
];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let len = text.run(at, 20, |byte| byte.is_ascii_digit());
    if !may_be_issued(text.slice(at..at + 4)) {
        return None;
    }
    match len {
        4 | 6 => grouped(text, at, len),
        _ => row(text, at, len),
    }
}

/// A card's number as it is printed.
fn grouped(text: &Text<'_>, at: usize, first: usize) -> Option<Hit> {
    let gap = text.run(at + first, 3, |byte| SEPARATORS.contains(&byte));
    let digits = |at: usize| text.run(at, 14, |byte| byte.is_ascii_digit());
    let second = digits(at + first + gap);
    let fits = |groups: &&&[usize]| matches!(groups, [one, two, ..] if *one == first && *two == second);
    let number = GROUPS.iter().filter(fits).find_map(|groups| {
        let number = text.number(at, groups, SEPARATORS, false);
        number.filter(|number| luhn(number.digits()) && (is_issued(number) || is_near_range(number)))
    })?;
    // Another group in front or behind makes it a part of some table, or of a longer number.
    let separator = text.slice(at + first..at + first + gap);
    let behind = text.slice(number.end..number.end + gap) == separator
        && matches!(digits(number.end + gap), 3..=4)
        && !matches!(
            text.at(number.end + gap + digits(number.end + gap)),
            b'/' | b'-' | b'.'
        );
    let is_part = is_in_group(text, at) || behind;
    let score = match is_part {
        _ if !is_issued(&number) => Score::WEAK,
        true => Score::LIKELY,
        false => Score::CERTAIN,
    };
    Some(Hit::new(at, number.end, score))
}

/// Whether one space parts a place from a group of four in front of it that ends with a digit, as those of account numbers do.
fn is_in_group(text: &Text<'_>, at: usize) -> bool {
    let len = text.run_before(at.saturating_sub(1), 5, |byte| byte.is_ascii_alphanumeric());
    text.before(at) == b' ' && len == 4 && text.before(at - 1).is_ascii_digit()
}

/// A card's number without anything between its digits.
fn row(text: &Text<'_>, at: usize, len: usize) -> Option<Hit> {
    let number = text.number(at, &[len], b"", true)?;
    let issued = is_issued(&number);
    if !luhn(number.digits()) || !issued && !is_near_range(&number) {
        return None;
    }
    // "Aadhaar card" speaks of another number.
    if len == 12 && text.says(at..number.end, &["aadhaar", "aadhar"]) {
        return None;
    }
    // Chinese identity numbers have a year of birth here, whole or with a digit missing.
    if matches!(len, 17 | 18) && matches!(number.value(6..8), 19 | 20) {
        return None;
    }
    // Most networks have no more than one length in use. The old numbers of Visa begin like the article numbers (EAN) of
    // Germany.
    let score = match (number.value(0..2), len) {
        _ if !issued => Score::WEAK,
        (62, 19) => Score::STRONG,
        (40..=49, 19) => Score(55),
        (30 | 36 | 38 | 39, 14) | (18 | 21 | 34 | 37, 15) | (_, 16) => Score(85),
        _ => Score::LIKELY,
    };
    let part = is_joined(text.before(at), text.before(at.saturating_sub(1)))
        || is_joined(text.at(number.end), text.at(number.end + 1));
    let score = if part { Score::WEAK } else { score };
    Some(Hit::new(at, number.end, score))
}

/// Whether a dash, slash or point makes a row of digits a part of a name or path.
fn is_joined(joint: u8, beyond: u8) -> bool {
    matches!(joint, b'-' | b'/' | b'.') && is_word(beyond)
}

/// Whether any issuer's numbers may start with these four digits.
fn may_be_issued(digits: &[u8]) -> bool {
    matches!(
        digits,
        [b'0', b'6', b'0', b'4']
            | [b'1', b'8', b'0', b'0']
            | [b'2', b'1'..=b'7', ..]
            | [b'3', b'0' | b'4'..=b'9', ..]
            | [b'4' | b'5', ..]
            | [b'6', b'0' | b'2'..=b'5' | b'7', ..]
            | [b'8', b'1', ..]
            | [b'9', b'7', b'9', ..]
    )
}

/// Whether an issuer has numbers of this length that start like this.
fn is_issued(number: &Number) -> bool {
    let prefix = number.value(0..6);
    let len = number.digits().len();
    match prefix {
        400_000..=499_999 => matches!(len, 13 | 16 | 19),
        510_000..=559_999 | 222_100..=272_099 => len == 16,
        340_000..=349_999 | 370_000..=379_999 => len == 15,
        300_000..=305_999 | 309_500..=309_599 | 360_000..=369_999 | 380_000..=399_999 => {
            // Fifteen digits are American Express's alone.
            len == 14 || (16..=19).contains(&len)
        }
        352_800..=358_999 | 601_100..=601_199 | 644_000..=659_999 => matches!(len, 16 | 19),
        620_000..=629_999 | 810_000..=817_199 => (16..=19).contains(&len),
        // Maestro is the only one of these ranges that has shorter numbers.
        60_400..=60_499 => len == 12,
        500_000..=509_999 | 560_000..=589_999 | 670_000..=679_999 => (12..=19).contains(&len),
        630_400..=630_499 | 639_000..=639_099 => (12..=19).contains(&len),
        // InstaPayment, RuPay, and the old numbers of JCB.
        637_000..=639_999 | 606_985..=607_984 | 608_001..=608_500 => len == 16,
        213_100..=213_199 | 180_000..=180_099 => len == 15,
        220_000..=220_499 | 979_200..=979_289 => (16..=19).contains(&len),
        _ => false,
    }
}

/// Sixteen digits that start as JCB's do, beyond its range. Made-up numbers keep to the first digits alone, so where a word says that
/// it is a card's, the check digit suffices.
fn is_near_range(number: &Number) -> bool {
    number.digits().len() == 16 && number.value(0..2) == 35
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn cards_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("4111 1111 1111 1111", "4111 1111 1111 1111"),
            ("pay with 5555-5555-5555-4444, please", "5555-5555-5555-4444"),
            ("378282246310005.", "378282246310005"),
            ("3782 822463 10005", "3782 822463 10005"),
            ("card:6011000990139424", "6011000990139424"),
            ("card 4222222222222", "4222222222222"),
            ("card 3517025006577933", "3517025006577933"),
            ("Visa: 3517-0250-0657-7933", "3517-0250-0657-7933"),
            ("maestro 060464421514", "060464421514"),
            ("6759649826438453", "6759649826438453"),
            ("4111 1111 1111 1111 12/29 123", "4111 1111 1111 1111"),
            ("카드번호 4222222222222", "4222222222222"),
            ("ccnum=4222222222222", "4222222222222"),
            ("4083 0077 7664 8359 420", "4083 0077 7664 8359 420"),
            ("card 4111 1111 1111 1111 123", "4111 1111 1111 1111"),
            ("card-4111111111111111", "4111111111111111"),
            ("6217000010000000003", "6217000010000000003"),
            (
                "4111\u{a0}1111\u{a0}1111\u{a0}1111",
                "4111\u{a0}1111\u{a0}1111\u{a0}1111",
            ),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "4111 1111 1111 1112",
            "4111-1111 1111 1111",
            "9111111111111111",
            "41111111111111111111",
            "x4111111111111111",
            "order 0.4111111111111111",
            "4006381333931",
            "3517025006577933",
            "3517 0250 0657 7933",
            "card 3517025006577934",
            "card 351702500657798",
            "card 3711016272736802",
            "Aadhaar card | 508534617198",
            "order 3517025006577933",
            "060464421514",
            "EAN 4222222222222",
            "4510 4111 1111 1111 1111",
            "LT46 4111 1111 1111 1111",
            "4111 1111 1111 1111 123",
            "id card 500103194610287514",
            "build-4111111111111111-rc2",
            "/items/4111111111111111/view",
            "/var/4111111111111111.dat",
            "Bestellnummer 4111111111111111",
            "追跡番号 4111111111111111",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
