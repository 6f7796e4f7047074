//! The class of every character in two steps: the number of its block, then its class within the block. Equal blocks are
//! kept once, which leaves a hundred and some of 8,704.

use std::collections::HashMap;

use anyhow::{Context, bail};
use regex_syntax::hir::{Class, HirKind};

use crate::class::{BLANK, BLOCK, CASELESS, LOWER, MARK, NEWLINE, NUMBER, OTHER, UPPER};

/// Patterns of the vocabularies' own regular expressions; what is later replaces what is earlier.
const PATTERNS: [(&str, u8); 7] = [
    (r"[\p{Lu}\p{Lt}]", UPPER),
    (r"\p{Ll}", LOWER),
    (r"[\p{Lm}\p{Lo}]", CASELESS),
    (r"\p{M}", MARK),
    (r"\p{N}", NUMBER),
    (r"\s", BLANK),
    (r"[\r\n]", NEWLINE),
];

/// The number of each block, and the classes of the blocks by that number. ASCII is block 0.
pub fn lay_out() -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let mut classes = vec![OTHER; char::MAX as usize + 1];
    for (pattern, class) in PATTERNS {
        for range in ranges(pattern)? {
            let characters = classes
                .get_mut(range)
                .context("a range past the last character")?;
            characters.fill(class);
        }
    }
    let mut numbers = HashMap::new();
    let mut blocks = Vec::new();
    let mut distinct = Vec::new();
    for block in classes.chunks(BLOCK) {
        let next = u8::try_from(numbers.len()).context("more than 256 distinct blocks")?;
        let number = *numbers.entry(block).or_insert(next);
        if number == next {
            distinct.extend(block);
        }
        blocks.push(number);
    }
    Ok((blocks, distinct))
}

fn ranges(pattern: &str) -> anyhow::Result<Vec<std::ops::RangeInclusive<usize>>> {
    let parsed = regex_syntax::parse(pattern)?;
    let HirKind::Class(class) = parsed.kind() else {
        bail!("{pattern} is no class");
    };
    Ok(match class {
        Class::Unicode(class) => class
            .iter()
            .map(|range| range.start() as usize..=range.end() as usize)
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| usize::from(range.start())..=usize::from(range.end()))
            .collect(),
    })
}
