//! Check digits, computed forwards from their definitions, as whoever issues a number does. Nothing of this is shared with the
//! recognisers, which check instead: where both are wrong in the same way, published numbers tell (see the tests).

use sha2::{Digest, Sha256};

/// The values of decimal digits.
pub fn values(digits: &str) -> Vec<u32> {
    digits.chars().filter_map(|digit| digit.to_digit(10)).collect()
}

/// The sum of digits, each times the weight at its place.
pub fn weighted(digits: &str, weights: &[u32]) -> u32 {
    values(digits)
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum()
}

/// The digit that Luhn's algorithm puts behind others (ISO/IEC 7812-1, annex B).
pub fn luhn(body: &str) -> u32 {
    let doubled = values(body)
        .into_iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => digit,
        });
    (10 - doubled.sum::<u32>() % 10) % 10
}

/// What is left of a number in which letters stand for 10 to 35 when it is divided by 97.
fn rest_of_97(text: &str) -> u32 {
    text.chars()
        .filter_map(|character| character.to_digit(36))
        .fold(0, |rest, value| {
            let shift = if value > 9 { 100 } else { 10 };
            (rest * shift + value) % 97
        })
}

/// The check digits of an IBAN (ISO 13616, ISO/IEC 7064 MOD 97-10).
pub fn iban(country: &str, account: &str) -> u32 {
    98 - rest_of_97(&format!("{account}{country}00"))
}

/// The key of a French number whose department is one of digits (20 less 1 or 2 for Corsica: see the caller).
pub fn nir(body: u64) -> u64 {
    97 - body % 97
}

/// ISO/IEC 7064 MOD 11,10.
pub fn mod11_10(body: &str) -> u32 {
    let product = values(body).into_iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    (11 - product) % 10
}

/// ISO/IEC 7064 MOD 11-2; ten is written `X`.
pub fn mod11_2(body: &str) -> char {
    let sum = values(body)
        .into_iter()
        .fold(0, |sum, digit| (sum + digit) * 2 % 11);
    char::from_digit((12 - sum) % 11, 10).unwrap_or('X')
}

/// Verhoeff's algorithm, with the group of symmetries of the pentagon as arithmetic instead of as a table.
pub fn verhoeff(body: &str) -> u32 {
    let product = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let permuted = |digit: u32, times: usize| {
        (0..times).fold(digit, |digit, _| {
            [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
                .get(digit as usize)
                .copied()
                .unwrap_or(0)
        })
    };
    let digits = values(body).into_iter().rev().enumerate();
    let sum = digits.fold(0, |sum, (place, digit)| {
        product(sum, permuted(digit, (place + 1) % 8))
    });
    (0..10).find(|check| product(sum, *check) == 0).unwrap_or(0)
}

/// The letter of a Spanish number.
pub fn spanish(number: u32) -> char {
    "TRWAGMYFPDXBNJZSQVHLCKE"
        .chars()
        .nth((number % 23) as usize)
        .unwrap_or('T')
}

/// The last letter of an Italian fiscal code.
pub fn italian(body: &str) -> char {
    // What letters, and digits as the letters of their value, count in odd places.
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ];
    let value = |character: char| match character.to_digit(36) {
        Some(letter @ 10..) => letter - 10,
        digit => digit.unwrap_or(0),
    };
    let sum: u32 = body
        .chars()
        .map(value)
        .enumerate()
        .map(|(place, value)| match place % 2 {
            0 => ODD.get(value as usize).copied().unwrap_or(0),
            _ => value,
        })
        .sum();
    char::from_u32(u32::from('A') + sum % 26).unwrap_or('A')
}

/// One of the last two digits of a Brazilian number, where weights go up to `most` and start again at 2. Letters count as in
/// ASCII, less 48.
pub fn brazilian(body: &str, most: u32) -> u32 {
    let weights = (2..=most).cycle();
    let values = body
        .bytes()
        .rev()
        .map(|byte| u32::from(byte.saturating_sub(b'0')));
    let sum: u32 = values.zip(weights).map(|(value, weight)| value * weight).sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

/// Base58Check: a version and a payload with the first four bytes of the double hash behind them.
pub fn base58check(version: u8, payload: &[u8]) -> String {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = vec![version];
    bytes.extend_from_slice(payload);
    let hash = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend(hash.iter().take(4));
    // Digits to the base of 58, the lowest first.
    let mut digits: Vec<u32> = Vec::new();
    for byte in &bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit * 256;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let letter = |digit: u32| char::from(ALPHABET.get(digit as usize).copied().unwrap_or(b'1'));
    (0..zeros)
        .map(|_| '1')
        .chain(digits.into_iter().rev().map(letter))
        .collect()
}

/// A segregated witness address: Bech32 for version 0 (BIP 173), Bech32m for later ones (BIP 350).
pub fn bech32(prefix: &str, version: u8, program: &[u8]) -> String {
    let mut data = vec![version];
    let (mut bits, mut held) = (0_u32, 0);
    for byte in program {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            data.push((bits >> held & 31) as u8);
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        data.push((bits << (5 - held) & 31) as u8);
    }
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let all = high
        .chain([0])
        .chain(low)
        .chain(data.iter().copied())
        .chain([0; 6]);
    let sum = all.fold(1_u32, |sum, value| {
        let top = sum >> 25;
        let sum = (sum & 0x1ff_ffff) << 5 ^ u32::from(value);
        let generators = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        generators
            .iter()
            .enumerate()
            .fold(sum, |sum, (bit, generator)| match top >> bit & 1 {
                1 => sum ^ generator,
                _ => sum,
            })
    });
    let sum = sum ^ if version == 0 { 1 } else { 0x2bc8_30a3 };
    data.extend((0..6).map(|place| (sum >> (5 * (5 - place)) & 31) as u8));
    let letter = |value: u8| {
        "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
            .chars()
            .nth(value.into())
            .unwrap_or('q')
    };
    format!("{prefix}1{}", data.into_iter().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn luhn_gives_the_digit_of_published_numbers() {
        // ISO/IEC 7812's usual example, Visa's and American Express's test cards, the example of the Canadian SIN.
        for (body, digit) in [
            ("7992739871", 3),
            ("411111111111111", 1),
            ("37828224631000", 5),
            ("04645428", 6),
        ] {
            assert_eq!(luhn(body), digit, "{body}");
        }
    }

    #[test]
    fn ibans_have_the_digits_of_the_registry() {
        for (country, account, digits) in [
            ("GB", "WEST12345698765432", 82),
            ("DE", "370400440532013000", 89),
            ("FR", "20041010050500013M02606", 14),
            ("NL", "ABNA0417164300", 91),
            ("NO", "86011117947", 93),
            ("MT", "MALT011000012345MTLCAST001S", 84),
        ] {
            assert_eq!(iban(country, account), digits, "{country}");
        }
    }

    #[test]
    fn iso_7064_gives_the_character_of_published_numbers() {
        // Examples of the Bundeszentralamt für Steuern and of Wikipedia.
        assert_eq!(
            (
                mod11_10("8609574271"),
                mod11_10("4703689281"),
                mod11_10("6592997048")
            ),
            (9, 6, 9)
        );
        assert_eq!(
            (mod11_2("11010519491231002"), mod11_2("44052418800101001")),
            ('X', '4')
        );
    }

    #[test]
    fn verhoeff_gives_the_digit_of_published_numbers() {
        assert_eq!(
            (verhoeff("236"), verhoeff("12345"), verhoeff("142857")),
            (3, 1, 0)
        );
    }

    #[test]
    fn national_numbers_have_the_characters_of_published_ones() {
        assert_eq!(
            (spanish(12_345_678), spanish(54_362_315), spanish(1_234_567)),
            ('Z', 'K', 'L')
        );
        assert_eq!(
            (italian("RSSMRA80A01H501"), italian("MRTMTT25D09F205")),
            ('U', 'Z')
        );
        assert_eq!((nir(2_550_814_168_025), nir(1_850_578_006_084)), (38, 91));
        assert_eq!((brazilian("111444777", 11), brazilian("1114447773", 11)), (3, 5));
        assert_eq!(
            (brazilian("112223330001", 9), brazilian("1122233300018", 9)),
            (8, 1)
        );
        assert_eq!(
            (brazilian("12ABC34501DE", 9), brazilian("12ABC34501DE3", 9)),
            (3, 5)
        );
    }

    #[test]
    fn wallets_have_the_addresses_of_published_ones() {
        // The first block's; BIP 173; BIP 350.
        let genesis = bytes("62e907b15cbf27d5425399ebf6f0fb50ebb88f18");
        assert_eq!(base58check(0, &genesis), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
        let program = bytes("751e76e8199196d454941c45d1b3a323f1433bd6");
        assert_eq!(
            bech32("bc", 0, &program),
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
        );
        let taproot = bytes("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
        let address = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
        assert_eq!(bech32("bc", 1, &taproot), address);
    }
}
