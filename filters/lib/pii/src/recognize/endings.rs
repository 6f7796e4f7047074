//! A quick look at whether one of some words may end at a place.

/// Which two bytes words end with. It may have more than was put into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Endings([u32; Self::SIZE]);

impl Endings {
    /// What is not ASCII is the last of these.
    const SIZE: usize = 129;

    pub const fn none() -> Self {
        Self([0; Self::SIZE])
    }

    pub const fn of(words: &[&str]) -> Self {
        Self::none().and(words)
    }

    pub const fn and(self, words: &[&str]) -> Self {
        match words.split_first() {
            Some((word, rest)) => self.with(word).and(rest),
            None => self,
        }
    }

    pub const fn with(mut self, word: &str) -> Self {
        if let Some((last, front)) = word.as_bytes().split_last() {
            let before = match front.last() {
                Some(before) => bit(*before),
                // No letter stands in front of the only one.
                None => bit(0),
            };
            let row = row(*last);
            // Constants are made by indexing, and at the latest when the program is built.
            #[allow(clippy::indexing_slicing)]
            {
                self.0[row] |= before;
            }
        }
        self
    }

    /// Whether one of the words, ASCII case aside, may have these as its last two bytes.
    pub fn has(&self, before: u8, last: u8) -> bool {
        let befores = self.0.get(row(last)).copied().unwrap_or_default();
        befores & bit(before) != 0
    }
}

const fn row(last: u8) -> usize {
    match last.to_ascii_lowercase() {
        last @ ..0x80 => last as usize,
        _ => Endings::SIZE - 1,
    }
}

/// One for each letter, and one for everything else.
const fn bit(before: u8) -> u32 {
    match before.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => 1 << (letter - b'a'),
        _ => 1 << 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_those_of_the_words() {
        const SOME: Endings = Endings::of(&["secret", "pw", "n", "hasło", "密码"]);
        for (before, last) in [
            (b'e', b't'),
            (b'E', b'T'),
            (b'p', b'w'),
            (b' ', b'n'),
            (0x82, b'o'),
            (0x81, 0x81),
        ] {
            assert!(SOME.has(before, last), "{before} {last}");
        }
        for (before, last) in [
            (b'e', b'w'),
            (b'u', b't'),
            (b'l', b'o'),
            (b'e', b's'),
            (b'a', 0x81),
        ] {
            assert!(!SOME.has(before, last), "{before} {last}");
        }
    }
}
