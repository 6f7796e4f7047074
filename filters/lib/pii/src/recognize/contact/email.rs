//! E-mail addresses: the dot-atom form of RFC 5322 (section 3.4.1), lengths of RFC 5321 (section 4.5.3.1), domains of RFC 1035
//! (section 2.3.1) with a top level of letters, all read 2026-11. Letters beyond ASCII as in RFC 6531, of one script in the
//! local part and in each label: languages without spaces write their words directly beside an address. Quoted local parts,
//! address literals and bare host names are not recognised.
//!
//! Accounts at a host are no addresses: `ssh://git@host`, `git@host:path`. Nor are names of files: `logo@2x.png`.

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
    let foreign = local.len() - Script::end_of(local);
    // What stands in front of an address is no part of it.
    let skipped = local
        .iter()
        .skip(foreign)
        .take_while(|byte| !byte.is_ascii_alphanumeric() && **byte != b'_' && **byte < 0x80)
        .count();
    let dots = local
        .windows(2)
        .rposition(|pair| pair == b"..")
        .map_or(0, |dots| dots + 2);
    let start = start + dots.max(foreign + skipped);
    if start >= at || local.last() == Some(&b'.') || text.has(start.saturating_sub(3), "://") {
        return None;
    }
    let end = domain(text, at + 1)?;
    let is_remote = text.at(end) == b':' && is_path(text, end + 1, text.slice(start..at));
    (!is_remote && !is_file(text.slice(at + 1..end))).then(|| Hit::new(start, end, Score::CERTAIN))
}

/// The end of the domain that starts at a place: labels between dots, the last one of letters.
fn domain(text: &Text<'_>, start: usize) -> Option<usize> {
    let mut end = None;
    let mut at = start;
    while at - start <= LONGEST_DOMAIN {
        let label = text.run(at, LONGEST_LABEL + 1, is_label);
        let label = text.slice(at..at + label);
        let label = label.get(..Script::start_of(label)).unwrap_or_default();
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

/// Whether what follows `user@host:` is a path on that host, as `scp` and Git have it.
fn is_path(text: &Text<'_>, at: usize, user: &[u8]) -> bool {
    match text.at(at) {
        b'/' | b'~' => true,
        next => user == b"git" && (next.is_ascii_alphanumeric() || next == b'.'),
    }
}

/// Whether a domain ends like the name of a file, and as no top level does.
fn is_file(domain: &[u8]) -> bool {
    const TYPES: [&str; 22] = [
        "png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "heic", "bmp", "tiff", "ico", "pdf", "js", "mjs",
        "css", "html", "json", "txt", "xml", "yaml", "yml", "csv",
    ];
    let last = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    TYPES
        .iter()
        .any(|file| last.eq_ignore_ascii_case(file.as_bytes()))
}

/// What letters an address has in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Other,
}

impl Script {
    /// The script of a character, if it is a letter: nothing for digits and signs of ASCII. An error for those of others.
    fn of(character: char) -> Result<Option<Self>, ()> {
        match character {
            'a'..='z' | 'A'..='Z' => Ok(Some(Self::Latin)),
            _ if character.is_ascii() => Ok(None),
            // With their accents, alone or as marks.
            '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' => Ok(Some(Self::Latin)),
            // Marks of the scripts of India and its neighbours are no letters.
            '\u{900}'..='\u{109f}' => Ok(Some(Self::Other)),
            _ if character.is_alphanumeric() => Ok(Some(Self::Other)),
            _ => Err(()),
        }
    }

    /// How many bytes there are of one script from the start on.
    fn start_of(bytes: &[u8]) -> usize {
        if bytes.is_ascii() {
            return bytes.len();
        }
        let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let other = text.char_indices().zip(Self::changes(text.chars()));
        other
            .filter(|(_, changes)| *changes)
            .map(|((at, _), _)| at)
            .next()
            .unwrap_or(text.len())
    }

    /// How many bytes there are of one script at the end.
    fn end_of(bytes: &[u8]) -> usize {
        if bytes.is_ascii() {
            return bytes.len();
        }
        let text = bytes.utf8_chunks().last().map_or("", |chunk| chunk.valid());
        let characters = text.chars().rev();
        let same = characters
            .clone()
            .zip(Self::changes(characters))
            .take_while(|(_, changes)| !changes);
        same.map(|(character, _)| character.len_utf8()).sum()
    }

    /// Of each character, whether one of another script begins or none at all.
    fn changes(characters: impl Iterator<Item = char>) -> impl Iterator<Item = bool> {
        let mut script = None;
        characters.map(move |character| match Self::of(character) {
            Ok(None) => false,
            Ok(Some(of)) => *script.get_or_insert(of) != of,
            Err(()) => true,
        })
    }
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
            ("k.tanaka@naver.comについて", "k.tanaka@naver.com"),
            ("邮箱是soren47@t-online.de。", "soren47@t-online.de"),
            ("メール「a1@uni-köln.de」を", "a1@uni-köln.de"),
            ("제이메일은ann@example.com입니다", "ann@example.com"),
            ("电子邮件为李雷@例子.公司。", "电子邮件为李雷@例子.公司"),
            ("ann@例子.comについて", "ann@例子.com"),
            ("почта@пример.рф,", "почта@пример.рф"),
            ("“ann@example.com”", "ann@example.com"),
            ("ann@example.com:hunter2", "ann@example.com"),
            ("digit@2x.com", "digit@2x.com"),
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
            "logo@2x.png",
            "img/hero@3x.webp,",
            "ssh://git@example.com:22/x",
            "https://ann@example.com/",
            "git@github.com:org/repo.git",
            "scp ann@host.example.com:/var/log/x .",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
