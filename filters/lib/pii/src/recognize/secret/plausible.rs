//! Whether a value behind a name is a secret. Two sources say what is none (read 2026-11): gitleaks (`generic-api-key` in its
//! configuration), for which a value of nothing but letters, dots, dashes and underscores is a name, and detect-secrets (its
//! `KeywordDetector` and filters), which drops what a program reads from elsewhere, what stands for a value, and what repeats
//! itself. Entropy says little of eight characters, so classes of characters decide.
//!
//! - Behind `password` and its like: letters with digits or with other characters, six at least; six digits at least.
//! - Behind `token`, `secret`, `api_key`: letters and digits that alternate, or change their case, eight at least; a word with
//!   three digits and more.
//! - Words (`required`, `changeme`, `letmein`) are none, except four in a row with dashes, nor are values with spaces.

use super::shape::{Shape, is_gibberish};

/// Neither letter nor digit, nor what joins the words of names, paths and expressions.
fn is_symbol(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && byte < 0x80 && byte > b' ' && !is_joint(byte)
}

fn is_joint(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_' | b'/' | b':' | b'+' | b'=' | b',' | b'|')
}

/// What people make up: letters with digits or symbols, or digits alone.
pub(super) fn is_password(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    if value.len() < 6 || value.iter().any(|byte| *byte <= b' ') {
        return false;
    }
    let accented = value.iter().any(|byte| *byte >= 0x80);
    let letters = shape.letters() + usize::from(accented);
    if letters == 0 {
        return shape.digits == value.len() && shape.distinct > 1
            || shape.digits > 0 && value.iter().any(|byte| is_symbol(*byte));
    }
    if shape.digits > 0 {
        return !is_measure(value);
    }
    let symbols = value.iter().filter(|byte| is_symbol(**byte)).count();
    // `Required!`, `#name`, `@name`, `%s`
    let marked = symbols == 1
        && (value
            .last()
            .is_some_and(|byte| matches!(byte, b'!' | b'?' | b')' | b'*' | b'\''))
            || value
                .first()
                .is_some_and(|byte| matches!(byte, b'@' | b'#' | b'$' | b'%' | b'&' | b'!' | b'(')));
    let letters = value.split(|byte| is_symbol(*byte)).max_by_key(|part| part.len());
    symbols > 0 && !marked || letters.is_some_and(is_gibberish) || is_passphrase(value)
}

/// Four words and more, as in `correct-horse-battery-staple`, and the mark that a policy asks for behind them.
pub(super) fn is_passphrase(value: &[u8]) -> bool {
    let marks = value
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'!' | b'?' | b'#' | b'*'))
        .count();
    let value = value.get(..value.len() - marks.min(1)).unwrap_or_default();
    let mut words = value.split(|byte| matches!(byte, b'-' | b'_' | b'.'));
    let word = |word: &[u8]| (3..=12).contains(&word.len()) && word.iter().all(u8::is_ascii_lowercase);
    words.clone().count() >= 4 && words.all(|part| word(part) && !is_filling(part))
}

/// Names of algorithms and lengths: `SHA-256`, `128-bit`, `oauth2`, `base64`, `12chars`.
fn is_measure(value: &[u8]) -> bool {
    const ALGORITHMS: [&str; 13] = [
        "sha", "md", "aes", "rsa", "hmac", "utf", "pbkdf", "base", "oauth", "http", "hs", "rs", "es",
    ];
    const UNITS: [&str; 14] = [
        "bit", "byte", "char", "digit", "letter", "number", "symbol", "word", "day", "hour", "min", "sec",
        "month", "year",
    ];
    let letters: usize = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (first, rest) = value.split_at(letters);
    let numbers = rest
        .iter()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_'));
    let algorithm = || {
        ALGORITHMS
            .iter()
            .any(|name| first.eq_ignore_ascii_case(name.as_bytes()))
    };
    let rest = value.get(digits..).unwrap_or_default();
    let unit = rest.strip_prefix(b"-").unwrap_or(rest);
    let units = || digits < 4 && UNITS.iter().any(|name| unit.starts_with(name.as_bytes()));
    // `utf8mb4`
    let encoding = first.eq_ignore_ascii_case(b"utf");
    (numbers || encoding) && algorithm() || digits > 0 && units()
}

/// What programs make up: letters and digits that alternate, and no name with a number.
pub(super) fn is_machine_made(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    let symbols = value.iter().any(|byte| is_symbol(*byte));
    let short = value.len() < 8 && (value.len() < 6 || shape.alternations < 3 && !symbols);
    if short || shape.distinct < 5 || value.iter().any(|byte| *byte <= b' ') {
        return false;
    }
    // `-x9Kw-620` begins like no name.
    let marked = matches!(value.first(), Some(b'-' | b'_')) && shape.digits > 1;
    if is_name(value) && !marked {
        return false;
    }
    let dated = value.len() >= 10
        && value
            .iter()
            .take(10)
            .enumerate()
            .all(|(place, byte)| match place {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    if dated || is_measure(value) {
        return false;
    }
    let mixed = shape.digits > 0 && shape.letters() > 0;
    mixed && (shape.alternations >= 2 || symbols || shape.upper > 0 && shape.lower > 0 && shape.digits > 1)
        || value.len() >= 16 && value.split(|byte| is_joint(*byte)).any(is_gibberish)
        || symbols && shape.letters() > 0 && shape.humps > 2
}

/// What people make up where a program should: a word with three digits and more behind it, and no joint between, as in `Hunter1056`.
pub(super) fn is_numbered_word(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let rest = value.get(letters..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = rest.get(digits..).unwrap_or_default();
    let word = value.get(..letters).unwrap_or_default();
    letters >= 4
        && digits >= 3
        && behind.len() < 2
        && value.len() >= 8
        && !is_filling(word)
        && !is_measure(value)
}

/// Words and small numbers with joints between: `my-service-2`, `v1.2.3`, `key_2024_01.pem`.
pub(super) fn is_name(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| is_joint(*byte));
    parts.all(|part| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, number) = part.split_at(letters);
        !is_gibberish(word) && number.len() <= 4 && number.iter().all(u8::is_ascii_digit)
    })
}

/// Whether a part of a value says that the value is not there.
fn is_filling(word: &[u8]) -> bool {
    const FILLING: [&str; 23] = [
        "your",
        "my",
        "the",
        "here",
        "example",
        "placeholder",
        "changeme",
        "change",
        "redacted",
        "dummy",
        "replace",
        "insert",
        "enter",
        "todo",
        "sample",
        "password",
        "secret",
        "token",
        "value",
        "hidden",
        "fake",
        "passwd",
        "passphrase",
    ];
    FILLING
        .iter()
        .any(|filling| word.eq_ignore_ascii_case(filling.as_bytes()))
}

/// Whether a value stands for another that is somewhere else: a variable, a call, a path, asterisks, a hint.
pub(super) fn stands_for_another(value: &[u8], quoted: bool) -> bool {
    let starts = |prefix: &str| {
        let start = value.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let has = |part: &[u8]| value.windows(part.len()).any(|here| here == part);
    let (first, last) = (value.first().copied(), value.last().copied());
    let rest = value.get(1..).unwrap_or_default();
    let is_identifier = |text: &[u8]| {
        !text.is_empty()
            && text
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let wrapped = matches!(
        (first, last),
        (Some(b'<'), Some(b'>'))
            | (Some(b'['), Some(b']'))
            | (Some(b'{'), Some(b'}'))
            | (Some(b'('), Some(b')'))
            | (Some(b'%'), Some(b'%'))
    ) || first == Some(b'_') && has(b"__") && last == Some(b'_');
    // `$DB_PASSWORD_2`, but not `$ecret123`.
    let variable = first == Some(b'$')
        && is_identifier(rest)
        && !(quoted && rest.iter().any(u8::is_ascii_lowercase))
        && !rest.first().is_some_and(u8::is_ascii_digit);
    let bound = matches!(first, Some(b':' | b'@' | b'&' | b'!'))
        && is_identifier(rest)
        && rest.iter().all(|byte| !byte.is_ascii_digit());
    let path = first == Some(b'/') && is_name(value)
        || ["./", "../", "~/", "c:\\", "-----begin"]
            .iter()
            .any(|prefix| starts(prefix));
    let elsewhere = [
        "arn:",
        "vault:",
        "env:",
        "file:",
        "ssm:",
        "enc[",
        "ref:",
        "projects/",
    ]
    .iter()
    .any(|prefix| starts(prefix));
    let marks: [&[u8]; 13] = [
        b"***", b"...", b"xxxx", b"XXXX", b"${", b"$(", b"{{", b"#{", b"://", b"____", b"](", b"->", b"()",
    ];
    // `{string`, of a type.
    let opened = matches!(first, Some(b'{' | b'[' | b'(')) && rest.iter().all(u8::is_ascii_alphabetic);
    let is_color =
        first == Some(b'#') && matches!(rest.len(), 3 | 6 | 8) && rest.iter().all(u8::is_ascii_hexdigit);
    let is_option = first == Some(b'-') && value.contains(&b'=');
    wrapped
        || variable
        || bound
        || opened
        || is_color
        || is_option
        || is_filling(value)
        || path
        || elsewhere
        || marks.iter().any(|mark| has(mark))
        || repeats(value)
        || !quoted && (is_expression(value) || starts("process.env") || starts("os.environ"))
        || is_hint(value)
}

/// Whether one character makes up most of a value.
fn repeats(value: &[u8]) -> bool {
    let longest = value
        .chunk_by(|a, b| a == b)
        .map(<[u8]>::len)
        .max()
        .unwrap_or_default();
    longest * 2 >= value.len() && longest > 2
}

/// A call, an index, or the member of an object: `getenv("A1")`, `args[1]`, `self.key2`.
fn is_expression(value: &[u8]) -> bool {
    const ROOTS: [&str; 14] = [
        "process", "os", "self", "this", "config", "settings", "secrets", "var", "local", "args", "params",
        "request", "options", "env",
    ];
    let name = value
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'))
        .count();
    let called = matches!(value.get(name), Some(b'(' | b'['));
    // `base64.b16encode(`, and not `Abc123(`.
    let name = value.get(..name).unwrap_or_default();
    let is_path = name
        .first()
        .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && (name.iter().all(|byte| !byte.is_ascii_digit()) || name.iter().any(|byte| is_joint(*byte)));
    // `abcd(%O!g` is none that anybody would write.
    let inside = value.get(name.len() + 1..).unwrap_or_default();
    let odd = !value.contains(&b')')
        && inside
            .iter()
            .any(|byte| matches!(byte, b'!' | b'^' | b'#' | b'?'));
    let called = called && is_path && name.len() > 1 && !odd;
    let root = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    called || root.len() < value.len() && ROOTS.iter().any(|known| root == known.as_bytes())
}

/// `your-password-1`, `changeme123`, `example_token_42`: words that say what has to be put there, and numbers.
fn is_hint(value: &[u8]) -> bool {
    let parts = || {
        value
            .split(|byte| is_joint(*byte))
            .map(|part| part.trim_ascii_end())
            .map(|part| {
                let digits = part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
                part.get(..part.len() - digits).unwrap_or_default()
            })
    };
    let several = parts().filter(|part| !part.is_empty()).count() > 1;
    let change = parts().next().is_some_and(|part| {
        part.len() >= 4
            && ["changeme", "change", "placeholder", "yourpassword", "redacted"]
                .iter()
                .any(|hint| part.eq_ignore_ascii_case(hint.as_bytes()))
    });
    change || several && parts().any(is_filling) && is_name(value)
}
