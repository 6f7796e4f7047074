//! Labelled sets in files: one JSON object a line.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, bail};
use penstock_pii::Entity;
use serde::{Deserialize, Serialize};

use crate::sample::{Label, Sample};

/// What offsets count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Offsets {
    /// Bytes of UTF-8.
    Bytes,
    /// Unicode scalar values, as Python counts.
    Characters,
}

#[derive(Deserialize, Serialize)]
struct Line {
    text: String,
    spans: Vec<Span>,
}

#[derive(Deserialize, Serialize)]
struct Span {
    start: usize,
    end: usize,
    entity: String,
}

/// Names of Presidio and of others for what has another name here. Names that are the same are not listed: those of Presidio are
/// (`PHONE_NUMBER`, `US_SSN`, `UK_NHS`, `DE_TAX_ID`).
const OTHER_NAMES: &[(&str, Entity)] = &[
    ("AADHAAR", Entity::InAadhaar),
    ("BIC", Entity::SwiftCode),
    ("BTC_ADDRESS", Entity::Crypto),
    ("CREDIT_CARD_NUMBER", Entity::CreditCard),
    ("DOB", Entity::DateOfBirth),
    ("EMAIL", Entity::EmailAddress),
    ("ES_DNI", Entity::EsNif),
    ("ETH_ADDRESS", Entity::Crypto),
    ("IBAN", Entity::IbanCode),
    ("IP", Entity::IpAddress),
    ("IPV4", Entity::IpAddress),
    ("IPV6", Entity::IpAddress),
    ("IT_CODICE_FISCALE", Entity::ItFiscalCode),
    ("MAC", Entity::MacAddress),
    ("MEDICAL_RECORD", Entity::MedicalRecordNumber),
    ("MRN", Entity::MedicalRecordNumber),
    ("NL_BSN_NUMBER", Entity::NlBsn),
    ("NRIC", Entity::SgNricFin),
    ("PHONE", Entity::PhoneNumber),
    ("SSN", Entity::UsSsn),
    ("SWIFT", Entity::SwiftCode),
    ("SWIFT_BIC", Entity::SwiftCode),
];

/// The kind with a name, of ours or of others.
fn entity(name: &str) -> Option<Entity> {
    let other = || {
        OTHER_NAMES
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, entity)| *entity)
    };
    Entity::named(name).or_else(other)
}

/// The names that stand for another, for help.
pub fn other_names() -> String {
    let names = OTHER_NAMES
        .iter()
        .map(|(name, entity)| format!("{name}={entity}"));
    names.collect::<Vec<_>>().join(" ")
}

/// Reads a set. Names that are not known are counted in `unknown`, and what they label counts as no personal data.
pub fn read(
    path: &Path,
    offsets: Offsets,
    unknown: &mut BTreeMap<String, u32>,
) -> anyhow::Result<Vec<Sample>> {
    let file = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = file
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            parse(line, offsets, unknown).with_context(|| format!("{}:{}", path.display(), index + 1))
        })
        .collect()
}

fn parse(line: &str, offsets: Offsets, unknown: &mut BTreeMap<String, u32>) -> anyhow::Result<Sample> {
    let Line { text, spans } = serde_json::from_str(line)?;
    let mut labels = Vec::new();
    for span in spans {
        let Some(entity) = entity(&span.entity) else {
            *unknown.entry(span.entity).or_default() += 1;
            continue;
        };
        let bytes = match offsets {
            Offsets::Bytes => span.start..span.end,
            Offsets::Characters => byte_at(&text, span.start)..byte_at(&text, span.end),
        };
        if bytes.is_empty() || text.get(bytes.clone()).is_none() {
            bail!(
                "span {}..{} is not in a text of {} bytes",
                span.start,
                span.end,
                text.len()
            );
        }
        labels.push(Label { entity, span: bytes });
    }
    Ok(Sample { text, labels })
}

/// Where a character starts; past the end where there are fewer.
fn byte_at(text: &str, character: usize) -> usize {
    let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    places.nth(character).unwrap_or(usize::MAX)
}

/// Writes a set, with offsets in characters.
pub fn write(path: &Path, samples: &[Sample]) -> anyhow::Result<()> {
    let file = fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    for sample in samples {
        let character = |byte: usize| sample.text.get(..byte).unwrap_or_default().chars().count();
        let span = |label: &Label| {
            let Range { start, end } = label.span;
            Span {
                start: character(start),
                end: character(end),
                entity: label.entity.to_string(),
            }
        };
        let line = Line {
            text: sample.text.clone(),
            spans: sample.labels.iter().map(span).collect(),
        };
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut sample = Sample::plain("Größe, 邮箱：");
        sample.push_labelled(Entity::EmailAddress, "ann@example.com");
        sample.push("。");
        let folder = std::env::temp_dir().join(format!("eval-pii-{}.jsonl", std::process::id()));
        write(&folder, std::slice::from_ref(&sample)).unwrap();
        let read = read(&folder, Offsets::Characters, &mut BTreeMap::new());
        fs::remove_file(&folder).unwrap();
        assert_eq!(read.unwrap(), [sample]);
    }

    #[test]
    fn names_of_others_are_known_and_unknown_ones_are_counted() {
        let mut unknown = BTreeMap::new();
        let line = r#"{"text": "é SSN 1", "spans": [{"start": 0, "end": 1, "entity": "PERSON"}, {"start": 6, "end": 7, "entity": "SSN"}]}"#;
        let sample = parse(line, Offsets::Characters, &mut unknown).unwrap();
        assert_eq!(
            sample.labels,
            [Label {
                entity: Entity::UsSsn,
                span: 7..8
            }]
        );
        assert_eq!(unknown, BTreeMap::from([("PERSON".to_owned(), 1)]));
        assert_eq!(
            parse(line, Offsets::Bytes, &mut unknown).unwrap().labels[0].span,
            6..7
        );
    }

    #[test]
    fn a_span_beyond_its_text_is_refused() {
        for line in [
            r#"{"text": "ab", "spans": [{"start": 1, "end": 3, "entity": "SSN"}]}"#,
            r#"{"text": "ab", "spans": [{"start": 1, "end": 1, "entity": "SSN"}]}"#,
            r#"{"text": "ab"}"#,
        ] {
            assert!(
                parse(line, Offsets::Characters, &mut BTreeMap::new()).is_err(),
                "{line}"
            );
        }
    }
}
