//! Tables in a text: what names the column that a value stands in.
//!
//! A table is two lines or more with the same number of the same delimiter, as in CSV and in Markdown, or the lists behind the
//! `VALUES` of SQL. Its head is the first line, or the list of columns, if that looks like names and not like values. A blank line
//! ends a table, and so do several that are none of its rows; one or two may be the rest of a cell with line ends in it.

mod list;

use std::ops::Range;

use self::list::Lists;
use crate::context::{Heard, Meaning, Words, last_number};
use crate::text::Text;

/// Longest row, in bytes.
pub(super) const LONGEST_ROW: usize = 8 << 10;
/// Columns that are looked at, and the longest name of one, in bytes.
const MOST_COLUMNS: usize = 256;
const LONGEST_NAME: usize = 64;
/// How long the names of a head may be on average where commas or semicolons part them, as they do in sentences.
const LONG_NAME: usize = 32;
/// Lines one behind the other that are no rows, and do not end a table.
const MOST_STRAYS: usize = 3;

/// What parts the cells of a row, the likeliest first.
const DELIMITERS: [u8; 4] = [b'|', b'\t', b';', b','];

/// What a pass has seen of a text.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub text: &'a Text<'a>,
    pub heard: &'a [Heard],
    /// The words that mean something.
    pub words: &'a Words,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Where its name stands.
    pub name: Range<usize>,
    /// What the name says.
    pub meaning: Meaning,
}

/// The columns of a table; none if their names say nothing.
type Columns = Vec<Column>;

/// A row of a table whose columns have names that say something.
#[derive(Debug)]
pub(super) struct Row<'t> {
    pub start: usize,
    pub cells: &'t [Range<usize>],
    pub columns: &'t [Column],
}

/// The table that a pass over a text is in.
#[derive(Debug, Default)]
pub(super) struct Tables {
    line: Line,
    /// The line above, if it is no row and may be a head.
    above: Option<Line>,
    table: Option<Table>,
    cells: Vec<Range<usize>>,
    lists: Lists,
}

/// A line, and how many of each delimiter are in it.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    start: usize,
    end: usize,
    counts: [u32; DELIMITERS.len()],
    quotes: Quotes,
}

#[derive(Debug)]
struct Table {
    /// Which of [`DELIMITERS`], and how many in each row.
    delimiter: usize,
    count: u32,
    columns: Columns,
    strays: usize,
}

/// Whether a place in a line is between quotes, where nothing parts cells (RFC 4180, section 2). Only a quote at the start of a cell
/// opens: inches have another meaning.
#[derive(Clone, Copy, Debug, Default)]
struct Quotes {
    open: bool,
}

impl Quotes {
    /// Which of [`DELIMITERS`] the byte at a place is.
    fn delimiter(&mut self, text: &Text<'_>, at: usize) -> Option<usize> {
        match text.at(at) {
            b'"' => {
                let opens = || {
                    matches!(
                        text.before(at),
                        b',' | b';' | b'\t' | b'|' | b' ' | b'"' | b'\n' | b'(' | b'[' | 0
                    )
                };
                self.open = !self.open && opens();
                None
            }
            // Markdown knows no quotes, but a backslash.
            b'|' => (text.before(at) != b'\\').then_some(0),
            b'\t' if !self.open => Some(1),
            b';' if !self.open => Some(2),
            b',' if !self.open => Some(3),
            _ => None,
        }
    }
}

impl Line {
    fn count(&self, delimiter: usize) -> u32 {
        self.counts.get(delimiter).copied().unwrap_or_default()
    }

    /// The likeliest delimiter that is as often in this line as in another.
    fn delimiter_as_in(&self, other: &Self) -> Option<usize> {
        let mut counts = self.counts.iter().zip(&other.counts);
        counts.position(|(here, there)| *here > 0 && here == there)
    }

    /// Whether it is too long for the head of a table with a delimiter that sentences have too.
    fn is_sentence(&self, delimiter: usize) -> bool {
        let cells = 1 + usize::try_from(self.count(delimiter)).unwrap_or(usize::MAX);
        let has_sign = matches!(DELIMITERS.get(delimiter), Some(b',' | b';'));
        has_sign && (self.end - self.start) / cells > LONG_NAME
    }

    /// Where the cells stand.
    fn cells(&self, text: &Text<'_>, delimiter: usize, cells: &mut Vec<Range<usize>>) {
        cells.clear();
        let mut quotes = Quotes::default();
        let mut start = self.start;
        for at in self.start..self.end {
            if quotes.delimiter(text, at) == Some(delimiter) {
                cells.push(start..at);
                start = at + 1;
            }
        }
        cells.push(start..self.end);
    }

    fn is_blank(&self, text: &Text<'_>) -> bool {
        text.slice(self.start..self.end)
            .iter()
            .all(u8::is_ascii_whitespace)
    }

    /// Whether it may be drawn between the rows of a table: `----+----`.
    fn is_ruler(&self, text: &Text<'_>) -> bool {
        let line = text.slice(self.start..self.end);
        line.iter()
            .all(|byte| matches!(byte, b'-' | b'+' | b'=' | b' ' | b'\r'))
    }
}

impl Tables {
    /// A quote or a delimiter.
    pub fn part(&mut self, text: &Text<'_>, at: usize) {
        let delimiter = self.line.quotes.delimiter(text, at);
        if let Some(count) = delimiter.and_then(|delimiter| self.line.counts.get_mut(delimiter)) {
            *count += 1;
        }
    }

    /// The end of a line. Says which row it is.
    pub fn end_line(&mut self, seen: Seen<'_>, end: usize) -> Option<Row<'_>> {
        let next = Line {
            start: end + 1,
            ..Line::default()
        };
        let line = Line {
            end,
            ..std::mem::replace(&mut self.line, next)
        };
        if line.counts == [0; DELIMITERS.len()] || end - line.start > LONGEST_ROW {
            self.end_other_line(seen.text, &line);
            return None;
        }
        match &mut self.table {
            Some(table) if table.has(&line) => table.strays = 0,
            _ => self.begin(seen, &line),
        }
        let table = self.table.as_ref()?;
        if !table.has(&line) || table.columns.is_empty() {
            return None;
        }
        line.cells(seen.text, table.delimiter, &mut self.cells);
        Some(Row {
            start: line.start,
            cells: &self.cells,
            columns: &table.columns,
        })
    }

    /// A line in which nothing parts cells.
    fn end_other_line(&mut self, text: &Text<'_>, line: &Line) {
        if self.table.is_none() && self.above.is_none() {
            return;
        }
        if line.is_blank(text) {
            (self.table, self.above) = (None, None);
        } else if line.end - line.start > LONGEST_ROW || !line.is_ruler(text) {
            self.stray();
            self.above = None;
        }
    }

    /// A line that is no row of the table: it may be the first of another, below its head.
    fn begin(&mut self, seen: Seen<'_>, line: &Line) {
        self.stray();
        let above = self.above.replace(*line);
        let Some((above, delimiter)) = above.and_then(|above| Some((above, line.delimiter_as_in(&above)?)))
        else {
            return;
        };
        if above.is_sentence(delimiter) {
            return;
        }
        above.cells(seen.text, delimiter, &mut self.cells);
        let filled = self
            .cells
            .iter()
            .filter(|cell| !content(seen.text, cell).is_empty());
        // A title over the head fills one cell. In Markdown there are tables of one column.
        if filled.count() < 2 && DELIMITERS.get(delimiter) != Some(&b'|') {
            return;
        }
        let mut columns = columns(seen, &self.cells);
        if columns.is_empty() {
            // A sentence above it may look like a head.
            line.cells(seen.text, delimiter, &mut self.cells);
            columns = self::columns(seen, &self.cells);
        }
        if columns.is_empty() && self.table.is_some() {
            return;
        }
        self.above = None;
        self.table = Some(Table {
            delimiter,
            count: line.count(delimiter),
            columns,
            strays: 0,
        });
    }

    /// A line that is no row.
    fn stray(&mut self) {
        if let Some(table) = &mut self.table {
            table.strays += 1;
            if table.strays > MOST_STRAYS {
                self.table = None;
            }
        }
    }

    /// An opening bracket. Says whether a row of a list of SQL begins, the names of whose columns say something.
    pub fn open_list(&mut self, seen: Seen<'_>, at: usize) -> bool {
        self.lists.open(seen, at)
    }

    /// A closing bracket. Says which row it ends.
    pub fn close_list(&mut self, at: usize) -> Option<Row<'_>> {
        self.lists.close(at)
    }
}

impl Table {
    fn has(&self, line: &Line) -> bool {
        line.count(self.delimiter) == self.count
    }
}

/// The columns that some cells name.
fn columns(seen: Seen<'_>, cells: &[Range<usize>]) -> Columns {
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else {
        return Columns::new();
    };
    let Seen { text, heard, words } = seen;
    let head = text.slice(first.start..last.end);
    if last_number(head) > 0 || head.contains(&b'@') {
        return Columns::new();
    }
    let place = |at: usize| heard.partition_point(|word| word.at < at);
    let mut rest = heard.get(place(first.start)..place(last.end)).unwrap_or_default();
    let mut meaning = |name: &Range<usize>| {
        let upto = |at: usize| move |word: &&Heard| word.at < at;
        let before = rest.iter().take_while(upto(name.start)).count();
        let within = rest.iter().skip(before).take_while(upto(name.end)).count();
        let said = rest.get(before..before + within).unwrap_or_default();
        rest = rest.get(before + within..).unwrap_or_default();
        match name.len() {
            0..=LONGEST_NAME => words.meaning(text.slice(name.clone()), said),
            _ => Meaning::default(),
        }
    };
    let names = cells.iter().take(MOST_COLUMNS).map(|cell| content(text, cell));
    let columns: Columns = names
        .map(|name| Column {
            meaning: meaning(&name),
            name,
        })
        .collect();
    let says_something = columns.iter().any(|column| !column.meaning.is_silent());
    if says_something { columns } else { Columns::new() }
}

/// Where what is in a cell stands, without blank space, quotes and brackets around it.
pub(super) fn content(text: &Text<'_>, cell: &Range<usize>) -> Range<usize> {
    let is_around = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'*' | b'(' | b')' | b'[' | b']'
        )
    };
    let bytes = text.slice(cell.clone());
    let start = bytes.iter().position(|byte| !is_around(byte));
    let end = bytes.iter().rposition(|byte| !is_around(byte));
    match (start, end) {
        (Some(start), Some(end)) => cell.start + start..cell.start + end + 1,
        _ => cell.start..cell.start,
    }
}

#[cfg(test)]
mod tests;
