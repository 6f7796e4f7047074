//! Private keys in PEM: every label of RFC 7468 (sections 10 and 11), RFC 1421 and OpenSSL, OpenSSH and RFC 9580 (section 6.2, `PGP PRIVATE
//! KEY BLOCK`) that ends like one of a private key, and the four dashes of SSH2. Read 2026-11. Lines may be
//! joined by spaces. Keys in PuTTY's format are not recognised.
//!
//! A block reaches to its `END` line if that comes within [`LONGEST`] bytes. A block that was cut reaches as far as its base64.

use super::super::{Hit, Recognizer, Starts};
use super::{SURE, is_base64};
use crate::Entity;
use crate::text::Text;

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::PrivateKey,
    starts: &[Starts::Mark(b'-')],
    find,
    raises: &[],
    lowers: &[],
};

const LONGEST: usize = 16 << 10;
/// Longest label.
const LABEL: usize = 64;
/// A block has at least one run of so much base64; documentation has dots there.
const SHORTEST: usize = 16;
/// Headers in front of the base64, such as `Proc-Type: 4,ENCRYPTED` and `Version: GnuPG v2`.
const MOST_HEADERS: usize = 8;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    // From the first dash of a row only.
    if text.before(at) == b'-' {
        return None;
    }
    let dashes = text.run(at, 6, |byte| byte == b'-');
    let mut label = at + dashes + usize::from(dashes == 4 && text.at(at + 4) == b' ');
    if !(4..=5).contains(&dashes) || !text.has(label, "BEGIN ") {
        return None;
    }
    label += 6;
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_');
    let len = text.run(label, LABEL, is_label);
    let body = label + len;
    let name = text.slice(label..body).trim_ascii_end();
    let private = [&b"PRIVATE KEY"[..], b"PRIVATE KEY BLOCK", b"SECRET KEY"]
        .iter()
        .any(|end| {
            let start = name.len().checked_sub(end.len());
            start
                .and_then(|start| name.get(start..))
                .is_some_and(|last| last.eq_ignore_ascii_case(end))
        });
    if !private || text.at(body) != b'-' {
        return None;
    }
    let body = body + text.run(body, 5, |byte| byte == b'-');
    let limit = (at + LONGEST).min(text.len());
    let end = closed(text, body, limit).or_else(|| cut(text, body, limit))?;
    Some(Hit::new(at, end, SURE))
}

/// The end of the block, if its next row of dashes is its `END` line.
fn closed(text: &Text<'_>, body: usize, limit: usize) -> Option<usize> {
    let inside = text.slice(body..limit);
    let dashes = memchr::memmem::find(inside, b"----")?;
    let base64 = inside.get(..dashes)?;
    let filled = base64
        .split(|byte| !is_base64(*byte))
        .any(|run| run.len() >= SHORTEST);
    let mark = body + dashes;
    let start = mark + text.run(mark, 5, |byte| byte == b'-');
    let start = start + usize::from(text.at(start) == b' ');
    if !filled || !text.has(start, "END ") {
        return None;
    }
    let label = text.run(start, LABEL + 4, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_')
    });
    let end = start + label;
    Some(end + text.run(end, 5, |byte| byte == b'-'))
}

/// The end of the base64 of a block that has no `END` line.
fn cut(text: &Text<'_>, body: usize, limit: usize) -> Option<usize> {
    let (mut at, mut end, mut headers) = (body, None, 0);
    while at < limit {
        let (next, line_break) = blank(text, at, limit);
        let len = text.run(next, limit.saturating_sub(next), is_base64);
        let after = next + len;
        let padding = text.run(after, 2, |byte| byte == b'=');
        // Headers have a colon and stand in front.
        if len < SHORTEST && end.is_none() && headers < MOST_HEADERS {
            match header(text, next, limit) {
                Some(line) if line_break => {
                    headers += 1;
                    at = line;
                    continue;
                }
                _ => {}
            }
        }
        let (_, ends) = blank(text, after + padding, limit);
        let last = padding > 0 || line_break && ends;
        if len == 0 || len < SHORTEST && (end.is_none() || !last) {
            break;
        }
        end = Some(after + padding);
        at = after + padding;
        if padding > 0 {
            break;
        }
    }
    end
}

/// Where blank space ends, and whether it has a line break or the end of the text.
fn blank(text: &Text<'_>, mut at: usize, limit: usize) -> (usize, bool) {
    let mut line_break = at >= text.len();
    while at < limit {
        match text.at(at) {
            b'\n' | b'\r' => line_break = true,
            b' ' | b'\t' | b'>' | b'"' | b'\'' => {}
            _ => break,
        }
        at += 1;
    }
    (at, line_break || at >= text.len())
}

/// The end of the header that starts at a place: a name, a colon, and the rest of the line.
fn header(text: &Text<'_>, at: usize, limit: usize) -> Option<usize> {
    let name = text.run(at, 24, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if name == 0 || text.at(at + name) != b':' {
        return None;
    }
    let rest = limit.saturating_sub(at + name).min(128);
    Some(at + name + text.run(at + name, rest, |byte| !matches!(byte, b'\n' | b'\r')))
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    const LINE: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

    fn block(label: &str, line_break: &str) -> String {
        format!(
            "-----BEGIN {label}-----{line_break}{LINE}{line_break}{LINE}{line_break}MzEfYyjiWA4R=={line_break}-----END {label}-----"
        )
    }

    #[test]
    fn blocks_are_found_and_what_resembles_them_is_not() {
        for label in [
            "PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "DSA PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        ] {
            for line_break in ["\n", "\r\n", "\\n", "\\\\n", " ", "\n  ", "\\r\\n"] {
                let block = block(label, line_break);
                for text in [
                    block.clone(),
                    format!("key: |\n  {block}\nend"),
                    format!("\"key\":\"{block}\\n\"}}"),
                ] {
                    assert_eq!(found(super::RECOGNIZER.entity, &text), [&*block], "{text}");
                }
            }
            let cut = format!("-----BEGIN {label}-----\n{LINE}\n{LINE}");
            assert_eq!(found(super::RECOGNIZER.entity, &cut), [&*cut]);
            let more = format!("{cut} and so on.\nAnn-----");
            assert_eq!(found(super::RECOGNIZER.entity, &more), [&*cut]);
        }
        for label in [
            "CERTIFICATE",
            "PUBLIC KEY",
            "RSA PUBLIC KEY",
            "PGP PUBLIC KEY BLOCK",
            "CERTIFICATE REQUEST",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, &block(label, "\n")), [""; 0]);
        }
        for text in [
            "a file with -----BEGIN PRIVATE KEY----- in its first and -----END PRIVATE KEY----- in its last line",
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----",
            "-- BEGIN PRIVATE KEY --\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn headers_belong_to_the_block() {
        let key = format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n{LINE}\n{LINE}\n"
        );
        assert_eq!(found(super::RECOGNIZER.entity, &key), [key.trim_end()]);
        let closed = format!("{key}-----END RSA PRIVATE KEY-----");
        assert_eq!(found(super::RECOGNIZER.entity, &closed), [&*closed]);
        let four = format!(
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{LINE}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----"
        );
        assert_eq!(found(super::RECOGNIZER.entity, &four), [&*four]);
    }

    #[test]
    fn a_block_without_end_is_found_up_to_the_bound() {
        let long = format!(
            "-----BEGIN PRIVATE KEY-----\n{}",
            format!("{LINE}\n").repeat(1000)
        );
        assert_eq!(found(super::RECOGNIZER.entity, &long)[0].len(), super::LONGEST);
    }
}
