//! The texts that are searched.

use penstock_bench_harness::prose::Writer;
use penstock_bench_harness::random::Random;

use crate::hostile;

/// 1 KB.
pub const KB: usize = 1_024;

/// How long a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// 10 KB.
    Small,
    /// 100 KB.
    Middle,
    /// 1 MB.
    Large,
}

impl Size {
    /// In bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::Small => 10 * KB,
            Self::Middle => 100 * KB,
            Self::Large => KB * KB,
        }
    }

    /// As figures call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "10kb",
            Self::Middle => "100kb",
            Self::Large => "1mb",
        }
    }
}

/// A kind of text at one size.
pub struct Text {
    /// The kind.
    pub name: &'static str,
    /// How long each part is.
    pub size: Size,
    /// What is searched, each by itself.
    pub parts: Vec<String>,
}

/// English without personal data.
pub const PROSE: &str = "prose";
/// English with a value in every KB.
pub const VALUES: &str = "values";

/// Everything that is timed: English at all sizes, what is built to be slow at the two larger ones.
pub fn all() -> Vec<Text> {
    let mut texts = Vec::new();
    for (size, seed, parts) in [
        (Size::Small, 200, 16),
        (Size::Middle, 300, 3),
        (Size::Large, 400, 1),
    ] {
        for (name, with_values) in [(PROSE, false), (VALUES, true)] {
            let parts = (seed..seed + parts)
                .map(|seed| english(seed, size.bytes(), with_values))
                .collect();
            texts.push(Text { name, size, parts });
        }
    }
    for (name, write) in hostile::KINDS {
        for size in [Size::Middle, Size::Large] {
            let parts = vec![write(size.bytes())];
            texts.push(Text { name, size, parts });
        }
    }
    texts
}

/// English of about so many bytes.
pub fn english(seed: u64, bytes: usize, with_values: bool) -> String {
    let text = Writer::seeded(seed).write(bytes);
    if !with_values {
        return text;
    }
    let mut random = Random::seeded(seed);
    let pieces = text.as_bytes().chunks(KB).map(String::from_utf8_lossy);
    pieces
        .flat_map(|piece| [piece.into_owned(), value(&mut random)])
        .collect()
}

/// A sentence with a value in it, each another one.
fn value(random: &mut Random) -> String {
    let number = 1_000 + random.below(9_000);
    match random.below(5) {
        0 => format!(" Write to mary.{number}@example.org. "),
        1 => format!(" Her phone is +44 20 7946 {number}. "),
        2 => format!(" It came from 203.0.{}.{}. ", number % 113, number % 251),
        3 => format!(" Her SSN is 219-09-{number}. "),
        _ => " Pay into DE89 3704 0044 0532 0130 00. ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_size() {
        for text in all() {
            for part in &text.parts {
                let (bytes, len) = (text.size.bytes(), part.len());
                let most = if text.name == VALUES {
                    bytes + bytes / 20
                } else {
                    bytes
                };
                assert!(
                    (bytes - 64..=most).contains(&len),
                    "{} of {bytes}: {len}",
                    text.name
                );
                assert!(!part.contains('\0'), "{}: NUL separates parts", text.name);
            }
        }
    }
}
