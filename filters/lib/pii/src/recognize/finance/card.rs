//! Payment cards: ISO/IEC 7812, ranges and lengths of issuers as in Wikipedia's "Payment card number" (read 2026-11).

use super::super::{Hit, Recognizer, Starts};
use crate::checksum::luhn;
use crate::text::{Number, Text};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::CreditCard,
    starts: &[Starts::Digits(&[4, 6, 12, 13, 14, 15, 16, 17, 18, 19])],
    find,
    raises: &[
        "card",
        "cards",
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
        "payment",
        "cc",
        "pan",
        "karte",
        "kreditkarte",
        "carte",
        "bancaire",
        "tarjeta",
        "carta",
        "cartão",
        "cartao",
        "creditcard",
        "betaalkaart",
        "kaart",
        "カード",
        "信用卡",
        "银行卡",
    ],
    lowers: &[
        "order",
        "invoice",
        "tracking",
        "serial",
        "transaction",
        "reference",
        "isbn",
        "sku",
        "parcel",
        "ean",
        "gtin",
        "upc",
        "barcode",
        "imei",
        "phone",
        "tel",
    ],
};

/// How the digits stand on a card. No issuer prints groups of other lengths.
const GROUPS: [&[usize]; 6] = [
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 4, 3],
    &[6, 13],
    &[4, 4, 5],
];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let len = text.run(at, 20, |byte| byte.is_ascii_digit());
    let number = match len {
        4 | 6 => GROUPS
            .iter()
            .find_map(|groups| text.number(at, groups, b" -.", false))?,
        len => text.number(at, &[len], b"", true)?,
    };
    let digits = number.digits();
    if !luhn(digits) || !is_issued(&number) {
        return None;
    }
    // Four digits in front make it a part of some table.
    let among = text.before(at) == b' ' && text.run_before(at - 1, 5, |byte| byte.is_ascii_hexdigit()) == 4;
    let score = match (number.separated, digits.len()) {
        (true, _) if among && text.before(at - 1).is_ascii_digit() => Score::LIKELY,
        (true, _) => Score::CERTAIN,
        // The old numbers of Visa begin like the article numbers (EAN) of Germany.
        (false, 13) => Score::LIKELY,
        (false, 12 | 19) => Score(60),
        (false, _) => Score(85),
    };
    Some(Hit::new(at, number.end, score))
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
            (14..=19).contains(&len)
        }
        352_800..=358_999 | 601_100..=601_199 | 644_000..=659_999 => (16..=19).contains(&len),
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
            ("6759649826438453", "6759649826438453"),
            ("4111 1111 1111 1111 12/29 123", "4111 1111 1111 1111"),
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
            "EAN 4222222222222",
            "4510 4111 1111 1111 1111",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
