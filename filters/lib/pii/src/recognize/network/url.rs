//! URLs with a password in them, also those that say how to connect to a database: `scheme://user:password@host` of RFC 3986
//! (section 3.2.1, read 2026-11), and passwords with characters that it would have escaped. The finding is the whole URL up to a
//! space, a quote or what ends a sentence, at least as far as the host. Names without a password are no finding, nor are
//! passwords that stand for one: stars, `${PASSWORD}`, `<password>`.

use super::super::{Hit, Recognizer, Starts};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::UrlCredentials,
    starts: &[Starts::Mark(b':')],
    find,
    raises: &[],
    lowers: &[],
};

const LONGEST_SCHEME: usize = 32;
const LONGEST_USER: usize = 64;
const LONGEST_PASSWORD: usize = 160;
/// How much of what follows the password is part of the finding at most.
const LONGEST_REST: usize = 200;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    if text.at(at + 1) != b'/' || text.at(at + 2) != b'/' {
        return None;
    }
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let scheme = text.run_before(at, LONGEST_SCHEME, is_scheme);
    let scheme = text.slice(at - scheme..at);
    let letter = scheme.iter().position(u8::is_ascii_alphabetic)?;
    let start = at - scheme.len() + letter;
    if text.before(start) == b'@' {
        return None;
    }
    let user = at + 3;
    // What is encoded within a URL, and further than the URL is itself, parts nothing.
    let written = |place: usize| text.written(place..place + 1).len();
    let is_data = |place: usize| text.is_encoded(place) && written(place) > written(at);
    let ends_user = |byte: u8| !is_visible(byte) || matches!(byte, b':' | b'/' | b'?' | b'#' | b'@');
    let is_user = |place: usize| !ends_user(text.at(place)) || is_data(place);
    let password = user + text.run_of(user, LONGEST_USER, is_user) + 1;
    if text.at(password - 1) != b':' {
        return None;
    }
    let host = 1 + secret_end(text, password, is_data)?;
    let secret = text.slice(password..host - 1);
    if is_stand_in(secret) || !is_host(text.at(host)) {
        return None;
    }
    let is_rest = |byte: u8| is_visible(byte) && byte != b'\'' && byte < 0xe2;
    let rest = text.run_of(host, LONGEST_REST, |place| {
        is_rest(text.at(place)) || is_data(place)
    });
    let rest = text.slice(host..host + rest);
    Some(Hit::new(start, host + rest.len() - trailing(rest), Score(100)))
}

/// Where the at sign behind the password stands: the last before the host ends, or, where that is no port, the first at all.
fn secret_end(text: &Text<'_>, start: usize, is_data: impl Fn(usize) -> bool) -> Option<usize> {
    let ends = |byte: u8| !is_visible(byte) || matches!(byte, b'/' | b'?' | b'#');
    let is_part = |place: usize| !ends(text.at(place)) || is_data(place);
    let authority = text.run_of(start, LONGEST_PASSWORD, is_part);
    let front = text.slice(start..start + authority);
    if let Some(end) = front.iter().rposition(|byte| *byte == b'@') {
        return Some(start + end);
    }
    if front.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let len = text.run(start, LONGEST_PASSWORD, |byte| is_visible(byte) && byte != b'@');
    (text.at(start + len) == b'@').then_some(start + len)
}

/// Neither a space nor what encloses a URL.
fn is_visible(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'"' | b'`' | b'<' | b'>' | 0x7f)
}

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'[' | b'_' | b'/')
}

/// Whether it stands for a password that is not told.
fn is_stand_in(secret: &[u8]) -> bool {
    let hides = secret
        .iter()
        .all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-'));
    let opens = [&b"${"[..], b"$(", b"{{", b"{", b"%s", b"["]
        .iter()
        .any(|open| secret.starts_with(open));
    let closes = secret
        .last()
        .is_some_and(|byte| matches!(byte, b'}' | b')' | b']' | b's'));
    // `$PASSWORD`, but not `$58SmY3*Ng`.
    let variable = secret.strip_prefix(b"$").is_some_and(|name| {
        name.iter().all(|byte| is_word(*byte)) && !name.first().is_some_and(u8::is_ascii_digit)
    });
    hides || variable || opens && closes
}

/// How many of the last bytes belong to the text around the URL.
fn trailing(rest: &[u8]) -> usize {
    let count = |wanted: u8| rest.iter().filter(|byte| **byte == wanted).count();
    let mut unopened = [(b'(', b')'), (b'[', b']'), (b'{', b'}')]
        .map(|(open, close)| (close, count(close).saturating_sub(count(open))));
    let belongs = |byte: &&u8| {
        let bracket = unopened
            .iter_mut()
            .find(|(close, left)| close == *byte && *left > 0);
        match bracket {
            Some((_, left)) => {
                *left -= 1;
                true
            }
            None => matches!(**byte, b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\\' | b'|'),
        }
    };
    rest.iter().rev().take_while(belongs).count()
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn urls_with_passwords_are_found_and_those_without_are_not() {
        for url in [
            "https://ann:s3cret@example.com/path?q=1#x",
            "postgres://user:pw@host/db",
            "postgresql+psycopg2://u:p%40ss@db.internal:5432/app",
            "redis://:hunter2@cache:6379/0",
            "mongodb+srv://u:p@cluster0.example.net/db?w=majority",
            "mongodb://u:p@h1:27017,h2:27017/db",
            "ftp://anonymous:ann@example.com@ftp.example.com",
            "amqp://guest:guest@10.0.0.1:5672/%2f",
            "http://u:p@[2001:db8::1]:80/",
            "mysql://root:pa/ss#w@localhost:3306/x",
            "smtp://ann%40example.com:p%40s%2Fs%20%22w%3A@mail.example.com:587",
            "https:\\/\\/ann:s3cret@example.com\\/path",
            "https%3A%2F%2Fann%3As3cret%40example.com%2Fpath",
            "https%3A%2F%2Fann%2540corp%3As3cret%40example.com%2Fpath",
            "HTTPS://U:P@EXAMPLE.COM",
            "https://u:it's@example.com/a",
            "redis://admin:$5WcTr*oX*@db.internal:5432/a",
            "amqp://svc:$oH6Li_ov+@db.internal/a",
            "http://admin:$0EMlLk9f@10.0.0.1",
        ] {
            for text in [
                "*",
                "see *.",
                "(*)",
                "<*>",
                "\"*\"",
                "'*'",
                "[x](*)",
                "url=* ",
                "在*。",
                "`*`",
                "*, and",
                "DATABASE_URL=*\n",
            ] {
                assert_eq!(
                    found(super::RECOGNIZER.entity, &text.replace('*', url)),
                    [url],
                    "{text} {url}"
                );
            }
        }
        for text in [
            "https://example.com/a:b@c",
            "https://example.com:8080/@ann",
            "ssh://git@github.com/x",
            "https://ann@example.com",
            "http://host:80",
            "mailto:ann@example.com",
            "https://u:@example.com",
            "https://u:****@example.com",
            "https://u:${PASSWORD}@example.com",
            "https://u:<password>@example.com",
            "://u:p@host",
            "https://u:p @example.com",
            "git@github.com:a/b.git",
            "https://example.com/?a=b:c@d",
            "https://u:{{password}}@example.com",
            "https://user:$PW@host",
            "https://user:$db_password2@host",
            "https://u:p@ host",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
