//! Runs of letters of one kind of script.

/// How the words of a character's script are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// By spaces.
    Spaced,
    /// Not at all: ideographs, kana, Thai. Korean particles follow their words too.
    Unspaced,
    /// It is a digit or a sign.
    Neither,
}

impl Script {
    pub fn of(character: char) -> Self {
        match character {
            'a'..='z' | 'A'..='Z' | '\u{300}'..='\u{36f}' => Self::Spaced,
            '\u{3041}'..='\u{d7ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}' => Self::Unspaced,
            // Nukta and virama of the scripts of India stand within words.
            '\u{900}'..='\u{d7f}' if matches!(u32::from(character) & 0x7f, 0x3c | 0x4d) => Self::Spaced,
            _ if character.is_alphabetic() => Self::Spaced,
            _ => Self::Neither,
        }
    }

    /// Splits a run where the script changes.
    pub fn parts(run: &str) -> impl Iterator<Item = &str> {
        let mut rest = run;
        std::iter::from_fn(move || {
            let script = Self::of(rest.chars().next()?);
            let len = rest
                .find(|character| Self::of(character) != script)
                .unwrap_or(rest.len());
            let (part, after) = rest.split_at_checked(len)?;
            rest = after;
            Some(part)
        })
    }
}
