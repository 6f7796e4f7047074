//! Names of programs: what only looks like language, and must be the same to the letter.

use std::collections::BTreeSet;

use super::Reading;
use super::pairing::Pairing;
use super::token::Case;

/// Whether a chunk without the punctuation around it is a name of a program, a path, an address, a flag or an
/// operator.
pub(super) fn is_name(chunk: &str) -> bool {
    let bytes = chunk.as_bytes();
    let alphanumeric = bytes.iter().any(u8::is_ascii_alphanumeric);
    if !alphanumeric {
        return chunk.len() <= 4
            && chunk.bytes().all(|b| b"=!<>+-*/%&|^~".contains(&b))
            && !matches!(chunk, "-" | "--" | "&" | "/");
    }
    address(chunk) || flag(chunk) || path(chunk) || joined(chunk) || code(chunk) || dotted(chunk)
}

fn address(chunk: &str) -> bool {
    chunk.contains("://")
        || chunk.starts_with("www.")
        || chunk
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}

fn flag(chunk: &str) -> bool {
    let long = chunk
        .strip_prefix("--")
        .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    let short = chunk
        .strip_prefix('-')
        .is_some_and(|name| name.len() <= 3 && name.bytes().all(|b| b.is_ascii_alphabetic()));
    long || short
}

fn path(chunk: &str) -> bool {
    let rooted = ["/", "./", "../", "~/"]
        .iter()
        .any(|root| chunk.len() > root.len() && chunk.starts_with(root));
    rooted
        || chunk.contains('\\')
        || chunk.matches('/').count() >= 2 && !chunk.starts_with(|c: char| c.is_ascii_digit())
}

/// `snake_case`, `a::b`, `a->b`, `call(x)`, `@decorator`, `$variable`, `x=1`, `a[0]`.
fn joined(chunk: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric();
    let snake = chunk
        .split_once('_')
        .is_some_and(|(left, right)| left.ends_with(name) && right.starts_with(name));
    let variable = chunk
        .strip_prefix(['@', '$'])
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    let call = chunk.split_once('(').is_some_and(|(left, _)| {
        left.ends_with(name) && !left.starts_with(|c: char| c.is_ascii_digit()) && !chunk.ends_with("(s")
    });
    snake
        || variable
        || call
        || ["::", "->", "=", "[", "{", "<"]
            .iter()
            .any(|sign| chunk.contains(sign))
}

/// `E0382`, `ORA-01017`, `0x80070057`, `9fceb02`.
fn code(chunk: &str) -> bool {
    let digits = chunk.bytes().filter(u8::is_ascii_digit).count();
    let letters = chunk.bytes().filter(u8::is_ascii_alphabetic).count();
    if digits.saturating_add(letters) != chunk.len() {
        let parts = chunk.split_once('-');
        return parts.is_some_and(|(left, right)| {
            left.len() >= 2
                && left.bytes().all(|b| b.is_ascii_uppercase())
                && right.len() >= 3
                && right.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        });
    }
    if digits == 0 || letters == 0 {
        return false;
    }
    let error = digits >= 3
        && letters <= 4
        && chunk
            .trim_start_matches(|c: char| c.is_ascii_uppercase())
            .bytes()
            .all(|b| b.is_ascii_digit());
    let hexadecimal =
        chunk.starts_with("0x") || chunk.len() >= 7 && chunk.bytes().all(|b| b.is_ascii_hexdigit());
    error || hexadecimal
}

/// `main.rs`, `node.js`, `list.append`, `.gitignore`; not `e.g`, `U.S` or `3.5`.
fn dotted(chunk: &str) -> bool {
    let Some((left, right)) = chunk.split_once('.') else {
        return false;
    };
    let lower = right.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if left.is_empty() {
        return right.starts_with(|c: char| c.is_ascii_alphabetic());
    }
    lower
        && left.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && left.bytes().any(|b| b.is_ascii_alphabetic())
        && (left.len() > 1 || right.len() > 2)
        && right.bytes().any(|b| b.is_ascii_alphabetic())
        && right
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        && !matches!(chunk, "a.m" | "p.m" | "e.g" | "i.e" | "a.k.a")
}

/// Whether one text has an identifier that the other does not have.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> bool {
    let names = |reading: &Reading| -> BTreeSet<String> {
        reading
            .terms
            .iter()
            .filter(|term| term.identifier)
            .map(|term| term.key.clone())
            .collect()
    };
    let camel = |reading: &Reading, lone: &[usize]| {
        lone.iter()
            .filter_map(|at| reading.terms.get(*at))
            .any(|term| term.case == Case::Camel && !term.known())
    };
    names(a) != names(b) || camel(a, &pairs.lone_a) || camel(b, &pairs.lone_b)
}
