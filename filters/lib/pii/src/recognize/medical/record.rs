//! Numbers of medical records: codes of five to twelve letters and digits, in no form that any authority prescribes, where a label
//! directly in front says so (`MRN 0012345`, `patient ID: A1234567`), or which name themselves (`MRN-0012345`).
//!
//! A single word such as `patient` near a number means nothing, so that labels are whole phrases and are looked for here. Words count
//! only for the value of a field, which is all of the text, and whose name is what labels it.

use super::super::{Hit, Recognizer, Starts};
use crate::text::{Text, is_word};
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::MedicalRecordNumber,
    starts: &[
        Starts::Digits(&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        Starts::Code(&[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
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

/// What says by itself that the number behind it is one of a record, in lower case, with single spaces.
const LABELS: &[&str] = &[
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
    "病案号",
    "住院号",
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
];

/// What says so where a word for number stands between.
const NUMBERED: &[&str] = &[
    "patient",
    "patients",
    "patienten",
    "chart",
    "hospital",
    "ur",
    "patiënt",
    "患者",
];

/// Words and marks between a label and its number.
const FILLERS: &[&str] = &[
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
];
/// Words between a label and its number that are no word for number.
const COPULAS: &[&str] = &[
    "is", "was", "of", "the", "this", "patient", "ist", "lautet", "est", "es", "è", "é", "は", "为", "是",
    "는", "은",
];

const LONGEST_LABEL: usize = 48;
const FEWEST: usize = 5;
const MOST: usize = 12;

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let (start, end) = code(text, at)?;
    let own = text.slice(start..end);
    let names_itself = own.get(..3).is_some_and(|name| name.eq_ignore_ascii_case(b"mrn"));
    if names_itself || is_labelled(text, start) || is_labelled_behind(text, end) {
        return Some(Hit::new(start, end, Score::CERTAIN));
    }
    is_all(text, start, end).then(|| Hit::new(start, end, Score::WEAK))
}

/// Where a code starts and ends, of which a place is the start or the first digit.
fn code(text: &Text<'_>, at: usize) -> Option<(usize, usize)> {
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
    let mut start = at;
    if text.before(at) == b'-' {
        // `MRN-0012345`, `A-12345`.
        let letters = text.run_before(at - 1, 6, |byte| byte.is_ascii_alphabetic());
        start = at
            .checked_sub(1 + letters)
            .filter(|_| (1..=5).contains(&letters))?;
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
        .then_some((start, end))
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
    let front = text.slice(at.saturating_sub(LONGEST_LABEL)..at);
    let mut numbered = false;
    let mut rest = front;
    // From the number backwards, past the few words that may stand between.
    for _ in 0..6 {
        let until = before_marks(rest);
        let between = rest.get(until.len()..).unwrap_or_default();
        if between.iter().any(|byte| {
            matches!(byte, b'\n' | b'.' if until.is_empty())
                || byte.is_ascii_digit()
                || matches!(byte, b',' | b';' | b'{' | b'}')
        }) {
            return false;
        }
        numbered |= between.contains(&b'#');
        if ends(until, LABELS) || numbered && ends(until, NUMBERED) {
            return true;
        }
        let filler = longest(until, FILLERS);
        let copula = longest(until, COPULAS);
        if filler == 0 && copula == 0 {
            return false;
        }
        numbered |= filler > 0;
        rest = until.get(..until.len() - filler.max(copula)).unwrap_or_default();
    }
    false
}

/// Up to the last letter.
fn before_marks(text: &[u8]) -> &[u8] {
    let mut text = text;
    loop {
        let last = text
            .iter()
            .rposition(|byte| is_letter(*byte))
            .map_or(0, |last| last + 1);
        let letters = text.get(..last).unwrap_or_default();
        match letters {
            [rest @ .., 0xe2, 0x80, _] => text = rest,
            _ => return letters,
        }
    }
}

/// Whether what stands behind a code calls it one: `0012345 (MRN)`, `0012345 is the MRN`.
fn is_labelled_behind(text: &Text<'_>, end: usize) -> bool {
    let behind = text.slice(end..text.len().min(end + 24));
    let behind = behind
        .split(|byte| !is_letter(*byte))
        .filter(|word| !word.is_empty());
    let mut words =
        behind.skip_while(|word| is_any(&["is", "the", "my", "his", "her", "their", "as", "a"], word));
    let is_mrn = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"mrn"));
    let parenthesised = text.slice(end..end + 2) == b" (";
    let said = text.has(end, " is ") || text.has(end, " as ");
    is_mrn && (parenthesised || said) && words.next().is_none_or(|_| true)
}

/// Whether a code is all of the text.
fn is_all(text: &Text<'_>, start: usize, end: usize) -> bool {
    let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
    start < 8 && text.len() < end + 8 && blank(text.slice(0..start)) && blank(text.from(end))
}

/// Whether text ends in one of some phrases, case aside, any of space, underscore and dash for a space.
fn ends(text: &[u8], phrases: &[&str]) -> bool {
    longest(text, phrases) > 0
}

/// How long the longest of some phrases is in which text ends.
fn longest(text: &[u8], phrases: &[&str]) -> usize {
    let last = text.last().map(u8::to_ascii_lowercase);
    let fits = |phrase: &&&str| {
        if phrase.as_bytes().last().copied() != last {
            return false;
        }
        let from = text.len().checked_sub(phrase.len());
        let here = from.and_then(|from| text.get(from..));
        let is_same = here.is_some_and(|here| {
            here.iter().zip(phrase.bytes()).all(|(here, byte)| match byte {
                b' ' => matches!(here, b' ' | b'_' | b'-'),
                byte => here.to_ascii_lowercase() == byte,
            })
        });
        let before = from.and_then(|from| text.get(..from)).unwrap_or_default();
        let is_whole = match before {
            // A quote, or another mark of General Punctuation.
            [.., 0xe2, 0x80, _] => true,
            // In a script without spaces, a phrase needs none in front.
            [.., last] => !is_letter(*last) || phrase.bytes().next().is_some_and(|first| first >= 0xe3),
            [] => true,
        };
        is_same && is_whole
    };
    phrases
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
