//! Australian tax file numbers: nine digits, older ones eight, whose weighted sum is a multiple of eleven (Wikipedia's "Tax file
//! number" and python-stdnum's `au.tfn`, read 2026-11; they weigh the last of eight digits differently, and either will do).
//! One number in eleven passes, and many others stand in groups of three, so that only words make it one.

use super::super::{Hit, Recognizer, Starts};
use crate::checksum::weighted;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::AuTfn,
    starts: &[Starts::Digits(&[2, 3, 8, 9])],
    find,
    raises: &[
        "tfn",
        "tfns",
        "tax",
        "ato",
        "payg",
        "superannuation",
        "taxfilenumber",
        "taxfileno",
        "tfnnumber",
    ],
    lowers: &[
        "ein",
        "ssn",
        "itin",
        "vat",
        "gst",
        "abn",
        "acn",
        "nif",
        "nipc",
        "siren",
        "siret",
        "bsn",
        "sin",
        "kvk",
        "utr",
        "invoice",
        "order",
        "receipt",
        "phone",
        "mobile",
        "tel",
        "telephone",
        "call",
        "fax",
        "tracking",
        "serial",
        "reference",
        "ref",
        "ticket",
        "case",
        "version",
        "part",
        "sku",
        "account",
        "bsb",
        "passport",
        "licence",
        "license",
        "isbn",
        "price",
        "total",
        "amount",
        "zip",
        "postcode",
        "date",
        "ended",
        "year",
        "medicare",
        "customer",
    ],
};

const WEIGHTS: [u32; 9] = [1, 4, 3, 7, 5, 8, 6, 9, 10];
const WEIGHTS_OF_EIGHT: [u32; 8] = [1, 4, 3, 7, 5, 8, 6, 10];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let groups: &[&[usize]] = match text.run(at, 10, |byte| byte.is_ascii_digit()) {
        3 => &[&[3, 3, 3], &[3, 3, 2]],
        2 => &[&[2, 3, 3]],
        8 => &[&[8]],
        _ => &[&[9]],
    };
    let number = groups
        .iter()
        .find_map(|groups| text.number(at, groups, b" -.", false))?;
    let digits = number.digits();
    let is_multiple = |weights: &[u32]| weighted(digits, weights).is_multiple_of(11);
    let is_valid = is_multiple(&WEIGHTS) || digits.len() == 8 && is_multiple(&WEIGHTS_OF_EIGHT);
    let is_zero = digits.iter().all(|digit| *digit == 0);
    if !is_valid || is_zero || text.before(at) == b'+' || text.goes_on(at..number.end) {
        return None;
    }
    let score = match (number.separated, digits.len()) {
        (true, 9) => Score::LIKELY,
        (false, 9) => Score(35),
        _ => Score(25),
    };
    Some(Hit::new(at, number.end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn tax_file_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("TFN 123 456 782", "123 456 782"),
            ("tax file number: 876543210.", "876543210"),
            ("{\"tfn\":\"123456782\"}", "123456782"),
            ("his TFN (565-051-603)", "565-051-603"),
            ("TFN 38 593 474", "38 593 474"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "123 456 782",
            "TFN 123 456 783",
            "TFN 123456781",
            "TFN 123 456-782",
            "TFN 1234567821",
            "TFN 000000000",
            "tax invoice 123 456 782",
            "TFN 123 456 782 123",
            "TFN: +123 456 782",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
