//! The pieces that a text is cut into before merging: by class of character, no token reaches from one into the next.
//!
//! Each vocabulary publishes a regular expression for it (openai/tiktoken, `tiktoken_ext/openai_public.py`, read 2026-11); this is
//! code for exactly these two. What an engine would find by backtracking is decided by looking at each character at
//! most twice.

use std::ops::Range;

use crate::Vocabulary;
use crate::class::{BLANK, CASELESS, LOWER, MARK, NEWLINE, NUMBER, OTHER, UPPER};
use crate::text::{class, run};

const LETTER: u8 = UPPER | LOWER | CASELESS;
/// `[^\r\n\p{L}\p{N}]`: one of these may precede letters.
const BEFORE_LETTERS: u8 = BLANK | MARK | OTHER;
/// `[^\s\p{L}\p{N}]`
const SYMBOL: u8 = MARK | OTHER;
const SPACE: u8 = BLANK | NEWLINE;

/// The pieces of a text, in order and without gaps.
pub struct Pieces<'t> {
    vocabulary: Vocabulary,
    text: &'t str,
    at: usize,
}

impl<'t> Pieces<'t> {
    pub fn new(vocabulary: Vocabulary, text: &'t str) -> Self {
        Self {
            vocabulary,
            text,
            at: 0,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        self.at = match self.vocabulary {
            Vocabulary::O200kBase => o200k(self.text, start),
            Vocabulary::Cl100kBase => cl100k(self.text, start),
        };
        Some(start..self.at)
    }
}

/// The end of the piece at `at`:
/// ```text
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// \p{N}{1,3}
///  ?[^\s\p{L}\p{N}]+[\r\n/]*
/// \s*[\r\n]+
/// \s+(?!\S)
/// \s+
/// ```
fn o200k(text: &str, at: usize) -> usize {
    let (first, next) = class(text, at);
    if let Some(end) = cased_word(text, at, first, next) {
        return end + contraction(text, end);
    }
    if first & NUMBER != 0 {
        return number(text, next);
    }
    if let Some(end) = symbols(text, at) {
        let bytes = text.as_bytes();
        let trailing = bytes.get(end..).unwrap_or_default().iter();
        return end
            + trailing
                .take_while(|byte| matches!(byte, b'\r' | b'\n' | b'/'))
                .count();
    }
    let (run, last_newline, last) = space(text, at);
    if let Some(end) = last_newline {
        return end;
    }
    before_last(text, next, run, last)
}

/// The end of the piece at `at`:
/// ```text
/// '(?i:[sdmt]|ll|ve|re)
/// [^\r\n\p{L}\p{N}]?+\p{L}++
/// \p{N}{1,3}+
///  ?[^\s\p{L}\p{N}]++[\r\n]*+
/// \s++$
/// \s*[\r\n]
/// \s+(?!\S)
/// \s
/// ```
fn cl100k(text: &str, at: usize) -> usize {
    let contraction = contraction(text, at);
    if contraction > 0 {
        return at + contraction;
    }
    let (first, next) = class(text, at);
    let letters = if first & BEFORE_LETTERS != 0 { next } else { at };
    let end = run(text, letters, LETTER);
    if end > letters {
        return end;
    }
    if first & NUMBER != 0 {
        return number(text, next);
    }
    if let Some(end) = symbols(text, at) {
        return run(text, end, NEWLINE);
    }
    let (run, last_newline, last) = space(text, at);
    if run == text.len() {
        return run;
    }
    if let Some(end) = last_newline {
        return end;
    }
    before_last(text, next, run, last)
}

/// The first two lines of `o200k`, without the contraction: letters that change from upper to lower case at most once.
#[inline(always)]
fn cased_word(text: &str, at: usize, first: u8, next: usize) -> Option<usize> {
    let start = if first & BEFORE_LETTERS != 0 { next } else { at };
    // The greedy run of the upper part, and where the last character ends in it that the lower part could take as well.
    let mut upper = start;
    let mut shared = None;
    loop {
        let (class, next) = class(text, upper);
        if class & LOWER != 0 {
            return Some(run(text, next, LOWER | CASELESS | MARK));
        }
        if class & (UPPER | CASELESS | MARK) == 0 {
            break;
        }
        upper = next;
        if class & UPPER == 0 {
            shared = Some(next);
        }
    }
    if shared.is_some() {
        return shared;
    }
    // A mark is the lower part itself if nothing behind it can be.
    if first & MARK != 0 {
        return Some(next);
    }
    (upper > start).then_some(upper)
}

/// How many bytes of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` stand at `at`. Folding case makes the long s one, too.
#[inline(always)]
fn contraction(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'\'') {
        return 0;
    }
    let mut letters = bytes.get(at + 1..).unwrap_or_default().iter();
    let mut letter = || letters.next().map_or(0, u8::to_ascii_lowercase);
    match (letter(), letter()) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', b'e') | (b'l', b'l') => 3,
        // U+017F
        (0xc5, 0xbf) => 3,
        _ => 0,
    }
}

/// Up to two more digits from `at` on.
#[inline(always)]
fn number(text: &str, mut at: usize) -> usize {
    for _ in 0..2 {
        let (class, next) = class(text, at);
        if class & NUMBER == 0 {
            break;
        }
        at = next;
    }
    at
}

/// Symbols, after a space or not.
#[inline(always)]
fn symbols(text: &str, at: usize) -> Option<usize> {
    let space = text.as_bytes().get(at) == Some(&b' ');
    let start = at + usize::from(space);
    let end = run(text, start, SYMBOL);
    (end > start).then_some(end)
}

/// The run of white space at `at`: its end, the end of the last newline in it, and where its last character begins.
#[inline(always)]
fn space(text: &str, mut at: usize) -> (usize, Option<usize>, usize) {
    let mut last_newline = None;
    let mut last = at;
    loop {
        let (class, next) = class(text, at);
        if class & SPACE == 0 {
            return (at, last_newline, last);
        }
        if class & NEWLINE != 0 {
            last_newline = Some(next);
        }
        last = at;
        at = next;
    }
}

/// A run of blanks leaves its last one to what follows, if there is something and if it is not the only one.
#[inline(always)]
fn before_last(text: &str, second: usize, run: usize, last: usize) -> usize {
    if run == text.len() { run } else { last.max(second) }
}
