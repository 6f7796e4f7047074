//! The figures, as `name value unit` lines, and what is behind them.

use std::collections::BTreeMap;
use std::io::Write;

use penstock_cache::threshold::Measured;

use crate::tally::{Error, Tally, ratio};

/// What part of paraphrases has to be found with `--check`.
pub const TO_FIND: f64 = 0.60;

/// Prints the figures of a run with guards and one without.
pub fn print(guarded: &Tally, plain: &Tally, threshold: f32) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "cache.threshold {threshold:.3} cosine")?;
    for (tally, suffix) in [(guarded, ""), (plain, ".threshold_only")] {
        let figures = [
            ("wrong_hit_rate", tally.wrong_hit_rate()),
            ("paraphrase_hit_rate", tally.paraphrase_hit_rate()),
        ];
        for (name, value) in figures {
            if let Some(value) = value {
                writeln!(out, "cache.{name}{suffix} {value:.4} ratio")?;
            }
        }
        for (change, (asked, wrong)) in &tally.near {
            if let Some(caught) = ratio(asked - wrong, *asked) {
                writeln!(out, "cache.near_miss_caught.{change}{suffix} {caught:.4} ratio")?;
            }
        }
    }
    Ok(())
}

/// Tells what the threshold was taken from.
pub fn explain_threshold(measured: &Measured) {
    let threshold = measured.threshold();
    match measured.error() {
        Some(error) => eprintln!(
            "threshold {threshold}: error {:.4} ({:.4} to {:.4}) in {:.0} comparisons",
            error.error, error.lower, error.upper, error.trials
        ),
        None => eprintln!("threshold {threshold}: nothing was compared"),
    }
}

/// One line about a run.
pub fn explain(name: &str, tally: &Tally) {
    eprintln!(
        "{name}: {} hits, {} wrong ({:.4}), {} of {} paraphrases found ({:.4})",
        tally.hits,
        tally.wrong,
        tally.wrong_hit_rate().unwrap_or_default(),
        tally.found,
        tally.paraphrases,
        tally.paraphrase_hit_rate().unwrap_or_default()
    );
}

/// Why paraphrases were missed, by what wrong hits differed, and at most `most` of each.
pub fn explain_errors(tally: &Tally, most: usize) {
    let mut groups: BTreeMap<(bool, &str), Vec<&Error>> = BTreeMap::new();
    for error in &tally.errors {
        groups.entry((error.is_wrong, error.why)).or_default().push(error);
    }
    for ((is_wrong, why), errors) in groups {
        let what = if is_wrong { "answered wrongly" } else { "missed" };
        eprintln!("{what}, {why}: {}", errors.len());
        // Spread over all, since neighbours in the list are often of a kind.
        let step = errors.len().div_ceil(most.max(1)).max(1);
        for error in errors.iter().step_by(step).take(most) {
            eprintln!("  {:.3} {:?} | {:?}", error.cosine, error.asked, error.known);
        }
    }
}
