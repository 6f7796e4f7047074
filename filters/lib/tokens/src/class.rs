//! Classes of characters, each a bit, so that a set of classes is one byte. Every character is in exactly one.
//! `build.rs` fills the tables of `text` with them.

/// `\p{Lu}`, `\p{Lt}`
pub const UPPER: u8 = 1;
/// `\p{Ll}`
pub const LOWER: u8 = 1 << 1;
/// `\p{Lm}`, `\p{Lo}`: letters without case
pub const CASELESS: u8 = 1 << 2;
/// `\p{M}`
pub const MARK: u8 = 1 << 3;
/// `\p{N}`
pub const NUMBER: u8 = 1 << 4;
/// `\r` and `\n`
pub const NEWLINE: u8 = 1 << 5;
/// `\s` without these two
pub const BLANK: u8 = 1 << 6;
/// All others.
pub const OTHER: u8 = 1 << 7;

/// Characters per block of the table.
pub const BLOCK: usize = 128;
