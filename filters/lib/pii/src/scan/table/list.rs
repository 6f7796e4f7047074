//! The lists behind the `VALUES` of SQL, whose columns are named in front of it.

use std::ops::Range;

use super::{Columns, LONGEST_ROW, Row, Seen, columns};
use crate::text::Text;

/// Most blank space between two of brackets, commas and words, in bytes.
const GAP: usize = 16;
const VALUES: &str = "values";

/// The lists that a pass over a text is in.
#[derive(Debug, Default)]
pub(super) struct Lists {
    columns: Columns,
    cells: Vec<Range<usize>>,
    /// The brackets of the last list.
    list: Range<usize>,
    /// Up to where brackets belong to a list, or to what was none.
    read: usize,
}

impl Lists {
    /// An opening bracket. Says whether it is that of a list.
    pub fn open(&mut self, seen: Seen<'_>, at: usize) -> bool {
        let text = seen.text;
        // Most brackets stand behind something else than `VALUES` or a comma.
        let gap = text.run_before(at, GAP, |byte| byte.is_ascii_whitespace());
        if at < self.read || !matches!(text.before(at - gap), b'S' | b's' | b',') {
            return false;
        }
        if self.columns.is_empty() || !is_next(text, self.list.end, at) {
            self.columns = names(text, at, &mut self.cells)
                .map(|()| columns(seen, &self.cells))
                .unwrap_or_default();
        }
        if self.columns.is_empty() {
            return false;
        }
        match cells(text, at, &mut self.cells) {
            Some(end) => {
                (self.list, self.read) = (at..end, end);
                true
            }
            None => {
                (self.columns, self.read) = (Columns::new(), at + LONGEST_ROW);
                false
            }
        }
    }

    /// A closing bracket.
    pub fn close(&mut self, at: usize) -> Option<Row<'_>> {
        let is_end = at == self.list.end && !self.columns.is_empty();
        is_end.then_some(Row {
            start: self.list.start,
            cells: &self.cells,
            columns: &self.columns,
        })
    }
}

/// Whether nothing but a comma stands between the end of a list and a bracket.
fn is_next(text: &Text<'_>, end: usize, at: usize) -> bool {
    let between = text.slice(end + 1..at);
    between.len() <= GAP && between.trim_ascii() == b","
}

/// What stands between the brackets in front of the `VALUES` in front of a bracket.
fn names(text: &Text<'_>, bracket: usize, names: &mut Vec<Range<usize>>) -> Option<()> {
    let before = |at: usize| at - text.run_before(at, GAP, |byte| byte.is_ascii_whitespace());
    let word = before(bracket)
        .checked_sub(VALUES.len())
        .filter(|word| text.has(*word, VALUES))?;
    let close = before(word)
        .checked_sub(1)
        .filter(|close| text.at(*close) == b')')?;
    let len = text.run_before(close, LONGEST_ROW, |byte| byte != b'(');
    let open = (close - len)
        .checked_sub(1)
        .filter(|open| text.at(*open) == b'(')?;
    (cells(text, open, names)? == close).then_some(())
}

/// Where the parts of what is between brackets stand, and where it ends. Quotes are those of SQL.
fn cells(text: &Text<'_>, open: usize, cells: &mut Vec<Range<usize>>) -> Option<usize> {
    cells.clear();
    let (mut depth, mut quote) = (0, None);
    let mut start = open + 1;
    for (at, byte) in text.from(start).iter().take(LONGEST_ROW).enumerate() {
        let at = open + 1 + at;
        match (byte, quote) {
            (byte, Some(quote)) if *byte != quote => {}
            (_, Some(_)) => quote = None,
            (b'\'' | b'"' | b'`', None) => quote = Some(*byte),
            (b'(', None) => depth += 1,
            (b')', None) if depth > 0 => depth -= 1,
            (b',' | b')', None) if depth == 0 => {
                cells.push(start..at);
                start = at + 1;
                if *byte == b')' {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
