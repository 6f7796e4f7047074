//! The figures, as `name value unit` lines, and the counts behind them.

use std::collections::BTreeMap;
use std::io::Write;

use penstock_pii::Entity;

use crate::judge::{Error, Tally};
use crate::sample::Sample;

/// What every kind has to reach with `--check`.
pub const TO_REACH: f64 = 0.98;
/// How much around a value is shown, in characters.
const AROUND: usize = 50;

/// Prints each kind that is labelled or found, and all of them together.
pub fn print(tallies: &BTreeMap<Entity, Tally>) -> std::io::Result<()> {
    let mut all = Tally::default();
    for (entity, tally) in tallies {
        all.add(*tally);
        figures(entity.name(), tally)?;
    }
    figures("all", &all)
}

fn figures(name: &str, tally: &Tally) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let figures = [
        ("precision", tally.precision()),
        ("recall", tally.recall()),
        ("f2", tally.f2()),
    ];
    for (figure, value) in figures {
        if let Some(value) = value {
            writeln!(out, "pii.{name}.{figure} {value:.4} ratio")?;
        }
    }
    let Tally {
        hits,
        misses,
        false_alarms,
    } = tally;
    eprintln!(
        "{name}: {} labelled, {hits} found, {misses} missed, {false_alarms} false alarms",
        hits + misses
    );
    Ok(())
}

/// Which kinds do not reach what they have to.
pub fn failing(tallies: &BTreeMap<Entity, Tally>) -> Vec<Entity> {
    let short = |figure: Option<f64>| figure.is_some_and(|figure| figure < TO_REACH);
    let is_short = |tally: &Tally| short(tally.precision()) || short(tally.recall());
    tallies
        .iter()
        .filter(|(_, tally)| is_short(tally))
        .map(|(entity, _)| *entity)
        .collect()
}

/// Shows some of what went wrong with each kind.
pub fn explain(errors: &[(&Sample, Error)], most: usize) {
    let mut shown: BTreeMap<(Entity, bool), usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for (sample, error) in errors {
        let (label, missed) = match error {
            Error::Missed(label) => (label, true),
            Error::FalseAlarm(label) => (label, false),
        };
        let count = shown.entry((label.entity, missed)).or_default();
        *count += 1;
        if *count <= most {
            let (front, rest) = sample.text.split_at_checked(label.span.start).unwrap_or_default();
            let (value, behind) = rest.split_at_checked(label.span.len()).unwrap_or_default();
            let front: String = front
                .chars()
                .rev()
                .take(AROUND)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            let behind: String = behind.chars().take(AROUND).collect();
            let what = if missed { "missed" } else { "false alarm" };
            lines.push((
                label.entity,
                missed,
                format!("{} {what}: {front:?} [{value}] {behind:?}", label.entity),
            ));
        }
    }
    lines.sort_by_key(|(entity, missed, _)| (*entity, !missed));
    lines.iter().for_each(|(_, _, line)| eprintln!("{line}"));
}
