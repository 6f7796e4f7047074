//! What cannot be looked into: base64.

use penstock_pii::Decoded;

use crate::rule::Rule;
use crate::walk::Leaf;

/// Shortest base64 that is taken for it without a `data:` URL around it; what is shorter may be text.
const SHORTEST: usize = 32;
/// The same for what a provider has sealed, in either alphabet.
const SHORTEST_SEALED: usize = 64;
/// Of so many characters of sealed base64 one at most is a dash or an underscore; by chance it is one in 32.
const DASHES: usize = 8;
/// Longest head of a `data:` URL.
const LONGEST_HEAD: usize = 128;
/// Most digits in it.
const MOST_DIGITS: usize = 6;

/// Whether a leaf holds what cannot be looked into: base64, by itself or in a `data:` URL.
pub(crate) fn is_opaque(leaf: &Leaf<'_>) -> bool {
    if !matches!(leaf.rule, Rule::Binary | Rule::Link | Rule::Sealed) {
        return false;
    }
    let text = Decoded::new(leaf.raw).text;
    let is_url = text
        .get(.."data:".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("data:"));
    match (leaf.rule, is_url) {
        (_, true) => text
            .split_once(',')
            .is_some_and(|(head, data)| is_head(head) && is_base64(data)),
        (Rule::Binary, _) => text.len() >= SHORTEST && is_base64(&text),
        (Rule::Sealed, _) => is_sealed(&text),
        _ => false,
    }
}

/// `data:image/png;base64`, and nothing in it that says more.
fn is_head(head: &str) -> bool {
    head.len() <= LONGEST_HEAD
        && head.to_ascii_lowercase().ends_with(";base64")
        && head
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":/;=+.-".contains(&byte))
        && head.bytes().filter(u8::is_ascii_digit).count() <= MOST_DIGITS
}

/// Base64 of RFC 4648 section 4, perhaps in lines. Digits alone are digits.
fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches(['=', '\r', '\n']);
    data.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+/\r\n".contains(&byte))
        && data.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Base64 in the alphabet of section 4 or 5.
fn is_sealed(text: &str) -> bool {
    let dashes = text.bytes().filter(|byte| matches!(byte, b'-' | b'_')).count();
    let is_one = is_base64(text) || is_base64(&text.replace('-', "+").replace('_', "/"));
    text.len() >= SHORTEST_SEALED && is_one && dashes <= text.len() / DASHES
        || text.len() >= SHORTEST && is_base64(text)
}
