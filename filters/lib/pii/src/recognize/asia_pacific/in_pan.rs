//! Indian permanent account numbers: five letters, the fourth of them for the kind of holder, four digits that are not all zero,
//! one letter (Income Tax Department, "Permanent Account Number (PAN)" tutorial, and python-stdnum's `in_.pan`, both read
//! 2026-11). How the last letter is computed is not published.

use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::InPan,
    starts: &[Starts::Code(&[5, 10])],
    find,
    raises: &[
        "pan",
        "pans",
        "pancard",
        "panno",
        "pannumber",
        "permanent",
        "nsdl",
        "itr",
        "tds",
        "kyc",
        "ekyc",
        "pan_no",
        "पैन",
        "पॅन",
        "aadhaar",
        "aadhar",
    ],
    lowers: &[
        "order", "invoice", "tracking", "serial", "part", "sku", "model", "product", "coupon", "voucher",
        "promo", "license", "licence", "plate", "vehicle", "key", "booking", "pnr", "ticket", "version",
        "batch", "lot", "asin", "isbn", "swift",
    ],
};

/// The fourth letter: association, body of individuals, company, firm, government, Hindu family, artificial person, trust
/// (Krish), local authority, person, trust.
const HOLDERS: &[u8] = b"ABCFGHJKLPT";

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let separator = Some(text.at(at + 5)).filter(|byte| matches!(byte, b' ' | b'-'));
    let gap = usize::from(separator.is_some());
    let (digits, last) = (at + 5 + gap, at + 9 + 2 * gap);
    let end = last + 1;
    let letters = text.slice(at..at + 5);
    let serial = text.slice(digits..digits + 4);
    let is_shape = letters.len() == 5
        && letters.iter().all(u8::is_ascii_alphabetic)
        && serial.len() == 4
        && serial.iter().all(u8::is_ascii_digit)
        && text.at(last).is_ascii_alphabetic()
        && separator.is_none_or(|separator| text.at(last - 1) == separator);
    let is_holder = letters
        .get(3)
        .is_some_and(|kind| HOLDERS.contains(&kind.to_ascii_uppercase()));
    if !is_shape || !is_holder || serial == b"0000" || !text.is_entry(at..end) {
        return None;
    }
    let is_upper = text.slice(at..end).iter().all(|byte| !byte.is_ascii_lowercase());
    let score = match (is_upper, separator) {
        (true, None) => Score(75),
        (false, None) => Score(40),
        (_, Some(_)) => Score(35),
    };
    Some(Hit::new(at, end, score))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn account_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("ACUPA7085R", "ACUPA7085R"),
            ("My PAN is AAPPV8261K.", "AAPPV8261K"),
            ("pan: aappv8261k", "aappv8261k"),
            ("PAN=AAPPV 8261 K", "AAPPV 8261 K"),
            ("{\"pan\":\"AAPPV8261K\"}", "AAPPV8261K"),
            ("पैन AAPPV-8261-K", "AAPPV-8261-K"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "PAN ABMXA3211G",
            "PAN AAPPV0000K",
            "PAN AAPPV82611",
            "PAN AAPPV826K",
            "PAN AAPPV82611K",
            "27AAPPV8261K1Z5",
            "part AAPPV8261K",
            "aappv8261k",
            "STEPS 2024 A",
            "PAN AAPPV 8261-K",
            "PAN X-AAPPV8261K-1",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
