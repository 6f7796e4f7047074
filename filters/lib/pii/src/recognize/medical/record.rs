//! Numbers of medical records: codes of five to twelve letters and digits, in no form that any authority prescribes, where a label
//! directly in front says so (`MRN 0012345`, `patient ID: A1234567`), or which name themselves (`MRN-0012345`).
//!
//! A single word such as `patient` near a number means nothing, so that labels are whole phrases and are looked for here. Words count
//! only for the value of a field, which is all of the text, and whose name is what labels it.

use super::super::endings::Endings;
use super::super::{Hit, Recognizer, Starts};
use crate::letters::{is_same, lower};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::MedicalRecordNumber,
    starts: &[
        Starts::Digits(&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        Starts::Code(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        // Nowhere else, but in cells of columns with these words in their names.
        in_columns(LABELS.list),
        in_columns(NUMBERED.list),
        in_columns(PARTS),
    ],
    find,
    raises: &[
        "mrn",
        "mrns",
        "medical",
        "patient",
        "patients",
        "medicalrecordnumber",
        "medicalrecordno",
        "medicalrecordid",
        "patientid",
        "patientnumber",
        "patientno",
        "chartnumber",
        "chartno",
        "krankenakte",
        "patientenakte",
        "patientennummer",
        "patientenid",
        "fallnummer",
        "dossier",
        "médical",
        "historia",
        "clínica",
        "clinica",
        "cartella",
        "prontuário",
        "prontuario",
        "patiëntnummer",
        "patientnummer",
        "病历号",
        "病案号",
        "カルテ番号",
        "患者番号",
        "診察券番号",
        "환자번호",
        "차트번호",
    ],
    lowers: &[
        "phone",
        "mobile",
        "tel",
        "fax",
        "zip",
        "postcode",
        "age",
        "weight",
        "height",
        "email",
        "ssn",
        "insurance",
        "policy",
        "room",
        "account",
        "invoice",
        "bill",
        "order",
        "count",
        "total",
        "date",
        "time",
        "created",
        "updated",
        "amount",
        "price",
        "license",
        "licence",
        "npi",
        "version",
        "member",
        "claim",
        "dob",
        "birth",
        "balance",
        "timestamp",
    ],
};

const fn in_columns(words: &'static [&'static str]) -> Starts {
    Starts::Behind { words, bytes: b"" }
}

/// Phrases in lower case, with single spaces, and what they end with.
struct Phrases {
    list: &'static [&'static str],
    endings: Endings,
}

impl Phrases {
    const fn of(list: &'static [&'static str]) -> Self {
        Self {
            list,
            endings: Endings::of(list),
        }
    }
}

/// What says by itself that the number behind it is one of a record, in lower case, with single spaces.
const LABELS: Phrases = Phrases::of(&[
    "mrn",
    "mrns",
    "mr",
    "medical record",
    "medical records",
    "medical rec",
    "med rec",
    "health record",
    "hospital record",
    "patient record",
    "patient chart",
    "medical chart",
    "unit record",
    "medicalrecordnumber",
    "medicalrecordno",
    "patientid",
    "patientnumber",
    "chartnumber",
    "krankenakte",
    "krankenakten",
    "patientenakte",
    "patientenakten",
    "krankenaktennummer",
    "patientenaktennummer",
    "patientennummer",
    "patientennr",
    "patientenid",
    "krankenblatt",
    "krankenblattnummer",
    "fallnummer",
    "aufnahmenummer",
    "patientnr",
    "numéro patient",
    "numero patient",
    "numéro de patient",
    "numero de patient",
    "id patient",
    "número de paciente",
    "numero de paciente",
    "número do paciente",
    "numero do paciente",
    "id paciente",
    "id paziente",
    "numero paziente",
    "codice paziente",
    "numer pacjenta",
    "nr pacjenta",
    "id pacjenta",
    "numer kartoteki",
    "historia choroby",
    "historii choroby",
    "dokumentacja medyczna",
    "nº prontuário",
    "dossier médical",
    "dossier medical",
    "dossier patient",
    "dossier du patient",
    "ipp",
    "historia clínica",
    "historia clinica",
    "expediente médico",
    "expediente medico",
    "nhc",
    "cartella clinica",
    "prontuário",
    "prontuario",
    "prontuário médico",
    "processo clínico",
    "processo clinico",
    "patiëntnummer",
    "patientnummer",
    "patiëntendossier",
    "medisch dossier",
    "病历号",
    "病历编号",
    "病历号码",
    "病歷號",
    "病歷號碼",
    "病案号",
    "住院号",
    "门诊号",
    "就诊号",
    "患者号",
    "患者编号",
    "カルテ番号",
    "カルテno",
    "患者番号",
    "患者id",
    "診察券番号",
    "診察番号",
    "환자번호",
    "환자 번호",
    "차트번호",
    "차트 번호",
    "병록번호",
    "등록번호 환자",
    "환자등록번호",
    "환자 등록번호",
    "의무기록번호",
    "의무기록 번호",
]);

/// A word of each label that is more than one word.
const PARTS: &[&str] = &[
    "record",
    "records",
    "rec",
    "kartoteki",
    "choroby",
    "medyczna",
    "médico",
    "medico",
    "clínico",
    "clinico",
    "medisch",
    "dossier",
    "historia",
    "cartella",
];

/// What says so where a word for number stands between.
const NUMBERED: Phrases = Phrases::of(&[
    "patient",
    "patients",
    "patienten",
    "chart",
    "hospital",
    "ur",
    "patiënt",
    "paciente",
    "paziente",
    "pacjenta",
    "患者",
    "病人",
    "환자",
]);

/// Words and marks between a label and its number.
const FILLERS: Phrases = Phrases::of(&[
    "number",
    "numbers",
    "no",
    "nr",
    "num",
    "id",
    "ids",
    "identifier",
    "code",
    "n",
    "nº",
    "n°",
    "º",
    "°",
    "nummer",
    "numéro",
    "numero",
    "número",
    "nro",
    "№",
    "番号",
    "编号",
    "号",
    "번호",
]);
/// Words between a label and its number that are no word for number: what says that it is or becomes it, and in a program what makes
/// the number a text.
const COPULAS: Phrases = Phrases::of(&[
    "is",
    "was",
    "of",
    "the",
    "this",
    "patient",
    "to",
    "as",
    "in",
    "changed",
    "updated",
    "equals",
    "ist",
    "lautet",
    "auf",
    "zu",
    "geändert",
    "actually",
    "now",
    "jetzt",
    "nun",
    "ahora",
    "est",
    "en",
    "à",
    "es",
    "a",
    "como",
    "è",
    "é",
    "para",
    "naar",
    "wijzigen",
    "gewijzigd",
    "na",
    "zmienić",
    "value",
    "string",
    "str",
    "from",
    "は",
    "が",
    "を",
    "为",
    "是",
    "改成",
    "改为",
    "更改为",
    "為",
    "改為",
    "는",
    "은",
    "가",
    "이",
    "를",
    "을",
]);
/// Words between a label and the number in front of it, which calls it so: `… is the MRN`, `… ist die Patientennummer`.
const IS: &[&str] = &[
    "is", "was", "ist", "est", "es", "è", "é", "to", "as", "jest", "als",
];
const ARTICLES: &[&str] = &[
    "the", "my", "his", "her", "their", "our", "your", "a", "die", "der", "das", "meine", "seine", "ihre",
    "el", "la", "su", "mi", "il", "mio", "le", "mon", "son", "o", "meu", "seu", "het", "de", "mijn", "di",
    "do", "du", "del", "della",
];
/// What follows a label in a question.
const PLEASE: Phrases = Phrases::of(&[
    "please",
    "bitte",
    "svp",
    "alstublieft",
    "proszę",
    "吗",
    "呢",
    "ですか",
]);
/// Elements of HTML in which the label or the number may stand.
const ELEMENTS: &[&str] = &[
    "td", "th", "tr", "dt", "dd", "li", "p", "b", "strong", "em", "i", "span", "div", "label", "br",
];

const LONGEST_LABEL: usize = 64;
const MOST_WORDS: usize = 8;
const FEWEST: usize = 5;
const MOST: usize = 12;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let mut start = at;
    match text.before(at) {
        // `MRN-0012345`, `A-12345`.
        b'-' => {
            let letters = text.run_before(at - 1, 6, |byte| byte.is_ascii_alphabetic());
            start = at
                .checked_sub(1 + letters)
                .filter(|_| (1..=5).contains(&letters))?;
        }
        // A group or a part of another number.
        b' ' | b'.' | b'/' | b':' if text.before(at - 1).is_ascii_digit() => return None,
        b'_' | b'@' | b'$' | b'+' => return None,
        _ => {}
    }
    let names_itself = text.has(start, "mrn");
    // Most numbers have no label: its last letters are looked for before anything else.
    let labelled = names_itself || is_labelled(text, start) || is_answer(text, start);
    let may_be = || is_labelled_soon(text, at) || is_value(text);
    if !labelled && !may_be() {
        return None;
    }
    let end = code(text, start, at)?;
    if labelled || is_labelled_behind(text, end) {
        return Some(Hit::new(start, end, Score::CERTAIN));
    }
    is_all(text, start, end).then(|| Hit::new(start, end, Score::WEAK))
}

/// Whether the text is short enough to be nothing but a code.
fn is_value(text: &Text<'_>) -> bool {
    text.len() <= 4 * MOST
}

/// Whether a word such as `is`, or a bracket, may stand behind the code at a place.
fn is_labelled_soon(text: &Text<'_>, at: usize) -> bool {
    let end = at
        + text.run(at, 2 * MOST, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')
        });
    text.at(end) == b' '
        && matches!(
            text.at(end + 1) | 0x20,
            b'i' | b'w' | b'e' | b't' | b'a' | b'j' | 0xe3 | b'(' | b' '
        )
}

/// The end of the code that starts at a place, the first run of whose letters and digits, or what comes behind its letters and a
/// dash, is at the other.
fn code(text: &Text<'_>, start: usize, at: usize) -> Option<usize> {
    let run = |from: usize| text.run(from, MOST + 4, |byte| byte.is_ascii_alphanumeric());
    let mut end = at + run(at);
    // `12-34-567`, `123 456 78`: groups of digits.
    let separator = text.at(end);
    let is_group = |from: usize| {
        (2..=4).contains(&run(from)) && text.slice(from..from + run(from)).iter().all(u8::is_ascii_digit)
    };
    if matches!(separator, b'-' | b' ' | b'.') && is_group(at) {
        while end - at <= MOST && text.at(end) == separator && is_group(end + 1) {
            end += 1 + run(end + 1);
        }
    }
    let characters = text.slice(start..end);
    let letters = characters
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let digits = characters.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_code =
        digits >= 4 && letters <= digits && letters <= 5 && (FEWEST..=MOST + 3).contains(&(letters + digits));
    let joined = matches!(text.at(end), b'-' | b'.' | b'/' | b':' | b'@') && is_word(text.at(end + 1));
    let joins = matches!(text.before(start), b'-' | b'.' | b'/' | b'@' | b'$' | b'+')
        && text.before(start.saturating_sub(1)).is_ascii_alphanumeric();
    (is_code && digits <= MOST && !is_date(characters) && !joined && !joins && text.is_word(start..end))
        .then_some(end)
}

/// `2026-11-27`, `27.11.2026`.
fn is_date(code: &[u8]) -> bool {
    let is_parted = |first: usize, second: usize| {
        let mark = |at: usize| code.get(at).is_some_and(|byte| matches!(byte, b'-' | b'.'));
        code.len() == 10 && mark(first) && mark(second)
    };
    is_parted(4, 7) || is_parted(2, 5)
}

/// Whether a label stands directly in front of a place.
fn is_labelled(text: &Text<'_>, at: usize) -> bool {
    is_label_behind(text.slice(at.saturating_sub(LONGEST_LABEL)..at))
}

/// Whether a text is a label, or ends with one.
fn is_label(text: &[u8]) -> bool {
    is_label_behind(
        text.get(text.len().saturating_sub(LONGEST_LABEL)..)
            .unwrap_or_default(),
    )
}

fn is_label_behind(front: &[u8]) -> bool {
    let (mut numbered, mut said) = (false, false);
    let mut rest = front;
    // From the number backwards, past the few words that may stand between: any that are no word for another number, where `is` stands
    // in front of this one.
    for step in 0..MOST_WORDS {
        let Some(until) = before_marks(rest) else {
            return false;
        };
        let between = rest.get(until.len()..).unwrap_or_default();
        numbered |= between.contains(&b'#');
        if longest(until, &LABELS) > 0 || numbered && longest(until, &NUMBERED) > 0 {
            return true;
        }
        let filler = longest(until, &FILLERS);
        let known = filler.max(longest(until, &COPULAS));
        let word = match known {
            0 if !said
                || numbered
                || between
                    .iter()
                    .any(|byte| matches!(byte, b',' | b'\n' | b':' | b'(')) =>
            {
                return false;
            }
            0 => until.iter().rev().take_while(|byte| is_letter(**byte)).count(),
            known => known,
        };
        numbered |= filler > 0;
        let (before, word) = until.split_at(until.len() - word);
        said |= step < 2 && is_any(IS, word);
        rest = before;
    }
    false
}

/// Up to the last letter, past what may stand between a label and its number: signs, elements of HTML, and quotes and brackets beyond
/// ASCII; no other number, and nothing that ends a part of a structure.
fn before_marks(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = match text {
            [rest @ .., 0xe2, 0x80, _] | [rest @ .., 0xe3, 0x80, 0x88..=0x9f] => rest,
            // `Her MRN, …,` and no list without spaces.
            [rest @ .., b',', b' '] => rest,
            [.., b',' | b';' | b'{' | b'}'] => return None,
            [rest @ .., b'>'] => before_element(rest).unwrap_or(rest),
            [.., last] if is_letter(*last) => return Some(text),
            [.., last] if last.is_ascii_digit() => return None,
            [rest @ .., _] => rest,
            [] => return None,
        };
    }
}

/// The text in front of the element of HTML at its end, but for its last sign.
fn before_element(text: &[u8]) -> Option<&[u8]> {
    let tail = text.get(text.len().saturating_sub(12)..)?;
    let open = tail.iter().rposition(|byte| *byte == b'<')?;
    let name = tail.get(open + 1..)?;
    let name = name
        .strip_prefix(b"/")
        .or_else(|| name.strip_suffix(b"/"))
        .unwrap_or(name);
    is_any(ELEMENTS, name).then(|| text.get(..text.len() - (tail.len() - open)))?
}

/// Whether a number answers the question for it in the line above: `what's your MRN?`
fn is_answer(text: &Text<'_>, at: usize) -> bool {
    const SPEAKER: usize = 40;
    let len = text.run_before(at, SPEAKER, |byte| byte != b'\n');
    let line = at - len;
    let above = text.slice(line.saturating_sub(2 + LONGEST_LABEL)..line);
    let above = match above {
        [above @ .., b'?', b'\r', b'\n'] | [above @ .., b'?', b'\n'] => above,
        _ => return false,
    };
    let please = longest(above, &PLEASE);
    is_label(above.get(..above.len() - please).unwrap_or_default())
}

/// Whether what stands behind a code calls it one: `0012345 (MRN)`, `0012345 is the MRN`, `… es el número de historia clínica`.
fn is_labelled_behind(text: &Text<'_>, end: usize) -> bool {
    let behind = text.slice(end..text.len().min(end + LONGEST_LABEL));
    let (mut rest, mut said, mut numbered) = match behind {
        [b' ', b'(', rest @ ..] => (rest, true, false),
        [b' ', rest @ ..] => (rest, false, false),
        _ => return false,
    };
    for _ in 0..5 {
        let word = rest.iter().take_while(|byte| is_letter(**byte)).count();
        let (word, behind) = rest.split_at(word);
        let is = |list: &[&str]| list.iter().any(|known| is_same(word, known.as_bytes()));
        if !said {
            if !is(IS) {
                return false;
            }
            said = true;
        } else if is(ARTICLES) {
        } else if starts(rest, &LABELS).is_some() {
            return true;
        } else if let Some(after) = starts(rest, &NUMBERED) {
            let after = after
                .strip_prefix(b"-")
                .or(after.strip_prefix(b"_"))
                .unwrap_or(after)
                .trim_ascii_start();
            return numbered || after.starts_with(b"#") || starts(after, &FILLERS).is_some();
        } else if is(FILLERS.list) {
            numbered = true;
        } else {
            return false;
        }
        rest = behind.trim_ascii_start();
        rest = rest.strip_prefix(b".").unwrap_or(rest).trim_ascii_start();
    }
    false
}

/// What follows one of some phrases that a text starts with.
fn starts<'t>(text: &'t [u8], phrases: &Phrases) -> Option<&'t [u8]> {
    let first = lower(0, *text.first()?, text.get(1).copied().unwrap_or_default());
    let after = |phrase: &&str| {
        if phrase.as_bytes().first() != Some(&first) {
            return None;
        }
        let (here, after) = text.split_at_checked(phrase.len())?;
        let is_whole =
            after.first().is_none_or(|next| !is_letter(*next)) || phrase.as_bytes().first() >= Some(&0xe3);
        (is_whole && is_phrase(here, phrase)).then_some(after)
    };
    phrases.list.iter().find_map(after)
}

/// Whether a code is all of the text.
fn is_all(text: &Text<'_>, start: usize, end: usize) -> bool {
    let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
    start < 8 && text.len() < end + 8 && blank(text.slice(0..start)) && blank(text.from(end))
}

/// Whether a text is a phrase, case aside, any of space, underscore and dash for a space.
fn is_phrase(text: &[u8], phrase: &str) -> bool {
    let mut before = 0;
    text.iter()
        .zip(phrase.bytes())
        .enumerate()
        .all(|(at, (here, byte))| {
            let same = match byte {
                b' ' => matches!(here, b' ' | b'_' | b'-'),
                _ => {
                    *here == byte
                        || lower(before, *here, text.get(at + 1).copied().unwrap_or_default()) == byte
                }
            };
            before = *here;
            same
        })
}

/// How long the longest of some phrases is in which text ends.
fn longest(text: &[u8], phrases: &Phrases) -> usize {
    let [.., before, last] = text else { return 0 };
    if !phrases.endings.has(*before, *last) {
        return 0;
    }
    let last = last.to_ascii_lowercase();
    let fits = |phrase: &&&str| {
        // The last byte of a letter beyond ASCII may be that of its small form.
        if phrase.as_bytes().last() != Some(&last) && last < 0x80 {
            return false;
        }
        let Some((before, here)) = text
            .len()
            .checked_sub(phrase.len())
            .and_then(|from| text.split_at_checked(from))
        else {
            return false;
        };
        let first = here.first().copied().unwrap_or_default();
        let is_whole = match before {
            // A quote, or another mark of General Punctuation.
            [.., 0xe2, 0x80, _] => true,
            // In a script without spaces, a phrase needs none in front; in `patientMrn` a word begins with a capital.
            [.., last] => {
                !is_letter(*last) || first >= 0xe3 || last.is_ascii_lowercase() && first.is_ascii_uppercase()
            }
            [] => true,
        };
        is_whole && is_phrase(here, phrase)
    };
    phrases
        .list
        .iter()
        .filter(fits)
        .map(|phrase| phrase.len())
        .max()
        .unwrap_or_default()
}

fn is_any(list: &[&str], word: &[u8]) -> bool {
    list.iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

#[cfg(test)]
mod tests;
