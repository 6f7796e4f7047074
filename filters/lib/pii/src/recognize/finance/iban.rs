//! International bank account numbers: ISO 13616, check digits of ISO/IEC 7064 MOD 97-10. Lengths and structures by country are
//! those of SWIFT's IBAN registry as python-stdnum has copied them (`stdnum/iban.dat`, read 2026-11); the registry itself has
//! not been compared. In electronic form, in groups of four, or in the groups of a bank.

use super::super::{Hit, Recognizer, Starts};
use crate::checksum::mod97;
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::IbanCode,
    starts: &[Starts::Code(&[
        2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
        30, 31, 32, 33, 34,
    ])],
    find,
    raises: &[],
    lowers: &[],
};

const LONGEST: usize = 34;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let country = [
        text.at(at).to_ascii_uppercase(),
        text.at(at + 1).to_ascii_uppercase(),
    ];
    let gap = usize::from(text.at(at + 2) == b' ');
    let check = [text.at(at + 2 + gap), text.at(at + 3 + gap)];
    if !country.iter().all(u8::is_ascii_uppercase) || !check.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let structure = structure(country)?;
    let mut number = [0; LONGEST];
    let [first, second, third, fourth, account @ ..] = &mut number;
    (*first, *second, *third, *fourth) = (country[0], country[1], check[0], check[1]);
    let mut end = at + 4 + gap;
    let mut separator = None;
    let mut places = account.iter_mut();
    for kind in kinds(structure) {
        let here = text.at(end);
        if matches!(here, b' ' | b'-' | b'.' | b'/') {
            if *separator.get_or_insert(here) != here {
                return None;
            }
            end += if text.at(end + 1) == b' ' && here == b' ' {
                2
            } else {
                1
            };
        }
        let character = text.at(end).to_ascii_uppercase();
        let fits = match kind {
            b'n' => character.is_ascii_digit(),
            b'a' => character.is_ascii_uppercase(),
            _ => character.is_ascii_alphanumeric(),
        };
        *places.next().filter(|_| fits)? = character;
        end += 1;
    }
    let len = LONGEST - places.len();
    let (front, account) = number.get(..len)?.split_at_checked(4)?;
    let valid = mod97(account.iter().chain(front).copied()) == Some(1);
    let alone = !is_word(text.before(at)) && !is_word(text.at(end));
    let goes_on = text.at(end) == b'-' && text.at(end + 1).is_ascii_alphanumeric();
    (valid && alone && !goes_on && !is_blank(account)).then(|| Hit::new(at, end, Score::CERTAIN))
}

/// Whether an account number is all zeros.
fn is_blank(account: &[u8]) -> bool {
    account.iter().all(|character| *character == b'0')
}

/// What each place of an account number is: `n` a digit, `a` a letter, `c` either.
fn kinds(structure: &'static str) -> impl Iterator<Item = u8> {
    let parts = structure.split_inclusive(|character: char| character.is_ascii_lowercase());
    parts.flat_map(|part| {
        let (count, kind) = part
            .split_at_checked(part.len().saturating_sub(1))
            .unwrap_or_default();
        let kind = kind.bytes().next().unwrap_or_default();
        std::iter::repeat_n(kind, count.parse().unwrap_or_default())
    })
}

fn structure(country: [u8; 2]) -> Option<&'static str> {
    let place = STRUCTURES
        .binary_search_by(|(code, _)| code.as_bytes().cmp(&country))
        .ok()?;
    STRUCTURES.get(place).map(|(_, structure)| *structure)
}

/// The account number of each country, in the registry's notation without exclamation marks.
const STRUCTURES: &[(&str, &str)] = &[
    ("AD", "8n12c"),
    ("AE", "19n"),
    ("AL", "8n16c"),
    ("AT", "16n"),
    ("AZ", "4a20c"),
    ("BA", "16n"),
    ("BE", "12n"),
    ("BG", "4a6n8c"),
    ("BH", "4a14c"),
    ("BI", "23n"),
    ("BR", "23n1a1c"),
    ("BY", "4c4n16c"),
    ("CH", "5n12c"),
    ("CR", "18n"),
    ("CY", "8n16c"),
    ("CZ", "20n"),
    ("DE", "18n"),
    ("DJ", "23n"),
    ("DK", "14n"),
    ("DO", "4c20n"),
    ("EE", "16n"),
    ("EG", "25n"),
    ("ES", "20n"),
    ("FI", "14n"),
    ("FK", "2a12n"),
    ("FO", "14n"),
    ("FR", "10n11c2n"),
    ("GB", "4a14n"),
    ("GE", "2a16n"),
    ("GI", "4a15c"),
    ("GL", "14n"),
    ("GR", "7n16c"),
    ("GT", "24c"),
    ("HN", "4a20n"),
    ("HR", "17n"),
    ("HU", "24n"),
    ("IE", "4a14n"),
    ("IL", "19n"),
    ("IQ", "4a15n"),
    ("IS", "22n"),
    ("IT", "1a10n12c"),
    ("JO", "4a4n18c"),
    ("KW", "4a22c"),
    ("KZ", "3n13c"),
    ("LB", "4n20c"),
    ("LC", "4a24c"),
    ("LI", "5n12c"),
    ("LT", "16n"),
    ("LU", "3n13c"),
    ("LV", "4a13c"),
    ("LY", "21n"),
    ("MC", "10n11c2n"),
    ("MD", "20c"),
    ("ME", "18n"),
    ("MK", "3n10c2n"),
    ("MN", "16n"),
    ("MR", "23n"),
    ("MT", "4a5n18c"),
    ("MU", "4a19n3a"),
    ("NI", "4a20n"),
    ("NL", "4a10n"),
    ("NO", "11n"),
    ("OM", "3n16c"),
    ("PK", "4a16c"),
    ("PL", "24n"),
    ("PS", "4a21c"),
    ("PT", "21n"),
    ("QA", "4a21c"),
    ("RO", "4a16c"),
    ("RS", "18n"),
    ("RU", "14n15c"),
    ("SA", "2n18c"),
    ("SC", "4a20n3a"),
    ("SD", "14n"),
    ("SE", "20n"),
    ("SI", "15n"),
    ("SK", "20n"),
    ("SM", "1a10n12c"),
    ("SO", "19n"),
    ("ST", "21n"),
    ("SV", "4a20n"),
    ("TL", "19n"),
    ("TN", "20n"),
    ("TR", "6n16c"),
    ("UA", "6n19c"),
    ("VA", "18n"),
    ("VG", "4a16n"),
    ("XK", "16n"),
    ("YE", "4a4n18c"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognize::tests::found;

    /// Examples of the registry.
    const EXAMPLES: &[&str] = &[
        "AD1200012030200359100100",
        "AE070331234567890123456",
        "AL47212110090000000235698741",
        "AT611904300234573201",
        "BE68539007547034",
        "BG80BNBG96611020345678",
        "BR1800360305000010009795493C1",
        "CH9300762011623852957",
        "CR05015202001026284066",
        "CZ6508000000192000145399",
        "DE89370400440532013000",
        "DK5000400440116243",
        "EE382200221020145685",
        "ES9121000418450200051332",
        "FI2112345600000785",
        "FR1420041010050500013M02606",
        "GB29NWBK60161331926819",
        "GR1601101250000000012300695",
        "HR1210010051863000160",
        "HU42117730161111101800000000",
        "IE29AIBK93115212345678",
        "IL620108000000099999999",
        "IT60X0542811101000000123456",
        "KZ86125KZT5004100100",
        "LT121000011101001000",
        "LU280019400644750000",
        "MT84MALT011000012345MTLCAST001S",
        "NL91ABNA0417164300",
        "NO9386011117947",
        "PL61109010140000071219812874",
        "PT50000201231234567890154",
        "RO49AAAA1B31007593840000",
        "SA0380000000608010167519",
        "SE4550000000058398257466",
        "SI56263300012039086",
        "SK3112000000198742637541",
        "TR330006100519786457841326",
        "UA213223130000026007233566001",
        "VA59001123000012345678",
        "XK051212012345678906",
    ];

    #[test]
    fn examples_of_the_registry_are_found_and_their_neighbours_are_not() {
        for iban in EXAMPLES {
            let grouped = |separator: &str| {
                let groups: Vec<_> = iban
                    .as_bytes()
                    .chunks(4)
                    .map(|group| std::str::from_utf8(group).unwrap())
                    .collect();
                groups.join(separator)
            };
            let forms = [
                iban.to_string(),
                iban.to_lowercase(),
                grouped(" "),
                grouped("-"),
                grouped("\u{a0}"),
                grouped(" ").to_lowercase(),
            ];
            for form in forms {
                let text = ["* IBAN:*.", "(*) 口座*です", "iban=*&", "\"*\""].concat();
                let text = text.replace('*', &form);
                assert_eq!(found(RECOGNIZER.entity, &text), [&form; 6], "{text}");
                let digits: Vec<_> = form
                    .char_indices()
                    .filter(|(_, digit)| digit.is_ascii_digit())
                    .collect();
                for (at, digit) in digits {
                    let other = (digit.to_digit(10).unwrap() + 1) % 10;
                    let mut changed = form.clone();
                    changed.replace_range(at..=at, &other.to_string());
                    assert_eq!(find(&Text::new(&changed), 0), None, "{changed}");
                }
                for text in [
                    format!("x{form}"),
                    format!("{form}0"),
                    format!("{form}a"),
                    form[..form.len() - 1].to_owned(),
                ] {
                    assert_eq!(found(RECOGNIZER.entity, &text), [""; 0], "{text}");
                }
            }
        }
    }

    #[test]
    fn banks_group_as_they_like_but_with_one_separator() {
        for text in [
            "DE89 370 400 44 0532013000",
            "DE 89 3704 0044 0532 0130 00",
            "FR14 20041 01005 0500013M026 06",
            "DE89  3704  0044  0532  0130  00",
        ] {
            assert_eq!(found(RECOGNIZER.entity, text), [text]);
        }
        for text in [
            "DE89 3704-0044 0532 0130 00",
            "DE89_3704_0044_0532_0130_00",
            "ZZ89 3704 0044 0532 0130 00",
            "DE89 3704 0044 0532 0130 00-1",
            "DE36000000000000000000",
        ] {
            assert_eq!(found(RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn structures_are_in_order_and_fit() {
        assert!(STRUCTURES.is_sorted());
        assert!(
            STRUCTURES
                .iter()
                .all(|(_, structure)| (11..=LONGEST - 4).contains(&kinds(structure).count()))
        );
    }
}
