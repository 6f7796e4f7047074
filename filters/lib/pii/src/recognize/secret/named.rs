//! Values that stand behind a name: `password=`, `"api_key":`, `<secret>`, `the token is`.

use std::ops::Range;

use super::super::endings::Endings;
use super::has;
use crate::letters::lower;
use crate::text::Text;

/// What a name says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody may have made it up.
    Password,
    /// A machine has made it.
    Token,
}

/// A value behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub span: Range<usize>,
    /// Between quotes.
    pub quoted: bool,
    /// What parts it from its name is encoded as in a URL, and so is the value.
    pub encoded: bool,
}

/// Longest name that is read, in bytes, and the longest value.
const NAME: usize = 32;
const VALUE: usize = 4 << 10;
/// How much blank space and how many quotes may stand on either side of an equals sign.
const GAP: usize = 32;

/// A word that a name may end with.
#[derive(Debug)]
pub(super) struct Word {
    /// In lower case, without spaces, dashes and underscores.
    pub text: &'static str,
    pub kind: Kind,
    /// Whether it counts only where a word begins with it: not `bypass`.
    whole: bool,
}

const fn password(text: &'static str) -> Word {
    Word {
        text,
        kind: Kind::Password,
        whole: false,
    }
}

const fn short(text: &'static str) -> Word {
    Word {
        text,
        kind: Kind::Password,
        whole: true,
    }
}

const fn token(text: &'static str) -> Word {
    Word {
        text,
        kind: Kind::Token,
        whole: false,
    }
}

const fn short_token(text: &'static str) -> Word {
    Word {
        text,
        kind: Kind::Token,
        whole: true,
    }
}

/// English, and the word for password in the languages of the locales that the other recognisers know, by their last byte in lower
/// case; what is not ASCII together.
const WORDS: &[(u8, &[Word])] = &[
    (
        b'a',
        &[password("contraseña"), password("contrasena"), short("senha")],
    ),
    (
        b'd',
        &[
            password("password"),
            password("passwd"),
            password("wachtwoord"),
            password("lösenord"),
            short("pwd"),
        ],
    ),
    (
        b'e',
        &[
            password("passphrase"),
            password("passcode"),
            password("motdepasse"),
            password("parolachiave"),
            password("palavrapasse"),
            token("secretkeybase"),
            short("clave"),
        ],
    ),
    (b'h', &[short_token("auth")]),
    (b'l', &[short_token("credential")]),
    (b'n', &[token("token"), token("authorization")]),
    (b'o', &[short("hasło"), short("haslo")]),
    (b'p', &[short("mdp")]),
    (b'r', &[short_token("bearer")]),
    (
        b's',
        &[
            password("dbpass"),
            password("userpass"),
            short("pass"),
            short_token("credentials"),
            short_token("creds"),
        ],
    ),
    (
        b't',
        &[
            password("passwort"),
            password("kennwort"),
            token("secret"),
            short_token("jwt"),
        ],
    ),
    (b'w', &[short("pw"), short("psw")]),
    (
        b'y',
        &[
            token("apikey"),
            token("accesskey"),
            token("secretkey"),
            token("authkey"),
            token("privatekey"),
            token("encryptionkey"),
            token("signingkey"),
            token("masterkey"),
            token("sharedkey"),
            token("accountkey"),
            token("subscriptionkey"),
        ],
    ),
    (
        0x80,
        &[
            password("пароль"),
            password("パスワード"),
            password("暗証番号"),
            password("密码"),
            password("密碼"),
            password("口令"),
            password("비밀번호"),
            password("암호"),
            password("पासवर्ड"),
            token("密钥"),
            token("密鑰"),
            token("令牌"),
        ],
    ),
];

/// What they end with: nearly all of what stands in front of a space or a colon ends otherwise.
const ENDINGS: Endings = {
    let mut endings = Endings::none();
    let mut groups = WORDS;
    while let [(_, words), rest @ ..] = groups {
        let mut words = *words;
        while let [word, rest @ ..] = words {
            endings = endings.with(word.text);
            words = rest;
        }
        groups = rest;
    }
    endings
};

/// Names that end with one of them and hold nothing secret: places in lists, keys that everybody may know, versions.
const OPEN: [&str; 6] = [
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "synctoken",
    "publickeytoken",
    "oauth",
];

/// What the name says that ends in front of a place. Quotes, brackets and blank space may follow it.
pub(super) fn name_before(text: &Text<'_>, end: usize) -> Option<Kind> {
    word_before(text, end).map(|word| word.kind)
}

/// The word that it ends with.
pub(super) fn word_before(text: &Text<'_>, end: usize) -> Option<&'static Word> {
    let mut end = end;
    if !text.before(end).is_ascii_alphabetic() {
        end -= text.run_before(end, GAP, is_around);
        if text.before(end) == b')' {
            // `Password (again):`
            let inside = text.run_before(end - 1, GAP, |byte| !matches!(byte, b'(' | b')' | b'\n'));
            let open = (end - 1).checked_sub(inside)?;
            if text.before(open) == b'(' {
                end = open - 1;
                end -= text.run_before(end, GAP, is_around);
            }
        }
        end -= text.run_before(end, 2, |byte| byte.is_ascii_digit());
    }
    let last = text.before(end);
    if !ENDINGS.has(text.before(end.saturating_sub(1)), last) {
        return None;
    }
    let last = last.to_ascii_lowercase().min(0x80);
    let (_, words) = WORDS.iter().find(|(end, _)| *end == last)?;
    if !words.iter().any(|word| may_end_with(text, end, word.text)) {
        return None;
    }
    let name = Name::read(text, end);
    let word = words.iter().find(|word| name.ends_with(word.text, word.whole))?;
    let open = OPEN.iter().any(|open| name.ends_with(open, false));
    (!open).then_some(word)
}

/// Whether the letters in front of a place are the last ones of a word, as far as nothing else is among them.
fn may_end_with(text: &Text<'_>, end: usize, word: &str) -> bool {
    let front = text.slice(end.saturating_sub(word.len())..end).iter().rev();
    front
        .zip(word.bytes().rev())
        .take_while(|(here, _)| here.is_ascii_alphabetic())
        .all(|(here, letter)| here.to_ascii_lowercase() == letter)
}

/// What may stand between a name and what makes it one: `config["password"] =`, `**Password**:`.
fn is_around(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b']' | b'*')
}

/// The letters of a name, in lower case, from its last one back.
struct Name {
    letters: [u8; NAME],
    start: usize,
    /// A bit for each letter that begins a word.
    begins: u32,
}

impl Name {
    fn read(text: &Text<'_>, end: usize) -> Self {
        let mut name = Self {
            letters: [0; NAME],
            start: NAME,
            begins: 0,
        };
        let (mut later, mut latest) = (0, 0);
        let mut spaces = 0;
        for at in (end.saturating_sub(NAME)..end).rev() {
            let byte = text.at(at);
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => {}
                b'_' | b'-' | b'.' if later != b' ' => {
                    name.begin();
                    (latest, later) = (later, b' ');
                    continue;
                }
                b' ' if later != b' ' && spaces < 3 => {
                    spaces += 1;
                    name.begin();
                    (latest, later) = (later, b' ');
                    continue;
                }
                _ => break,
            }
            let rises = byte.is_ascii_lowercase() && later.is_ascii_uppercase();
            // The last capital of `APIKey` begins a word.
            let ends_capitals = later.is_ascii_uppercase() && latest.is_ascii_lowercase();
            if rises || ends_capitals || byte >= 0xe3 {
                name.begin();
            }
            let Some(place) = name.start.checked_sub(1) else {
                break;
            };
            if let Some(letter) = name.letters.get_mut(place) {
                *letter = lower(text.before(at), byte, text.at(at + 1));
                name.start = place;
            }
            (latest, later) = (later, byte);
        }
        name.begin();
        name
    }

    fn begin(&mut self) {
        self.begins |= u32::try_from(self.start)
            .ok()
            .and_then(|place| 1_u32.checked_shl(place))
            .unwrap_or_default();
    }

    fn ends_with(&self, word: &str, whole: bool) -> bool {
        let letters = self.letters.get(self.start..).unwrap_or_default();
        let start = NAME.saturating_sub(word.len());
        letters.ends_with(word.as_bytes())
            && (!whole
                || u32::try_from(start)
                    .ok()
                    .and_then(|start| self.begins.checked_shr(start))
                    .is_some_and(|begins| begins & 1 == 1))
    }
}

/// The value that starts at a place or behind what may stand in front of one: a second sign, blank space, one line break,
/// a quote.
pub(super) fn value_from(text: &Text<'_>, at: usize) -> Option<Value> {
    let signs = text.run(at, 2, |byte| matches!(byte, b'=' | b'>' | b'~'));
    let parted = matches!(text.at(at + signs), b' ' | b'\t' | b'"' | b'\'' | b'`');
    let front = at.saturating_sub(1);
    let mut at = at + if parted { signs } else { 0 };
    at += if has(text, at, b"**") && matches!(text.at(at + 2), b' ' | b'\t' | b'`') {
        2
    } else {
        0
    };
    at += text.run(at, GAP, |byte| matches!(byte, b' ' | b'\t'));
    if matches!(text.at(at), b'\n' | b'\r') && text.before(at) != b'=' {
        at += text.run(at, 2, |byte| matches!(byte, b'\n' | b'\r'));
        at += text.run(at, GAP, |byte| matches!(byte, b' ' | b'\t'));
        // The only entry of a list.
        at += if has(text, at, b"- ") { 2 } else { 0 };
    }
    // `b"…"`, `@"…"`
    if matches!(text.at(at), b'b' | b'r' | b'f' | b'u' | b'@') && matches!(text.at(at + 1), b'"' | b'\'') {
        at += 1;
    }
    let (quote, close): (&[u8], &[u8]) = QUOTES
        .iter()
        .find(|(open, _)| has(text, at, open))
        .copied()
        .unwrap_or_default();
    let opened = text.written(at..at + 1).len();
    at += quote.len();
    let encoded = (front..at).any(|at| text.is_encoded(at));
    // What is escaped further than the quote in front is inside, and so is what a URL encodes behind a sign that it does not.
    let is_inside = |at: usize| match close.is_empty() {
        true => text.is_encoded(at) && !encoded,
        false => quote.len() == 1 && text.written(at..at + 1).len() > opened,
    };
    let mut end = at;
    let most = (at + VALUE).min(text.len());
    let mut closed = false;
    while end < most {
        let byte = text.at(end);
        if !close.is_empty() && has(text, end, close) && !is_inside(end) {
            closed = true;
            break;
        }
        let stops = match byte {
            b'\n' | b'\r' | 0..=8 => !is_inside(end),
            // It does not reach past the next name, so that no byte is read for more than one.
            b':' | b'=' if end > at && name_before(text, end).is_some() => true,
            _ if !close.is_empty() => false,
            b',' => separates(text, end + 1) && !is_inside(end),
            b'&' => separates(text, end + 1) && text.at(end + 1) > b' ' && !is_inside(end),
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b';' | b'<' | b'|' => !is_inside(end),
            // Letters with accents are part of it; quotation marks and other scripts are not.
            0xc2 | 0xe0.. => true,
            _ => false,
        };
        if stops {
            break;
        }
        end += 1;
    }
    if !closed {
        end = trimmed(text, at, end);
    }
    (at < end && end < at + VALUE).then_some(Value {
        span: at..end,
        quoted: closed,
        encoded,
    })
}

const QUOTES: [(&[u8], &[u8]); 9] = [
    (b"\"", b"\""),
    (b"'", b"'"),
    (b"`", b"`"),
    ("“".as_bytes(), "”".as_bytes()),
    ("„".as_bytes(), "“".as_bytes()),
    ("‘".as_bytes(), "’".as_bytes()),
    ("«".as_bytes(), "»".as_bytes()),
    ("「".as_bytes(), "」".as_bytes()),
    ("『".as_bytes(), "』".as_bytes()),
];

/// Whether a comma or an ampersand in front of a place parts two values: what follows is blank, a quote or another name.
fn separates(text: &Text<'_>, at: usize) -> bool {
    let name = text.run(at, NAME, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
    });
    match text.at(at + name) {
        b'=' | b':' => name > 0,
        byte => name == 0 && (byte <= b' ' || matches!(byte, b'"' | b'\'' | b'{' | b'[')),
    }
}

/// Where a value without quotes ends if what belongs to the sentence is left out: full stops, and brackets that were
/// opened in front of it.
fn trimmed(text: &Text<'_>, start: usize, mut end: usize) -> usize {
    if is_number_of_json(text, start) {
        let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        return start + text.run(start, end - start, number);
    }
    while start < end {
        let value = text.slice(start..end);
        let front = text.slice(start.saturating_sub(80)..start);
        let count = |bytes: &[u8], byte: u8| bytes.iter().filter(|here| **here == byte).count();
        let unopened = |open: u8, close: u8| {
            count(value, close) > count(value, open) && count(front, open) > count(front, close)
        };
        let left_out = match text.before(end) {
            b'.' | b',' | b':' | b'?' => true,
            b')' => unopened(b'(', b')'),
            b']' => unopened(b'[', b']'),
            b'}' => unopened(b'{', b'}'),
            b'>' => unopened(b'<', b'>'),
            b'*' => value.iter().filter(|here| **here == b'*').count() < 3 && value.ends_with(b"**"),
            _ => false,
        };
        if !left_out {
            break;
        }
        end -= 1;
    }
    end
}

/// Whether a number starts at a place behind a quoted name and a colon.
fn is_number_of_json(text: &Text<'_>, start: usize) -> bool {
    let colon = start - text.run_before(start, 8, |byte| matches!(byte, b' ' | b'-'));
    let name = colon.saturating_sub(1);
    text.at(start).is_ascii_digit() && text.before(colon) == b':' && text.before(name) == b'"'
        || text.at(start) == b'-' && text.at(start + 1).is_ascii_digit() && is_number_of_json(text, start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_json_ends_where_it_does_however_far_its_object_begins() {
        let far = "x".repeat(90);
        for value in ["84736251", "-84736251", " 84736251"] {
            let text = format!(r#"{{"note":"{far}","password":{value}}},41111.5]"#);
            let seen = Text::new(&text);
            let start = text.find("84736251").unwrap();
            assert_eq!(
                trimmed(&seen, start, text.len()),
                start + "84736251".len(),
                "{text}"
            );
        }
        let text = Text::new("password:84736251}x");
        assert_eq!(trimmed(&text, 9, 19), 19);
    }

    #[test]
    fn names_are_read_backwards() {
        for (name, kind) in [
            ("password", Kind::Password),
            ("DB_PASSWORD", Kind::Password),
            ("config[\"dbPassword\"] ", Kind::Password),
            ("mysqlpasswd", Kind::Password),
            ("user.pwd", Kind::Password),
            ("DB_PASS", Kind::Password),
            ("userPass", Kind::Password),
            ("Password (again)", Kind::Password),
            ("password2", Kind::Password),
            ("mot de passe ", Kind::Password),
            ("Contraseña", Kind::Password),
            ("我的密码", Kind::Password),
            ("CONTRASEÑA", Kind::Password),
            ("HASŁO", Kind::Password),
            ("Пароль", Kind::Password),
            ("ПАРОЛЬ", Kind::Password),
            ("client secret", Kind::Token),
            ("X-Api-Key", Kind::Token),
            ("APIKey", Kind::Token),
            ("accessToken", Kind::Token),
            ("**Auth**", Kind::Token),
        ] {
            let text = Text::new(name);
            assert_eq!(name_before(&text, text.len()), Some(kind), "{name}");
        }
        for name in [
            "bypass",
            "compass",
            "max_tokens",
            "passwords",
            "token_type",
            "author",
            "nextPageToken",
            "key",
            "OAuth",
            "",
        ] {
            let text = Text::new(name);
            assert_eq!(name_before(&text, text.len()), None, "{name}");
        }
    }

    #[test]
    fn every_word_is_one_by_its_last_letters() {
        for word in WORDS.iter().flat_map(|(_, words)| *words) {
            let text = Text::new(word.text);
            assert_eq!(name_before(&text, text.len()), Some(word.kind), "{}", word.text);
        }
    }

    #[test]
    fn values_end_where_they_are_closed() {
        for (text, value, quoted) in [
            (" hunter2", "hunter2", false),
            ("hunter2;Database=x", "hunter2", false),
            ("hunter2&next=1", "hunter2", false),
            ("a&b,c!d", "a&b,c!d", false),
            ("hunter2, user=x", "hunter2", false),
            ("(hunter2).", "(hunter2)", false),
            ("hunter2).", "hunter2)", false),
            ("a(b)", "a(b)", false),
            ("\"a b\"c", "a b", true),
            ("\\\"hunter2\\\"}", "hunter2", true),
            ("\"hun\\\"ter2\"}", "hun\"ter2", true),
            ("\\\"hun\\\\\\\"ter2\\\"}", "hun\"ter2", true),
            ("\"hun\\ter2\"", "hun\ter2", true),
            ("&quot;hunter2&quot; x", "hunter2", true),
            ("hunter2&amp;next=1", "hunter2", false),
            ("hunter2&quot;", "hunter2", false),
            ("hunter2\\u003c/b", "hunter2", false),
            ("hunter2\\nuser", "hunter2", false),
            ("=> 'hunter2'", "hunter2", true),
            ("** hunter2", "hunter2", false),
            ("\n  hunter2\n", "hunter2", false),
            ("“hunter2”", "hunter2", true),
            ("hunter2。", "hunter2", false),
            ("hunter2,password:x", "hunter2", false),
            ("<a", "", false),
        ] {
            let text = Text::new(text);
            let read =
                value_from(&text, 0).map(|value| (text.slice(value.span.clone()).to_vec(), value.quoted));
            let expected = (!value.is_empty()).then(|| (value.as_bytes().to_vec(), quoted));
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn what_a_url_encodes_ends_a_value_only_where_its_sign_is_encoded_too() {
        for (text, value) in [
            ("=hun%26ter%202%3B&next=1", "hun&ter 2;"),
            ("=hun%26b=2&next=1", "hun&b=2"),
            ("%3Dhun%26b%3D2&next=1", "hun"),
            ("%3Dhunter%202&next=1", "hunter"),
            ("%3Dhunter2&next=1", "hunter2"),
            ("%22%3A%22hun%20ter%22%7D", "hun ter"),
            ("\"=\"hun%22ter\"", "hun\"ter"),
        ] {
            let text = Text::new(text);
            let sign = text
                .bytes()
                .iter()
                .position(|byte| matches!(byte, b'=' | b':'))
                .unwrap();
            let read = value_from(&text, sign + 1).unwrap();
            assert_eq!(text.slice(read.span), value.as_bytes(), "{text:?}");
        }
    }
}
