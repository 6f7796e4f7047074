//! Addresses of wallets. Bitcoin: Base58Check with the versions of pay-to-pubkey-hash and pay-to-script-hash (Bitcoin Wiki, "Base58Check
//! encoding" and "List of address prefixes"), Bech32 (BIP 173) and Bech32m (BIP 350); all with their checksums. Ethereum: `0x` and
//! forty hexadecimal digits; the checksum in the case of the letters (ERC-55) is not asked for. Read 2026-11.

use sha2::{Digest as _, Sha256};

use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::Crypto,
    starts: &[Starts::Code(&[26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 42, 62])],
    find,
    raises: &[],
    lowers: &[],
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let len = text.run(at, 64, |byte| byte.is_ascii_alphanumeric());
    let code = text.slice(at..at + len);
    let (is_address, score) = match code {
        [b'0', b'x' | b'X', digits @ ..] => (is_ethereum(digits), Score(90)),
        [b'1' | b'2' | b'3' | b'm' | b'n', ..] => (is_base58_address(code), Score::CERTAIN),
        [b'b' | b'B' | b't' | b'T', ..] => (is_segwit(code), Score::CERTAIN),
        _ => return None,
    };
    (is_address && text.is_word(at..at + len)).then(|| Hit::new(at, at + len, score))
}

/// Forty hexadecimal digits that are not all the same.
fn is_ethereum(digits: &[u8]) -> bool {
    digits.len() == 40
        && digits.iter().all(u8::is_ascii_hexdigit)
        && digits
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one != other))
}

/// Base58 of a version, twenty bytes and the start of what SHA-256 twice makes of them.
fn is_base58_address(code: &[u8]) -> bool {
    const ADDRESS: usize = 25;
    let mut bytes = [0_u8; ADDRESS];
    for character in code {
        let Some(value) = base58(*character) else {
            return false;
        };
        let mut carry = u32::from(value);
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            let [.., low] = carry.to_be_bytes();
            *byte = low;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let ones = code.iter().take_while(|character| **character == b'1').count();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    // Main network and test networks.
    let known = matches!(bytes.first(), Some(0 | 5 | 0x6f | 0xc4));
    let Some((body, check)) = bytes.split_last_chunk::<4>() else {
        return false;
    };
    ones == zeros && known && Sha256::digest(Sha256::digest(body)).starts_with(check)
}

fn base58(character: u8) -> Option<u8> {
    Some(match character {
        b'1'..=b'9' => character - b'1',
        b'A'..=b'H' => character - b'A' + 9,
        b'J'..=b'N' => character - b'J' + 17,
        b'P'..=b'Z' => character - b'P' + 22,
        b'a'..=b'k' => character - b'a' + 33,
        b'm'..=b'z' => character - b'm' + 44,
        _ => return None,
    })
}

/// A program of version 0 with the checksum of Bech32, of a later one with that of Bech32m.
fn is_segwit(code: &[u8]) -> bool {
    const BECH32: u32 = 1;
    const BECH32M: u32 = 0x2bc8_30a3;
    let upper = code.iter().all(|byte| !byte.is_ascii_lowercase());
    let lower = code.iter().all(|byte| !byte.is_ascii_uppercase());
    let Some((prefix, data)) = code.split_first_chunk::<3>() else {
        return false;
    };
    let prefix = prefix.map(|byte| byte.to_ascii_lowercase());
    if upper == lower || !matches!(&prefix, b"bc1" | b"tb1") {
        return false;
    }
    let [first, second, _] = prefix;
    let mut sum = [first >> 5, second >> 5, 0, first & 31, second & 31]
        .into_iter()
        .fold(1, step);
    let mut version = None;
    for byte in data {
        let Some(value) = bech32(byte.to_ascii_lowercase()) else {
            return false;
        };
        version.get_or_insert(value);
        sum = step(sum, value);
    }
    match version {
        Some(0) => sum == BECH32,
        Some(1..=16) => sum == BECH32M,
        _ => false,
    }
}

/// One step of the BCH code of BIP 173.
fn step(sum: u32, value: u8) -> u32 {
    const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    let added = (0..5).zip(GENERATORS).filter(|(bit, _)| top >> bit & 1 == 1);
    added.fold(next, |next, (_, generator)| next ^ generator)
}

fn bech32(character: u8) -> Option<u8> {
    let place = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
        .iter()
        .position(|letter| *letter == character)?;
    u8::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn addresses_are_found_and_what_resembles_them_is_not() {
        for address in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "1111111111111111111114oLvT2",
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
            "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xde709f2102306220921060314715629080e2fb77",
        ] {
            for text in ["*", "send to *.", "bitcoin:*?amount=1", "(*)", "地址*。", "\"*\""] {
                assert_eq!(
                    found(super::RECOGNIZER.entity, &text.replace('*', address)),
                    [address],
                    "{text}"
                );
            }
            let mut wrong = vec![
                format!("{address}1"),
                format!("a{address}"),
                address[..address.len() - 1].to_owned(),
            ];
            if !address.starts_with("0x") {
                let swap = |from: &str, to: &str| address.replacen(from, to, 1);
                wrong.extend(
                    [swap("r", "q"), swap("R", "Q"), swap("T", "U")]
                        .into_iter()
                        .filter(|changed| changed != address),
                );
            }
            for text in wrong {
                assert_eq!(found(super::RECOGNIZER.entity, &text), [""; 0], "{text}");
            }
        }
        for text in [
            "0x0000000000000000000000000000000000000000",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
            "0xc6a2f9e7b1f9a1f0d7d3b8e4c5a6978812345678c6a2f9e7b1f9a1f0d7d3b8e4",
            "de709f2102306220921060314715629080e2fb77",
            "bc1Qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "11111111111111111111111111111111",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
