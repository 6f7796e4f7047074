//! Measures how well personal data is recognised: precision, recall and F2 of each kind, on a set that it makes itself from
//! templates, or on one from a file.
//!
//! Values are made from the public definitions, by code that shares nothing with the recognisers. Figures go to standard
//! output, one `name value unit` a line; what they mean is in `docs/benchmarks.md`. Counts go to standard error.

mod checksum;
mod form;
mod generate;
mod judge;
mod kind;
mod labelled;
mod language;
mod noise;
mod random;
mod record;
mod report;
mod sample;
mod twist;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use penstock_pii::{Custom, Recognizers, Thresholds};

use labelled::Offsets;

/// Measures precision, recall and F2 of each kind of personal data and prints `name value unit` lines.
///
/// A finding counts as right if a label of the same kind overlaps it so far that the characters they share are at least
/// `--overlap` of those that either has (intersection over union). Each label makes at most one finding right;
/// what is left of the findings are false alarms, of the labels misses. `pii.all` adds up the counts of all kinds.
#[derive(Debug, Parser)]
#[command(name = "penstock-eval-pii", version, after_long_help = format!("Names in a labelled set that stand for another: {}", labelled::other_names()))]
struct Arguments {
    /// Where the choices of the generated set start.
    #[arg(long, default_value_t = 4)]
    seed: u64,
    /// Hits, and near misses, that are generated for each kind.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    per_entity: u32,
    /// Evaluates the set of a file instead: `{"text": "...", "spans": [{"start": 0, "end": 5, "entity": "EMAIL_ADDRESS"}]}` a line.
    #[arg(long, value_name = "FILE.jsonl")]
    labelled: Option<PathBuf>,
    /// What the offsets in the file count.
    #[arg(long, default_value = "characters", requires = "labelled")]
    offsets: Offsets,
    /// Writes the generated set to a file, with offsets in characters.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "labelled")]
    dump: Option<PathBuf>,
    /// How far a finding and its label have to overlap: above 0, 1 is exactly.
    #[arg(long, default_value_t = 0.5)]
    overlap: f64,
    /// Shows so many misses and false alarms of each kind.
    #[arg(long, default_value_t = 0)]
    errors: usize,
    /// Fails if any kind has a precision or a recall below 0.98.
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut unknown = BTreeMap::new();
    let samples = match &arguments.labelled {
        Some(path) => labelled::read(path, arguments.offsets, &mut unknown)?,
        None => generate::samples(arguments.seed, arguments.per_entity),
    };
    if let Some(path) = &arguments.dump {
        labelled::write(path, &samples)?;
    }
    for (name, count) in &unknown {
        eprintln!("unknown entity {name}: {count} spans count as no personal data");
    }
    let (recognizers, thresholds) = (Recognizers::new(Custom::default()), Thresholds::default());
    let mut tallies = BTreeMap::new();
    let mut errors = Vec::new();
    for sample in &samples {
        let findings = recognizers.find(&sample.text, "", &thresholds);
        let found = judge::judge(
            sample,
            &findings,
            arguments.overlap.max(f64::MIN_POSITIVE),
            &mut tallies,
        );
        errors.extend(found.into_iter().map(|error| (sample, error)));
    }
    eprintln!("{} texts", samples.len());
    report::explain(&errors, arguments.errors);
    report::print(&tallies)?;
    let failing = report::failing(&tallies);
    if arguments.check && !failing.is_empty() {
        let names = failing.iter().map(ToString::to_string).collect::<Vec<_>>();
        eprintln!("below {}: {}", report::TO_REACH, names.join(", "));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
