//! What a value is because of the column that it stands in.

use std::ops::Range;

use super::pass::Candidate;
use super::table::{self, Row, content};
use super::{LONGEST_VALUE, Recognizers, is_one};
use crate::Entity;
use crate::context::{Column, Meaning};
use crate::recognize::Hit;
use crate::text::Text;

/// Fewest digits of a number, and characters of a secret, that are looked at together with the name of their column.
const FEWEST_DIGITS: usize = 4;
const SHORTEST_SECRET: usize = 6;

impl Row<'_> {
    /// Tells what was found in the row, which begins with the first of these or behind it, what its column is called, and adds what
    /// is found because of that.
    pub fn name(self, recognizers: &Recognizers, text: &Text<'_>, hits: &mut Vec<Candidate>, first: usize) {
        let all = self.columns.iter().map(|column| column.meaning);
        let all = all.reduce(Meaning::or).unwrap_or_default();
        let column = |meaning: Meaning, entity: Entity| match meaning.raises(entity) {
            Some(true) => Column::Raises,
            Some(false) => Column::Lowers,
            None if all.raises(entity) == Some(true) => Column::Another { row: self.start },
            None => Column::Unnamed,
        };
        let in_row = hits.get_mut(first..).unwrap_or_default();
        in_row.sort_by_key(|candidate| candidate.hit.start);
        let mut in_row = in_row.iter_mut().peekable();
        let mut found = Vec::new();
        let mut across: Option<&mut Candidate> = None;
        for (cell, table::Column { name, meaning }) in self.cells.iter().zip(self.columns) {
            while in_row
                .next_if(|candidate| candidate.hit.start < cell.start)
                .is_some()
            {}
            let value = content(text, cell);
            let mut is_known = false;
            while let Some(candidate) = in_row.next_if(|candidate| candidate.hit.start < cell.end) {
                let hit = candidate.hit;
                if hit.start <= value.start && (value.end..=cell.end).contains(&hit.end) {
                    candidate.column = column(*meaning, candidate.entity);
                    is_known |= candidate.column == Column::Raises;
                } else if hit.end > cell.end {
                    across = Some(candidate);
                }
            }
            if is_known || !may_be(text, &value, *meaning) {
                continue;
            }
            for mut candidate in of_name(recognizers, text, name, &value) {
                candidate.column = column(*meaning, candidate.entity);
                // It is not also part of one that begins in another cell, as below a `password` that ends the head.
                if let Some(across) = &mut across
                    && across.entity == candidate.entity
                    && across.hit.end > value.start
                {
                    across.column = Column::Lowers;
                }
                found.push(candidate);
            }
        }
        hits.append(&mut found);
    }
}

/// Whether a value may be something because of its column.
fn may_be(text: &Text<'_>, value: &Range<usize>, meaning: Meaning) -> bool {
    let bytes = text.slice(value.clone());
    let digits = || bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_number = || digits() >= FEWEST_DIGITS && !bytes.contains(&b'"');
    let is_secret = || bytes.len() >= SHORTEST_SECRET && is_one(bytes);
    meaning.promises() && bytes.len() <= LONGEST_VALUE && (meaning.calls() && is_secret() || is_number())
}

/// What all of a value is if it stands behind the name of its column.
fn of_name(
    recognizers: &Recognizers,
    text: &Text<'_>,
    name: &Range<usize>,
    value: &Range<usize>,
) -> Vec<Candidate> {
    let string = |range: &Range<usize>| std::str::from_utf8(text.slice(range.clone())).unwrap_or_default();
    let found = recognizers.of_name(string(name), string(value));
    let found = found.into_iter().map(|(entity, hit)| {
        let (start, end) = (value.start + hit.start, value.start + hit.end);
        Candidate::new(entity, Hit::new(start, end, hit.score))
    });
    found
        .filter(|candidate| candidate.hit.start == value.start && candidate.hit.end == value.end)
        .collect()
}
