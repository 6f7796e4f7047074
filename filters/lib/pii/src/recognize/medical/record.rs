//! Numbers of medical records: codes of five to twelve letters and digits, in no form that any authority prescribes, where a label
//! directly in front says so (`MRN 0012345`, `patient ID: A1234567`), or which name themselves (`MRN-0012345`).
//!
//! A single word such as `patient` near a number means nothing, so that labels are whole phrases and are looked for here. Words count
//! only for the value of a field, which is all of the text, and whose name is what labels it.

mod code;
mod label;
mod phrases;
mod words;

use self::code::{MOST, code};
use self::label::{is_answer, is_labelled, is_labelled_behind, is_labelled_soon};
use self::words::{LABELS, NUMBERED, PARTS};
use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
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

/// Whether a code is all of the text.
fn is_all(text: &Text<'_>, start: usize, end: usize) -> bool {
    let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
    start < 8 && text.len() < end + 8 && blank(text.slice(0..start)) && blank(text.from(end))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

#[cfg(test)]
mod tests;
