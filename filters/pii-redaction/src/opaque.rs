//! What cannot be looked into: base64.

use penstock_pii::Decoded;

use crate::rule::Rule;
use crate::walk::{Kind, Leaf};

/// Shortest base64 that is taken for it without a `data:` URL around it; what is shorter may be text.
const SHORTEST: usize = 32;
/// The same for what a provider has sealed, in either alphabet.
const SHORTEST_SEALED: usize = 64;
/// Of so many characters of sealed base64 one at most is a dash or an underscore; by chance it is one in 32.
const DASHES: usize = 8;
/// Shortest lines that base64 is broken into: RFC 7468 has 64, RFC 2045 has 76.
const SHORTEST_LINE: usize = 60;
/// Digits in a row that are no base64: by chance one in two thousand million places has them.
const DIGITS: usize = 12;
/// Longest parameter of a `data:` URL.
const LONGEST_PARAMETER: usize = 32;

/// Whether a leaf is an image, audio or a file, which are told from text by where they stand.
pub(crate) fn is_attachment(leaf: &Leaf<'_>) -> bool {
    leaf.kind == Kind::String
        && match leaf.rule {
            Rule::Binary => !leaf.raw.is_empty(),
            Rule::Link | Rule::File => is_url(Decoded::new(leaf.raw).text.trim_start()),
            Rule::Blob => is_opaque(leaf),
            _ => false,
        }
}

/// Whether a leaf holds what cannot be looked into: base64, by itself or in a `data:` URL.
pub(crate) fn is_opaque(leaf: &Leaf<'_>) -> bool {
    let is_place = matches!(
        leaf.rule,
        Rule::Binary | Rule::Blob | Rule::Link | Rule::File | Rule::Sealed
    );
    if !is_place || leaf.kind != Kind::String {
        return false;
    }
    let text = Decoded::new(leaf.raw).text;
    if is_url(&text) {
        let parts = text.split_once(',');
        return parts.is_some_and(|(head, data)| is_head(head) && is_base64(data));
    }
    match leaf.rule {
        Rule::Binary | Rule::Blob => text.len() >= SHORTEST && is_base64(&text),
        Rule::Sealed => is_sealed(&text),
        _ => false,
    }
}

fn is_url(text: &str) -> bool {
    text.get(.."data:".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

/// `data:image/png;base64`, and nothing in it that says more.
fn is_head(head: &str) -> bool {
    let mut parts = head.split(';');
    let media = parts.next().unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b":/+.-".contains(&byte);
    let is_short = media.len() <= 96 && media.bytes().all(is_name) && longest_digits(media) < 6;
    let mut last = "";
    let are_known = parts.all(|part| {
        last = part;
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        part.len() <= LONGEST_PARAMETER && matches!(&*name, "base64" | "charset" | "codecs")
    });
    is_short && are_known && last.eq_ignore_ascii_case("base64")
}

/// Base64 of RFC 4648 section 4, perhaps in lines of one length. Digits alone are digits.
fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches(['=', '\r', '\n']);
    let mut lines = data.split('\n').map(|line| line.trim_end_matches('\r').len());
    let first = lines.next().unwrap_or_default();
    let mut last = first;
    let are_even = lines.all(|len| {
        let is_even = last == first && first >= SHORTEST_LINE && len <= first;
        last = len;
        is_even
    });
    are_even
        && data
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/\r\n".contains(&byte))
        && data.bytes().any(|byte| byte.is_ascii_alphabetic())
        && longest_digits(data) < DIGITS
}

/// Base64 in the alphabet of section 4 or 5, in one line.
fn is_sealed(text: &str) -> bool {
    if text.len() >= SHORTEST && is_base64(text) {
        return !text.contains('\n');
    }
    let dashes = text.bytes().filter(|byte| matches!(byte, b'-' | b'_')).count();
    text.len() >= SHORTEST_SEALED
        && dashes <= text.len() / DASHES
        && !text.contains(['+', '/', '\n'])
        && is_base64(&text.replace('-', "+").replace('_', "/"))
}

fn longest_digits(text: &str) -> usize {
    let runs = text.as_bytes().split(|byte| !byte.is_ascii_digit());
    runs.map(<[u8]>::len).max().unwrap_or_default()
}
