//! Passwords in sentences and tables: a value behind its name without a sign between (`password …`, `비밀번호 …`, `密码（…）`), or
//! behind a word that says what somebody's password is or becomes. As such names also stand in sentences about passwords, the
//! value has to stand out among words.

use super::super::super::Hit;
use super::super::super::endings::Endings;
use super::super::has_before;
use super::super::named::{Kind, Value, Word, value_from, word_before};
use super::super::plausible::{is_name, is_passphrase};
use super::super::shape::Shape;
use super::{judged, looks};
use crate::text::Text;

/// How far in front of `is` its subject is looked for: `the password for the second server is`.
const CLAUSE: usize = 64;
/// How many words of it.
const WORDS: usize = 7;
/// Shortest value that stands out behind a word that is nothing but a name, behind other words, and of a machine.
const SHORTEST: usize = 6;
const SHORT: usize = 8;
const MACHINE_MADE: usize = 12;

/// What says that a value is the subject's.
const IS: &[&str] = &[
    "is", "was", "ist", "lautet", "est", "es", "equals", "è", "é", "war", "era",
];
/// What says that it becomes it, and much else.
const BECOMES: &[&str] = &[
    "to", "as", "says", "auf", "zu", "na", "in", "naar", "en", "par", "a", "para", "como", "con", "with",
    "mit",
];
const ENDINGS_OF_IS: Endings = Endings::of(IS);
const ENDINGS: Endings = ENDINGS_OF_IS.and(BECOMES).and(PRONOUNS);
/// What says it of a subject in the sentence before.
const PRONOUNS: &[&str] = &["it is", "it was", "it's", "it’s", "its"];
/// Longest answer that is looked at, without its value.
const ANSWER: usize = 40;

/// The same in languages in which nothing parts a word from the next, and brackets that open.
const PARTICLES: &[&str] = &[
    "は", "が", "を", "も", "是", "为", "為", "改成", "改为", "改為", "设为", "設為", "设成", "는", "은",
    "가", "이", "를", "을", "「", "『", "《", "【", "“", "‘",
];

/// `password …`, `the password for the server is …`, `password …… …`, `the password, …, is wrong`
pub(super) fn behind_space(text: &Text<'_>, at: usize) -> Option<Hit> {
    match text.before(at) {
        b' ' | b'\t' | b'\n' | 0 => None,
        b',' => {
            let word = word_before(text, at - 1)?;
            let value = value_from(text, at)?;
            let listed = matches!(text.at(value.span.end), b',' | b')');
            let random = word.kind == Kind::Password || alternates(text, &value);
            beside(text, word, &value, SHORT).filter(|_| listed && random)
        }
        b'.' => leaders(text, at),
        0x80.. => behind_letter(text, at),
        last => {
            if ENDINGS.has(text.before(at - 1), last)
                && let Some(said) = of_pronoun(text, at).or_else(|| said(text, at))
            {
                return Some(said);
            }
            if text.before(at).eq_ignore_ascii_case(&b'y') && has_word(text, at, "identified by") {
                return judged(text, Kind::Password, &value_from(text, at)?);
            }
            let word = word_before(text, at)?;
            beside(text, word, &value_from(text, at)?, SHORTEST)
        }
    }
}

/// As [`behind_space`], where what stands in front of the space is not of ASCII.
fn behind_letter(text: &Text<'_>, at: usize) -> Option<Hit> {
    if has_before(text, at, "…".as_bytes()) {
        return leaders(text, at);
    }
    if has_before(text, at, " è".as_bytes()) || has_before(text, at, " é".as_bytes()) {
        return said(text, at);
    }
    let word = word_before(text, without_particles(text, at))?;
    beside(text, word, &value_from(text, at)?, SHORTEST)
}

/// Behind dots that lead from the name to the value.
fn leaders(text: &Text<'_>, at: usize) -> Option<Hit> {
    let dots = text.run_before(at, 64, |byte| matches!(byte, b'.' | 0xe2 | 0x80 | 0xa6));
    let end = at - dots;
    let word = word_before(text, end).filter(|_| dots > 1)?;
    beside(text, word, &value_from(text, at)?, SHORTEST)
}

/// `密码是…`, `パスワード「…」`: what stands in front of a place is of a script without spaces, but for signs that belong to the value.
pub(super) fn without_space(text: &Text<'_>, at: usize) -> Option<Hit> {
    let is_sign = |byte: u8| {
        byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b'`' | b'(' | b')' | b',' | b':' | b'=')
    };
    if text.before(at) < 0x80 && !is_sign(text.before(at)) {
        return None;
    }
    let start = at - text.run_before(at, 4, is_sign);
    // Three bytes make a character of these scripts and of their brackets.
    if text.before(start) < 0x80 || !matches!(text.at(start.checked_sub(3)?), 0xe2..=0xef) {
        return None;
    }
    let end = without_particles(text, start);
    let word = word_before(text, end).filter(|_| text.before(end) != b' ')?;
    beside(text, word, &value_from(text, start)?, SHORTEST)
}

/// `密码（…）`, `mot de passe (…)`, `PASSWORD('…')`
pub(super) fn in_brackets(text: &Text<'_>, at: usize) -> Option<Hit> {
    let word = word_before(text, at)?;
    let value = value_from(text, at + 1)?;
    // `password(a1)` calls something.
    let is_call = text.before(at).is_ascii_alphanumeric();
    let closed = text.at(value.span.end) == b')';
    beside(text, word, &value, SHORTEST).filter(|_| value.quoted || closed && !is_call)
}

/// A name that is all of its line and a value that is all of the next.
pub(super) fn on_next_line(text: &Text<'_>, at: usize) -> Option<Hit> {
    let end = at - usize::from(text.before(at) == b'\r');
    if text.before(end) == b'?' {
        return answer(text, end - 1, at + 1);
    }
    let word = word_before(text, end).filter(|_| text.before(end) != b']')?;
    let name = text.run_before(end, CLAUSE, |byte| byte != b'\n');
    let words = text.slice(end - name..end).split(|byte| *byte == b' ').count();
    let value = value_from(text, at)?;
    let value = to_end(text, value);
    let alone = matches!(text.at(value.span.end), 0 | b'\n' | b'\r') && words <= 4 && name < CLAUSE;
    beside(text, word, &value, SHORTEST).filter(|_| alone)
}

/// The last word of an answer to a question that ends with the name: `what's the password?` and, in the next line, `> …`, `Ann: it is …`.
fn answer(text: &Text<'_>, question: usize, line: usize) -> Option<Hit> {
    let word = word_before(text, question)?;
    let is_line = |byte: u8| !matches!(byte, b'\n' | b'\r' | 0);
    let end = line + text.run(line, ANSWER + 2 * CLAUSE, is_line);
    let last = text.run_before(end, end - line, |byte| byte != b' ');
    let front = text.slice(line..end - last).trim_ascii_end();
    let is_said = || {
        PRONOUNS
            .iter()
            .chain(IS)
            .any(|word| has_word(text, line + front.len(), word))
    };
    let is_answer = front.len() <= ANSWER && (matches!(front.last(), None | Some(b':' | b'>')) || is_said());
    let value = value_from(text, end - last).filter(|_| is_answer)?;
    told(text, word, &value).filter(|_| value.span.end + 2 > end)
}

/// `a new password, it's …`, `what's the password? I think it is …`
fn of_pronoun(text: &Text<'_>, at: usize) -> Option<Hit> {
    let front = |end: usize, word: &str| {
        end.checked_sub(word.len() + 1)
            .filter(|_| has_word(text, end, word))
    };
    let pronoun = PRONOUNS.iter().find_map(|pronoun| front(at, pronoun))?;
    let end = ["i think", "i believe", "i guess"]
        .iter()
        .find_map(|words| front(pronoun, words))
        .unwrap_or(pronoun);
    let ends_clause = text.at(end) == b' ' && matches!(text.before(end), b',' | b'?' | b'.' | b';');
    let word = word_before(text, end.checked_sub(1).filter(|_| ends_clause)?)?;
    told(text, word, &value_from(text, at)?)
}

/// A value that stands out, or several words as one.
fn told(text: &Text<'_>, word: &Word, value: &Value) -> Option<Hit> {
    let phrase = || {
        let is_phrase = word.kind == Kind::Password && is_passphrase(looks(text, value));
        judged(text, word.kind, value).filter(|_| is_phrase)
    };
    beside(text, word, value, SHORT).or_else(phrase)
}

/// A value with the question mark or the point at its end, if what it stands in ends there: it is no mark of a sentence.
pub(super) fn to_end(text: &Text<'_>, value: Value) -> Value {
    let Value {
        span,
        quoted,
        encoded,
    } = value;
    let marks = text.run(span.end, 2, |byte| matches!(byte, b'.' | b',' | b':' | b'?'));
    let ends = !quoted && matches!(text.at(span.end + marks), b'<' | b'\n' | b'\r' | 0);
    let end = span.end + if ends { marks } else { 0 };
    Value {
        span: span.start..end,
        quoted,
        encoded,
    }
}

/// A value whose name stands directly in front of it.
fn beside(text: &Text<'_>, word: &Word, value: &Value, shortest: usize) -> Option<Hit> {
    let shortest = match (word.kind, word.text) {
        (Kind::Token, _) => MACHINE_MADE,
        (Kind::Password, "pass" | "clave") => SHORT,
        (Kind::Password, _) => shortest,
    };
    // They are verbs too, or keys.
    let is_name = !matches!(word.text, "pass" | "clave");
    let fits = value.quoted && is_name || stands_out(text, value, shortest);
    fits.then(|| judged(text, word.kind, value))?
}

/// Whether a value is no name with numbers in it: its letters and digits alternate, or there are other characters too.
fn alternates(text: &Text<'_>, value: &Value) -> bool {
    let bytes = looks(text, value);
    let is_sign =
        |byte: &u8| byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'-' | b'_' | b'/' | b':');
    Shape::of(bytes).alternations > 3 || bytes.iter().any(is_sign)
}

/// Whether a value stands out among words: long, of letters and digits, and neither the name of a thing (`Python3`, `RFC2617`) nor one
/// with a version or a number (`v1.2`, `us-east-1`).
pub(super) fn stands_out(text: &Text<'_>, value: &Value, shortest: usize) -> bool {
    let bytes = looks(text, value);
    let shape = Shape::of(bytes);
    if shape.len < shortest || shape.digits == 0 || shape.letters() == 0 {
        return false;
    }
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let is_thing = letters + shape.digits == shape.len
        && (shape.lower == 0 && shape.len < SHORT || shape.digits == 1 && shape.upper > 0 && shape.humps < 2);
    let joined = bytes
        .iter()
        .rposition(u8::is_ascii_alphanumeric)
        .is_some_and(|last| {
            let inner = bytes.get(..last).unwrap_or_default();
            inner
                .iter()
                .any(|byte| matches!(byte, b'.' | b'-' | b'_' | b'/' | b':'))
        });
    // `-x9Kw-620` begins like no name.
    let marked = matches!(bytes.first(), Some(b'-' | b'_')) && shape.digits > 2;
    !is_thing && (marked || !(joined && is_name(bytes)))
}

/// What a word in front of a place says of a subject further in front.
fn said(text: &Text<'_>, at: usize) -> Option<Hit> {
    // Most of the short words say something else, in front of another word.
    let is_letter = |place: usize| text.at(place).is_ascii_alphabetic() && !text.is_encoded(place);
    let letters = text.run_of(at + 1, CLAUSE, is_letter);
    let plain = letters > 0 && matches!(text.at(at + 1 + letters), b' ' | b',' | b'.' | b'\n');
    if plain && !ENDINGS_OF_IS.has(text.before(at.saturating_sub(1)), text.before(at)) {
        return None;
    }
    let find = |words: &[&'static str]| words.iter().find(|word| has_word(text, at, word)).copied();
    let (word, is) = match find(IS) {
        Some(word) => (word, true),
        None => (find(BECOMES)?, false),
    };
    let mut end = at
        .checked_sub(word.len() + 1)
        .filter(|end| text.at(*end) == b' ')?;
    let value = value_from(text, at)?;
    // Most sentences end here.
    if !(is || stands_out(text, &value, SHORTEST)) {
        return None;
    }
    let hit = judged(text, Kind::Password, &value)?;
    let clause = at.saturating_sub(CLAUSE);
    for _ in 0..WORDS {
        match word_before(text, end).map(|word| (word.kind, word.text)) {
            // `pass it to httplib2`
            Some((Kind::Password, "pass")) => return Some(hit).filter(|_| is || alternates(text, &value)),
            Some((Kind::Password, _)) => return Some(hit),
            Some((Kind::Token, _)) => {
                let random = is || value.span.len() >= MACHINE_MADE && alternates(text, &value);
                return judged(text, Kind::Token, &value).filter(|_| random);
            }
            None => {}
        }
        end -= text.run_before(end, CLAUSE, |byte| {
            byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'-' | b'_' | b'\'')
        });
        if end <= clause || text.before(end) != b' ' {
            break;
        }
        end -= 1;
    }
    None
}

/// Whether a word, of any case, stands in front of a place.
fn has_word(text: &Text<'_>, end: usize, word: &str) -> bool {
    let start = end.checked_sub(word.len());
    start.is_some_and(|start| text.has(start, word) && !text.before(start).is_ascii_alphanumeric())
}

/// The place in front of particles and brackets that end at a place.
fn without_particles(text: &Text<'_>, mut end: usize) -> usize {
    for _ in 0..3 {
        let particle = PARTICLES
            .iter()
            .find(|particle| has_before(text, end, particle.as_bytes()));
        end -= particle.map_or(0, |particle| particle.len());
    }
    end
}
