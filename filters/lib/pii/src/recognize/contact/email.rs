//! E-mail addresses: the dot-atom form of RFC 5322 (section 3.4.1), lengths of RFC 5321 (section 4.5.3.1), domains of RFC 1035
//! (section 2.3.1) with a top level of letters, all read 2026-11. Letters beyond ASCII as in RFC 6531. Quoted local parts, address
//! literals and bare host names are not recognised.

use super::super::{Hit, Recognizer, Starts};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::EmailAddress,
    starts: &[Starts::Mark(b'@')],
    find,
    raises: &[],
    lowers: &[],
};

const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let local = text.run_before(at, LONGEST_LOCAL + 1, is_atom);
    let start = at - local.min(LONGEST_LOCAL);
    let local = text.slice(start..at);
    // What stands in front of an address is no part of it.
    let skipped = local
        .iter()
        .take_while(|byte| !byte.is_ascii_alphanumeric() && **byte != b'_' && **byte < 0x80)
        .count();
    let dots = local
        .windows(2)
        .rposition(|pair| pair == b"..")
        .map_or(0, |dots| dots + 2);
    let start = start + skipped.max(dots);
    if start >= at || local.last() == Some(&b'.') {
        return None;
    }
    let end = domain(text, at + 1)?;
    Some(Hit::new(start, end, Score::CERTAIN))
}

/// The end of the domain that starts at a place: labels between dots, the last one of letters.
fn domain(text: &Text<'_>, start: usize) -> Option<usize> {
    let mut end = None;
    let mut at = start;
    while at - start <= LONGEST_DOMAIN {
        let label = text.run(at, LONGEST_LABEL + 1, is_label);
        let label = text.slice(at..at + label);
        let (Some(first), Some(last)) = (label.first(), label.last()) else {
            break;
        };
        if *first == b'-' || label.len() > LONGEST_LABEL {
            break;
        }
        let dashes = label.iter().rev().take_while(|byte| **byte == b'-').count();
        let letters = !label.iter().any(u8::is_ascii_digit) || label.starts_with(b"xn--");
        if at > start && letters && label.len() - dashes >= 2 {
            end = Some(at + label.len() - dashes);
        } else if at > start && label.iter().any(u8::is_ascii_digit) {
            end = None;
        }
        at += label.len();
        if *last == b'-' || text.at(at) != b'.' {
            break;
        }
        at += 1;
    }
    end.filter(|end| !is_word(text.at(*end)) && text.at(*end) != b'@')
}

/// `atext` of RFC 5322 and the dot, without what addresses hardly have and other text has around them.
fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(
            byte,
            b'.' | b'_' | b'-' | b'+' | b'%' | b'&' | b'\'' | b'~' | b'!' | b'#' | b'$'
        )
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'-'
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn addresses_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            (
                "write to ann.lee+news@mail.example.co.uk.",
                "ann.lee+news@mail.example.co.uk",
            ),
            ("<ann@example.com>,", "ann@example.com"),
            ("mailto:ann@example.com?subject=x", "ann@example.com"),
            ("jürgen@müller.de", "jürgen@müller.de"),
            ("'o'brien@example.ie'", "o'brien@example.ie"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("ann@example.com-", "ann@example.com"),
            ("x@123.com", "x@123.com"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "@ann",
            "ann@",
            "ann@host",
            "a@@b.com",
            "user@10.0.0.1",
            "npm i @scope/pkg@1.2.3",
            "ann@example.c",
            "a b@ c.com",
            "v@1.2",
            ".@example.com",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
