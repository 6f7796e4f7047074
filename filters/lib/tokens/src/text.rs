//! The classes of a text's characters.

use crate::class::{BLOCK, OTHER};

static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/blocks.bin"));
static CLASSES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes.bin"));

/// The class of the character at `at` and where the next one begins. The end of the text has no class.
#[inline(always)]
pub fn class(text: &str, at: usize) -> (u8, usize) {
    match text.as_bytes().get(at) {
        // ASCII is the first block.
        Some(byte) if byte.is_ascii() => (CLASSES.get(usize::from(*byte)).copied().unwrap_or(OTHER), at + 1),
        Some(_) => beyond_ascii(text, at),
        None => (0, at),
    }
}

/// The end of the run of characters of `classes` that begins at `at`.
#[inline(always)]
pub fn run(text: &str, mut at: usize, classes: u8) -> usize {
    loop {
        let (class, next) = class(text, at);
        if class & classes == 0 {
            return at;
        }
        at = next;
    }
}

fn beyond_ascii(text: &str, at: usize) -> (u8, usize) {
    let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
        return (0, text.len());
    };
    let code = character as usize;
    let block = BLOCKS.get(code / BLOCK).copied().unwrap_or_default();
    let class = CLASSES.get(usize::from(block) * BLOCK + code % BLOCK);
    (class.copied().unwrap_or(OTHER), at + character.len_utf8())
}
