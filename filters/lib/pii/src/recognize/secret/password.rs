//! Passwords and other secrets without a form of their own: the value behind a name ([`super::named`]) if it looks like one
//! ([`super::plausible`]). Where no sign stands between the two, [`prose`] decides. Behind `Authorization` the name of a scheme may stand in between (RFC 9110, section 11.4, read 2026-11).

mod prose;

use super::super::{Hit, Recognizer, Starts};
use super::named::{Kind, Value, name_before, value_from};
use super::plausible::{is_machine_made, is_numbered_word, is_passphrase, is_password, stands_for_another};
use super::shape::decode;
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::Password,
    starts: &[
        Starts::Mark(b':'),
        Starts::Mark(b'='),
        Starts::Mark(b'>'),
        Starts::Mark(b'-'),
        Starts::Mark(b'|'),
        Starts::Behind {
            words: LAST_WORDS,
            bytes: b" \t\n(0123456789abcdefghijklmnopqrstuvwxyz",
        },
    ],
    find,
    raises: &[],
    lowers: &[],
};

/// The last words of the names in [`super::named`], without which no sentence has a value.
const LAST_WORDS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "pwd",
    "pass",
    "pw",
    "psw",
    "mdp",
    "passphrase",
    "passcode",
    "passe",
    "chiave",
    "clave",
    "senha",
    "contraseña",
    "contrasena",
    "hasło",
    "haslo",
    "passwort",
    "kennwort",
    "wachtwoord",
    "lösenord",
    "dbpass",
    "userpass",
    "token",
    "authorization",
    "auth",
    "bearer",
    "credential",
    "credentials",
    "creds",
    "secret",
    "jwt",
    "key",
    "apikey",
    "accesskey",
    "secretkey",
    "authkey",
    "privatekey",
    "base",
    "identified",
    "пароль",
    "パスワード",
    "暗証番号",
    "密码",
    "密碼",
    "口令",
    "비밀번호",
    "암호",
    "पासवर्ड",
    "密钥",
    "密鑰",
    "令牌",
];
/// Below what a key with a published prefix has, so that a value is called by its own kind.
const SCORE: Score = Score(60);
const LONGEST_SCHEME: usize = 8;
/// Longest element of HTML around a name, and most blank space between two.
const LONGEST_TAG: usize = 8;
const GAP: usize = 16;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    match text.at(at) {
        b' ' | b'\t' => prose::behind_space(text, at),
        b':' | b'=' => assigned(text, at),
        b'>' => element(text, at),
        b'-' if text.before(at) == b'-' => option(text, at),
        b'-' | b'|' => cell(text, at),
        b'(' => prose::in_brackets(text, at),
        b'\n' => prose::on_next_line(text, at),
        _ => prose::without_space(text, at),
    }
}

/// `password=`, `"token": `
fn assigned(text: &Text<'_>, at: usize) -> Option<Hit> {
    // Of `:=`, `!=`, `<=`, only the first is asked.
    let mut end = at;
    if text.at(at) == b'=' && matches!(text.before(at), b':' | b'?' | b'|') {
        end -= 1;
    }
    let kind =
        name_before(text, end).or_else(|| name_before(text, end.checked_sub(said_before(text, end)?)?))?;
    let value = value_from(text, at + 1)?;
    let word = text.slice(value.span.clone());
    let is_type = || {
        ["str", "string", "String", "&str", "char"]
            .iter()
            .any(|name| word == name.as_bytes())
    };
    // `password: str = "…"`
    if text.at(at) == b':' && is_type() {
        let equals = value.span.end + text.run(value.span.end, 3, |byte| byte == b' ');
        let value = value_from(text, equals + 1).filter(|_| text.at(equals) == b'=')?;
        return judged(text, kind, &value);
    }
    scheme(text, &value).unwrap_or_else(|| judged(text, kind, &value))
}

/// How long the word for `is` in front of a colon is, with its space.
fn said_before(text: &Text<'_>, end: usize) -> Option<usize> {
    if !matches!(text.before(end), b's' | b't' | 0x80..) {
        return None;
    }
    ["是", "为", "為", "は", " is", " was", " ist", " est", " es"]
        .iter()
        .find(|word| {
            end.checked_sub(word.len())
                .is_some_and(|start| text.has(start, word))
        })
        .map(|word| word.len())
}

/// `Authorization: Bearer …`: what follows the name of a scheme (RFC 9110, section 11.4).
fn scheme(text: &Text<'_>, value: &Value) -> Option<Option<Hit>> {
    let start = value.span.start;
    let len = text.run(start, LONGEST_SCHEME, |byte| byte.is_ascii_alphabetic());
    let name = text.slice(start..start + len);
    if text.at(start + len) != b' ' || name.len() < 5 {
        return None;
    }
    let known = |names: &[&str]| {
        names
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    };
    let basic = known(&["basic"]);
    if !basic && !known(&["bearer", "token", "apikey"]) {
        return None;
    }
    let rest = value_from(text, start + len + 1)?;
    let value = text.slice(rest.span.clone());
    Some(match basic {
        true => is_basic(value).then(|| Hit::new(rest.span.start, rest.span.end, SCORE)),
        false => judged(text, Kind::Token, &rest),
    })
}

/// Whether credentials of the scheme Basic (RFC 7617, section 2): a colon is in them.
fn is_basic(value: &[u8]) -> bool {
    let body = value
        .iter()
        .position(|byte| *byte == b'=')
        .and_then(|end| value.get(..end));
    let mut decoded = [0; 96];
    let len = decode(body.unwrap_or(value), &mut decoded).unwrap_or_default();
    let decoded = decoded.get(..len).unwrap_or_default();
    decoded.len() >= 3 && decoded.contains(&b':') && decoded.iter().all(|byte| *byte >= b' ')
}

/// `<password>…</password>`
fn element(text: &Text<'_>, at: usize) -> Option<Hit> {
    if let Some(hit) = labelled_element(text, at) {
        return Some(hit);
    }
    let kind = name_before(text, at)?;
    let name = text.run_before(at, 48, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':')
    });
    let value = prose::to_end(text, value_from(text, at + 1)?);
    let is_element = text.before(at - name) == b'<' && text.at(value.span.end) == b'<';
    judged(text, kind, &value).filter(|_| is_element)
}

/// `<b>Password:</b> …`, `<th>Password</th><td>…</td>`
fn labelled_element(text: &Text<'_>, at: usize) -> Option<Hit> {
    let (tag, mut end) = tag_before(text, at)?;
    let closes = tag.starts_with(b"/");
    if !closes {
        // Cells of a table or list: the end of one stands in front of the next.
        if !matches!(tag, b"td" | b"dd") {
            return None;
        }
        end -= text.run_before(end, GAP, |byte| byte.is_ascii_whitespace());
        let (label, start) = tag_before(text, end.checked_sub(1).filter(|_| text.before(end) == b'>')?)?;
        if !matches!(label, b"/td" | b"/th" | b"/dt") {
            return None;
        }
        end = start;
    }
    let colon = text.before(end) == b':';
    let kind = name_before(text, end - usize::from(colon)).filter(|_| colon || !closes)?;
    let value = value_from(text, at + 1)?;
    let value = prose::to_end(text, value);
    judged(text, kind, &value).filter(|_| closes || text.at(value.span.end) == b'<')
}

/// What stands in the element of HTML whose last sign is at a place, and where it starts.
fn tag_before<'t>(text: &'t Text<'_>, at: usize) -> Option<(&'t [u8], usize)> {
    let len = text.run_before(at, LONGEST_TAG, |byte| byte.is_ascii_alphabetic() || byte == b'/');
    let start = at.checked_sub(len + 1).filter(|start| text.at(*start) == b'<')?;
    Some((text.slice(start + 1..at), start))
}

/// `--password …`
fn option(text: &Text<'_>, at: usize) -> Option<Hit> {
    let len = text.run(at + 1, 40, |byte| {
        byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_')
    });
    let end = at + 1 + len;
    if len == 0 || text.at(end) != b' ' {
        return None;
    }
    let kind = name_before(text, end)?;
    judged(text, kind, &value_from(text, end)?)
}

/// `| password | … |`, `password - …`
fn cell(text: &Text<'_>, at: usize) -> Option<Hit> {
    if text.before(at) != b' ' || text.at(at + 1) != b' ' {
        return None;
    }
    let kind = name_before(text, at)?;
    let value = value_from(text, at + 1)?;
    let is_told = value.quoted || prose::stands_out(text, &value, 8) || is_passphrase(looks(text, &value));
    judged(text, kind, &value).filter(|_| is_told)
}

fn judged(text: &Text<'_>, kind: Kind, value: &Value) -> Option<Hit> {
    let Value { span, quoted, .. } = value;
    let bytes = looks(text, value);
    let called = text.at(span.end) == b'(' || text.at(span.end) == b'[';
    let fits = match kind {
        Kind::Password => is_password(bytes),
        Kind::Token => is_machine_made(bytes) || is_numbered_word(bytes),
    };
    let absent = || {
        [bytes, text.slice(span.clone())]
            .iter()
            .any(|bytes| stands_for_another(bytes, *quoted))
    };
    (fits && !called && !absent()).then(|| Hit::new(span.start, span.end, SCORE))
}

/// What tells whether a value is a secret. Blank space in it is none if it comes from a backslash that may belong to the secret,
/// and so may `%54`: it is judged as it was written then.
fn looks<'t>(text: &'t Text<'_>, value: &Value) -> &'t [u8] {
    let read = text.slice(value.span.clone());
    let written = text.written(value.span.clone()).as_bytes();
    let is_blank = || read.iter().any(|byte| *byte <= b' ');
    let is_doubtful = written.len() > read.len() && (written.contains(&b'%') || is_blank());
    if is_doubtful && !value.encoded {
        written
    } else {
        read
    }
}

#[cfg(test)]
mod tests;
