//! What values that a machine has made look like.

/// How many characters of which class a value has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub len: usize,
    pub lower: usize,
    pub upper: usize,
    pub digits: usize,
    /// Neither letters nor digits of ASCII.
    pub others: usize,
    /// Different characters of ASCII.
    pub distinct: usize,
    /// Places where a letter and a digit meet.
    pub alternations: usize,
    /// Places where two letters of different case meet.
    pub humps: usize,
}

impl Shape {
    pub fn of(value: &[u8]) -> Self {
        let mut shape = Self {
            len: value.len(),
            ..Self::default()
        };
        let mut seen = 0_u128;
        for byte in value {
            match byte {
                b'a'..=b'z' => shape.lower += 1,
                b'A'..=b'Z' => shape.upper += 1,
                b'0'..=b'9' => shape.digits += 1,
                _ => shape.others += 1,
            }
            seen |= 1_u128.checked_shl(u32::from(*byte)).unwrap_or_default();
        }
        for pair in value.windows(2) {
            if let [a, b] = pair {
                let alternates = a.is_ascii_digit() && b.is_ascii_alphabetic()
                    || a.is_ascii_alphabetic() && b.is_ascii_digit();
                shape.alternations += usize::from(alternates);
                let hump = a.is_ascii_lowercase() && b.is_ascii_uppercase()
                    || a.is_ascii_uppercase() && b.is_ascii_lowercase();
                shape.humps += usize::from(hump);
            }
        }
        shape.distinct = usize::try_from(seen.count_ones()).unwrap_or_default();
        shape
    }

    pub fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// Letters whose case changes too often for words: on average at every second place by chance, and in names such
    /// as `accessTokenUrl` at every third or less.
    pub fn is_shuffled(&self) -> bool {
        self.letters() >= 8 && self.humps * 5 >= self.letters() * 2
    }

    /// What stands behind a published prefix, and is neither words (`sk-learn-extra`) nor filling (`xxxxxxxx`). By chance, 20
    /// hexadecimal digits have 11 different ones, and fewer than 8 once in a thousand times.
    pub fn is_random(&self) -> bool {
        self.distinct >= 8 && (self.digits > 0 && self.letters() > 0 || self.is_shuffled())
    }
}

/// Whether what stands behind a published prefix has been issued: random, also if, as one of some hundred, without a digit.
pub(super) fn is_issued(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    shape.is_random() || shape.distinct >= 12 && is_gibberish(value)
}

/// Whether letters are no words, and no name of several words: their case changes too often, several of them stand alone
/// between capitals, or five consonants and more follow one another, which one in two strings of twelve letters by chance has.
pub(super) fn is_gibberish(letters: &[u8]) -> bool {
    const CONSONANTS: usize = 5;
    if letters.len() < 8 || !letters.iter().all(u8::is_ascii_alphabetic) {
        return false;
    }
    let is_vowel = |byte: &u8| matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let (mut consonants, mut most) = (0, 0);
    for pair in letters.windows(2) {
        let [before, here] = pair else { continue };
        // A word begins: `nextHttpRequest`. Abbreviations are capitals.
        let begins = before.is_ascii_lowercase() && here.is_ascii_uppercase();
        let consonant = !is_vowel(here) && here.is_ascii_lowercase();
        consonants = match (consonant, begins) {
            (true, false) if consonants == 0 && !is_vowel(before) => 2,
            (true, false) => consonants + 1,
            _ => 0,
        };
        most = most.max(consonants);
    }
    let alone = letters
        .windows(3)
        .filter(|part| matches!(part, [a, b, c] if a.is_ascii_lowercase() && b.is_ascii_uppercase() && c.is_ascii_uppercase()))
        .count();
    most >= CONSONANTS || alone >= 2 || Shape::of(letters).is_shuffled()
}

/// Decodes base64, of either alphabet and without padding, as far as `into` has room; the number of bytes.
pub(super) fn decode(encoded: &[u8], into: &mut [u8]) -> Option<usize> {
    let (mut bits, mut held, mut len) = (0_u32, 0_u32, 0);
    for byte in encoded {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(place) = into.get_mut(len) else { break };
            *place = u8::try_from(bits >> held & 0xff).unwrap_or_default();
            len += 1;
        }
        bits &= 0xffff;
    }
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_filling_are_not_random() {
        for value in ["bf2c81d0a3e94f56", "XkqPwZrtMvLoBnYe", "4eC39HqLyjWDarjtT1zdp7dc"] {
            assert!(Shape::of(value.as_bytes()).is_random(), "{value}");
        }
        for value in [
            "learn-with-many-words",
            "xxxxxxxxxxxxxxxx1",
            "0000000000000000",
            "thisIsAVariableName",
            "LOUDWORDS",
        ] {
            assert!(!Shape::of(value.as_bytes()).is_random(), "{value}");
        }
    }

    #[test]
    fn words_and_names_of_several_are_no_gibberish() {
        for letters in ["XkqPwZrtMv", "UZrjVBktmrwbOQ", "npdytxhkkf", "ojvEwchbkSIDAL"] {
            assert!(is_gibberish(letters.as_bytes()), "{letters}");
        }
        for letters in [
            "required",
            "accessTokenUrl",
            "XMLHttpRequest",
            "USERNAME",
            "getAValue",
            "userPwdHash",
            "PostgreSQL",
        ] {
            assert!(!is_gibberish(letters.as_bytes()), "{letters}");
        }
    }

    #[test]
    fn base64_is_decoded_as_far_as_there_is_room() {
        let mut room = [0; 8];
        assert_eq!(decode(b"YWxpY2U6", &mut room), Some(6));
        assert_eq!(&room[..6], b"alice:");
        assert_eq!(decode(b"YWxpY2U6YWxpY2U6", &mut room), Some(8));
        assert_eq!(decode(b"-_+/", &mut room), Some(3));
        assert_eq!(&room[..3], [0xfb, 0xff, 0xbf]);
        assert_eq!(decode(b"YW=", &mut room), None);
    }
}
