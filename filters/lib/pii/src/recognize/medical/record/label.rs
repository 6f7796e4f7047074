//! Labels of medical records beside a number.

use super::code::MOST;
use super::is_letter;
use super::words::{ARTICLES, COPULAS, ELEMENTS, FILLERS, IS, LABELS, NUMBERED, PLEASE};
use crate::letters::is_same;
use crate::text::Text;

/// Longest label, in bytes, and most words between one and its number.
const LONGEST_LABEL: usize = 64;
const MOST_WORDS: usize = 8;

/// Whether a label stands directly in front of a place.
pub(super) fn is_labelled(text: &Text<'_>, at: usize) -> bool {
    is_label_behind(text.slice(at.saturating_sub(LONGEST_LABEL)..at))
}

/// Whether a text is a label, or ends with one.
fn is_label(text: &[u8]) -> bool {
    is_label_behind(
        text.get(text.len().saturating_sub(LONGEST_LABEL)..)
            .unwrap_or_default(),
    )
}

fn is_label_behind(front: &[u8]) -> bool {
    let (mut numbered, mut said) = (false, false);
    let mut rest = front;
    // From the number backwards, past the few words that may stand between: any that are no word for another number, where `is` stands
    // in front of this one.
    for step in 0..MOST_WORDS {
        let Some(until) = before_marks(rest) else {
            return false;
        };
        let between = rest.get(until.len()..).unwrap_or_default();
        numbered |= between.contains(&b'#');
        // `Mr. Lee is 12345` is no `MR 12345`.
        let is_title = until.ends_with(b"Mr");
        if LABELS.longest(until) > 0 && !is_title || numbered && NUMBERED.longest(until) > 0 {
            return true;
        }
        let filler = FILLERS.longest(until);
        let known = filler.max(COPULAS.longest(until));
        let word = match known {
            0 if !said
                || numbered
                || between
                    .iter()
                    .any(|byte| matches!(byte, b',' | b'\n' | b':' | b'(')) =>
            {
                return false;
            }
            0 => until.iter().rev().take_while(|byte| is_letter(**byte)).count(),
            known => known,
        };
        numbered |= filler > 0;
        let (before, word) = until.split_at(until.len() - word);
        said |= step < 2 && is_any(IS, word);
        rest = before;
    }
    false
}

/// Up to the last letter, past what may stand between a label and its number: signs, elements of HTML, and quotes and brackets beyond
/// ASCII; no other number, and nothing that ends a part of a structure.
fn before_marks(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = match text {
            [rest @ .., 0xe2, 0x80, _] | [rest @ .., 0xe3, 0x80, 0x88..=0x9f] => rest,
            // `Her MRN, …,` and no list without spaces.
            [rest @ .., b',', b' '] => rest,
            [.., b',' | b';' | b'{' | b'}'] => return None,
            [rest @ .., b'>'] => before_element(rest).unwrap_or(rest),
            // `MRN (Ann Lee): …`
            [rest @ .., b')', b':', b' '] | [rest @ .., b')', b':'] => before_bracket(rest)?,
            [.., last] if is_letter(*last) => return Some(text),
            [.., last] if last.is_ascii_digit() => return None,
            [rest @ .., _] => rest,
            [] => return None,
        };
    }
}

/// The text in front of the bracket that is open at its end, in which whose number it is may stand, and no other number.
fn before_bracket(text: &[u8]) -> Option<&[u8]> {
    let open = text.iter().rposition(|byte| *byte == b'(')?;
    let (before, inside) = text.split_at(open);
    let is_said = !inside
        .iter()
        .any(|byte| byte.is_ascii_digit() || matches!(byte, b')' | b'\n'));
    is_said.then_some(before)
}

/// The text in front of the element of HTML at its end, but for its last sign.
fn before_element(text: &[u8]) -> Option<&[u8]> {
    let tail = text.get(text.len().saturating_sub(12)..)?;
    let open = tail.iter().rposition(|byte| *byte == b'<')?;
    let name = tail.get(open + 1..)?;
    let name = name
        .strip_prefix(b"/")
        .or_else(|| name.strip_suffix(b"/"))
        .unwrap_or(name);
    is_any(ELEMENTS, name).then(|| text.get(..text.len() - (tail.len() - open)))?
}

/// Whether a number answers the question for it in the line above: `what's your MRN?`
pub(super) fn is_answer(text: &Text<'_>, at: usize) -> bool {
    const SPEAKER: usize = 40;
    let len = text.run_before(at, SPEAKER, |byte| byte != b'\n');
    let line = at - len;
    let above = text.slice(line.saturating_sub(2 + LONGEST_LABEL)..line);
    let above = match above {
        [above @ .., b'?', b'\r', b'\n'] | [above @ .., b'?', b'\n'] => above,
        _ => return false,
    };
    let please = PLEASE.longest(above);
    is_label(above.get(..above.len() - please).unwrap_or_default())
}

/// Whether what stands behind a code calls it one: `0012345 (MRN)`, `0012345 is the MRN`, `… es el número de historia clínica`.
pub(super) fn is_labelled_behind(text: &Text<'_>, end: usize) -> bool {
    let behind = text.slice(end..text.len().min(end + LONGEST_LABEL));
    let (mut rest, mut said, mut numbered) = match behind {
        [b' ', b'(', rest @ ..] => (rest, true, false),
        [b' ', rest @ ..] => (rest, false, false),
        _ => return false,
    };
    for _ in 0..5 {
        let word = rest.iter().take_while(|byte| is_letter(**byte)).count();
        let (word, behind) = rest.split_at(word);
        let is = |list: &[&str]| list.iter().any(|known| is_same(word, known.as_bytes()));
        if !said {
            if !is(IS) {
                return false;
            }
            said = true;
        } else if is(ARTICLES) {
        } else if LABELS.after(rest).is_some() {
            return true;
        } else if let Some(after) = NUMBERED.after(rest) {
            let after = after
                .strip_prefix(b"-")
                .or(after.strip_prefix(b"_"))
                .unwrap_or(after)
                .trim_ascii_start();
            return numbered || after.starts_with(b"#") || FILLERS.after(after).is_some();
        } else if is(FILLERS.list) {
            numbered = true;
        } else {
            return false;
        }
        rest = behind.trim_ascii_start();
        rest = rest.strip_prefix(b".").unwrap_or(rest).trim_ascii_start();
    }
    false
}

/// Whether a word such as `is`, or a bracket, may stand behind the code at a place.
pub(super) fn is_labelled_soon(text: &Text<'_>, at: usize) -> bool {
    let end = at
        + text.run(at, 2 * MOST, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')
        });
    text.at(end) == b' '
        && matches!(
            text.at(end + 1) | 0x20,
            b'i' | b'w' | b'e' | b't' | b'a' | b'j' | 0xe3 | b'(' | b' '
        )
}

fn is_any(list: &[&str], word: &[u8]) -> bool {
    list.iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}
