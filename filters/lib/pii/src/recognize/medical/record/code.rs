//! What numbers of medical records look like.

use crate::text::{Text, is_word};

/// Fewest characters of a code, and most digits.
const FEWEST: usize = 5;
pub(super) const MOST: usize = 12;

/// The end of the code that starts at a place, the first run of whose letters and digits, or what comes behind its letters and a
/// dash, is at the other.
pub(super) fn code(text: &Text<'_>, start: usize, at: usize) -> Option<usize> {
    let run = |from: usize| text.run(from, MOST + 4, |byte| byte.is_ascii_alphanumeric());
    let mut end = at + run(at);
    // `12-34-567`, `123 456 78`: groups of digits.
    let separator = text.at(end);
    let is_group = |from: usize| {
        (2..=4).contains(&run(from)) && text.slice(from..from + run(from)).iter().all(u8::is_ascii_digit)
    };
    if matches!(separator, b'-' | b' ' | b'.') && is_group(at) {
        while end - at <= MOST && text.at(end) == separator && is_group(end + 1) {
            end += 1 + run(end + 1);
        }
    }
    let characters = text.slice(start..end);
    let letters = characters
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let digits = characters.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_code =
        digits >= 4 && letters <= digits && letters <= 5 && (FEWEST..=MOST + 3).contains(&(letters + digits));
    let joined = matches!(text.at(end), b'-' | b'.' | b'/' | b':' | b'@') && is_word(text.at(end + 1));
    let joins = matches!(text.before(start), b'-' | b'.' | b'/' | b'@' | b'$' | b'+')
        && text.before(start.saturating_sub(1)).is_ascii_alphanumeric();
    (is_code && digits <= MOST && !is_date(characters) && !joined && !joins && text.is_word(start..end))
        .then_some(end)
}

/// `2026-11-27`, `27.11.2026`.
fn is_date(code: &[u8]) -> bool {
    let is_parted = |first: usize, second: usize| {
        let mark = |at: usize| code.get(at).is_some_and(|byte| matches!(byte, b'-' | b'.'));
        code.len() == 10 && mark(first) && mark(second)
    };
    is_parted(4, 7) || is_parted(2, 5)
}
