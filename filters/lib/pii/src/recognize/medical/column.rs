//! The name of a column in a table.

use std::ops::Range;

use crate::text::Text;

/// How much of a row is read in front of a cell, and how much of a table in front of the row.
const ROW: usize = 192;
const TABLE: usize = 384;
/// Blank space and quotes on either side of a cell.
const MARGIN: usize = 4;

/// The name of the column in which a span is all of a cell, where the first row of its table, or the list of columns in front
/// of the `VALUES` of SQL, stands near enough to be read.
pub(super) fn name<'t>(text: &'t Text<'_>, span: Range<usize>) -> Option<&'t [u8]> {
    let is_margin = |byte: u8| matches!(byte, b' ' | b'"' | b'\'');
    let left = span.start - text.run_before(span.start, MARGIN, is_margin);
    let right = span.end + text.run(span.end, MARGIN, is_margin);
    let (before, behind) = (text.before(left), text.at(right));
    let delimiter = match (before, behind) {
        (b',' | b';' | b'\t' | b'|', _) => before,
        (0 | b'\n' | b'\r', b',' | b';' | b'\t' | b'|') => behind,
        (b'(', b',') => behind,
        _ => return None,
    };
    if behind != delimiter && !matches!(behind, 0 | b'\n' | b'\r' | b')') {
        return None;
    }
    let count = |row: &[u8]| row.iter().filter(|byte| **byte == delimiter).count();
    let row = text.slice(left.saturating_sub(ROW)..left);
    let line = row
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let mut start = left - row.len() + line;
    let row = row.get(line..).unwrap_or_default();
    if delimiter == b','
        && matches!(row.trim_ascii_start().first(), Some(b'V' | b'v' | b'I' | b'i'))
        && let Some(open) = row.iter().rposition(|byte| *byte == b'(')
        && is_values(text, left - row.len() + open)
    {
        let index = count(row.get(open..).unwrap_or_default());
        return cell(columns(text, left - row.len() + open)?, delimiter, index);
    }
    let is_whole = line > 0 || start == 0 || text.before(start) == b'\n';
    let index = count(row);
    let table = start.saturating_sub(TABLE);
    let mut header: &[u8] = &[];
    while is_whole && start > table {
        let above = text.slice(table..start - 1);
        let line = above
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        // It may begin further in front.
        let whole = line > 0 || table == 0;
        let above = above.get(line..).unwrap_or_default();
        if count(above) < index.max(1) {
            break;
        }
        header = if whole { above } else { &[] };
        start = table + line;
    }
    cell(header, delimiter, index)
}

/// Whether `VALUES` stands in front of a bracket.
fn is_values(text: &Text<'_>, bracket: usize) -> bool {
    let end = bracket - text.run_before(bracket, MARGIN, |byte| byte == b' ');
    end.checked_sub(6).is_some_and(|start| text.has(start, "values"))
}

/// What stands between the brackets in front of the `VALUES` in front of a bracket.
fn columns<'t>(text: &'t Text<'_>, bracket: usize) -> Option<&'t [u8]> {
    let end = bracket - text.run_before(bracket, MARGIN, |byte| byte == b' ');
    let end = end.checked_sub(6)?;
    let end = end - text.run_before(end, MARGIN, |byte| byte.is_ascii_whitespace());
    let end = end.checked_sub(1).filter(|end| text.at(*end) == b')')?;
    let len = text.run_before(end, ROW, |byte| byte != b'(');
    (len < ROW).then(|| text.slice(end - len..end))
}

fn cell(row: &[u8], delimiter: u8, index: usize) -> Option<&[u8]> {
    let cell = row.split(|byte| *byte == delimiter).nth(index)?;
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'"' | b'\'' | b'`' | b'\r' | b'\t');
    let start = cell.iter().position(|byte| !is_blank(byte))?;
    let end = cell.iter().rposition(|byte| !is_blank(byte))?;
    cell.get(start..=end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_name_of_their_column() {
        for (text, expected) in [
            ("id,mrn,city\n17,X,Lyon\n", Some("mrn")),
            ("id,mrn,city\r\n1,2,a\r\n17,X,Lyon", Some("mrn")),
            ("a b\nmrn;city\nX;Lyon\n", Some("mrn")),
            ("mrn\tcity\n\"X\"\tLyon\n", Some("mrn")),
            ("id\tmrn\n1\tX", Some("mrn")),
            ("| id | mrn |\n|----|----|\n| 17 | X |", Some("mrn")),
            ("id | mrn\n17 | X\n", Some("mrn")),
            ("INSERT INTO t (id, `mrn`) VALUES (17, 'X');", Some("mrn")),
            ("INSERT INTO t (mrn, id)\nVALUES ('X', 17);", Some("mrn")),
            ("| mrn | X |", None),
            ("id,mrn\n17, see X there", None),
            ("mrn\nX", None),
        ] {
            let at = text.find('X').unwrap();
            let text = Text::new(text);
            let name = name(&text, at..at + 1).map(|name| std::str::from_utf8(name).unwrap());
            assert_eq!(name, expected, "{text:?}");
        }
    }
}
