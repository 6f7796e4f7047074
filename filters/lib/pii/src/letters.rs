//! Case of letters beyond ASCII, byte by byte.

/// A byte of a text in lower case, for letters of ASCII, Latin-1, those of Polish and Czech, and Cyrillic: those whose small form
/// differs in its last byte, or for the second half of Cyrillic in both, which take what stands around the byte.
pub(crate) fn lower(before: u8, byte: u8, next: u8) -> u8 {
    match (before, byte) {
        // `É` is C3 89, `é` C3 A9; `П` is D0 9F, `п` D0 BF.
        (0xc3, 0x80..=0x9e) | (0xd0, 0x90..=0x9f) => byte + 0x20,
        // `Р` is D0 A0, `р` D1 80.
        (0xd0, 0xa0..=0xaf) => byte - 0x20,
        (_, 0xd0) if matches!(next, 0xa0..=0xaf) => 0xd1,
        // `Ą`, `Č`, `Ę` are of even numbers, `Ł`, `Ń`, `Ź`, `Ž` of odd ones.
        (0xc4, 0x80..=0xb7) | (0xc5, 0x8a..=0xb7) => byte | 1,
        (0xc5, 0x81 | 0x83 | 0x85 | 0x87 | 0xb9 | 0xbb | 0xbd) => byte + 1,
        _ => byte.to_ascii_lowercase(),
    }
}

/// Whether a text is a word, which is in lower case, in whatever case.
pub(crate) fn is_same(text: &[u8], word: &[u8]) -> bool {
    let mut before = 0;
    text.len() == word.len()
        && text.iter().zip(word).enumerate().all(|(at, (byte, known))| {
            let same = byte == known
                || lower(before, *byte, text.get(at + 1).copied().unwrap_or_default()) == *known;
            before = *byte;
            same
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_either_case_are_the_same() {
        for word in [
            "password",
            "née",
            "prontuário",
            "patiënt",
            "października",
            "września",
            "hasło",
            "пароль",
            "рождения",
            "února",
            "病历",
            "जन्म",
        ] {
            for text in [word.to_owned(), word.to_uppercase()] {
                assert!(is_same(text.as_bytes(), word.as_bytes()), "{text}");
            }
        }
        assert!(!is_same("née".as_bytes(), "nèe".as_bytes()));
    }
}
