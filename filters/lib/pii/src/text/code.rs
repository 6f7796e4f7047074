use super::Text;

/// Letters and digits, in one or in groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    characters: [u8; Self::MOST],
    len: usize,
    /// One past its last character.
    pub end: usize,
    /// Between how many of its characters something stands.
    pub gaps: usize,
}

impl Code {
    const MOST: usize = 24;

    /// Its characters, letters as capitals.
    pub fn characters(&self) -> &[u8] {
        self.characters.get(..self.len).unwrap_or_default()
    }

    /// Some of its digits, read as one number; none where there is a letter among them.
    pub fn value(&self, start: usize, len: usize) -> Option<u32> {
        let part = self.characters().get(start..)?.get(..len)?;
        part.iter().try_fold(0_u32, |value, character| {
            let digit = char::from(*character).to_digit(10)?;
            value.checked_mul(10)?.checked_add(digit)
        })
    }
}

impl Text<'_> {
    /// The letters and digits at a place, so many of them. After as many as `gaps` says one of `separators` may
    /// stand, everywhere the same. What stands behind them is not looked at.
    pub fn code(&self, at: usize, len: usize, gaps: &[usize], separators: &[u8]) -> Option<Code> {
        let mut code = Code {
            characters: [0; Code::MOST],
            len: 0,
            end: at,
            gaps: 0,
        };
        let mut separator: &[u8] = b"";
        while code.len < len {
            if gaps.contains(&code.len) {
                let gap = self.slice(code.end..code.end + self.gap(code.end, separators));
                if !gap.is_empty() {
                    if code.gaps > 0 && gap != separator {
                        return None;
                    }
                    separator = gap;
                    code.gaps += 1;
                    code.end += gap.len();
                }
            }
            let character = self.at(code.end);
            if !character.is_ascii_alphanumeric() {
                return None;
            }
            *code.characters.get_mut(code.len)? = character.to_ascii_uppercase();
            code.len += 1;
            code.end += 1;
        }
        Some(code)
    }

    /// How many bytes at a place part two groups: one of `separators`, with a space on both sides or on none, or two
    /// spaces.
    pub fn gap(&self, at: usize, separators: &[u8]) -> usize {
        let parts = |byte: u8| separators.contains(&byte);
        let width = match [self.at(at), self.at(at + 1), self.at(at + 2)] {
            [b' ', mark, b' '] if mark != b' ' && parts(mark) => 3,
            [b' ', b' ', _] if parts(b' ') => 2,
            [mark, ..] if parts(mark) => 1,
            _ => 0,
        };
        if self.at(at + width).is_ascii_alphanumeric() {
            width
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_may_be_parted_where_it_is_said_by_one_thing() {
        for (text, gaps) in [
            ("ab12c", 0),
            ("ab 12 c", 2),
            ("Ab 12c", 1),
            ("aB - 12 - c", 2),
            ("ab  12  c", 2),
            ("ab12.c", 1),
        ] {
            let source = text;
            let text = Text::new(text);
            let code = text.code(0, 5, &[2, 4], b" -.").unwrap();
            assert_eq!(
                (code.characters(), code.gaps, code.end),
                (&b"AB12C"[..], gaps, source.len())
            );
            assert_eq!(
                (code.value(2, 2), code.value(1, 2), code.value(4, 2)),
                (Some(12), None, None)
            );
        }
        for text in [
            "ab 12-c",
            "a b12c",
            "ab 12",
            "ab   12 c",
            "ab 12  c",
            "ab- 12- c",
            "ab/12/c",
            "",
        ] {
            assert!(Text::new(text).code(0, 5, &[2, 4], b" -.").is_none(), "{text}");
        }
    }
}
