//! The figures, as `name value unit` lines, and which of them are not what they should be.

use std::io::Write;

use penstock_bench_harness::sample::median;

use crate::config::KEYS;
use crate::memory::Memory;
use crate::round::{Measured, Round};
use crate::side::{ALONE, NOOP, REDIS};

type Field = fn(&Measured) -> f64;

const ABSOLUTE: [(&str, &str, Field); 4] = [
    ("p50_us", "us", |measured| measured.p50_us),
    ("p99_us", "us", |measured| measured.p99_us),
    ("rate_rps", "decisions/s", |measured| measured.rate),
    ("cpu_us", "us", |measured| measured.cpu_us),
];

const LEAST_RATE: f64 = 0.7;
const LEAST_RATE_REDIS: f64 = 0.5;
const MOST_P99_US: f64 = 1_000.0;
/// What the second half of the requests may add. Memory that grows with requests, if only by 100 bytes for each, adds
/// six times as much.
const MOST_GROWTH_MB: f64 = 8.0;

struct Figures {
    missed: bool,
}

/// Prints everything, and says whether a target was missed.
pub fn print(rounds: &[Round], memory: Option<&Memory>) -> anyhow::Result<bool> {
    let mut figures = Figures { missed: false };
    for side in [NOOP, ALONE, REDIS] {
        for (what, unit, field) in ABSOLUTE {
            let values: Vec<f64> = rounds
                .iter()
                .filter_map(|round| round.get(side))
                .map(field)
                .collect();
            figures.line(&format!("{side}.{what}"), median(&values), unit)?;
        }
    }
    for (side, suffix, least_rate) in [(ALONE, "", LEAST_RATE), (REDIS, "_redis", LEAST_RATE_REDIS)] {
        let compared = |compare: fn(&Measured, &Measured) -> f64| {
            let values: Vec<f64> = rounds
                .iter()
                .filter_map(|round| Some(compare(round.get(side)?, round.get(NOOP)?)))
                .collect();
            median(&values)
        };
        let p50 = compared(|ours, noop| ours.p50_us - noop.p50_us);
        figures.line(&format!("p50_added{suffix}_us"), p50, "us")?;
        let p99 = compared(|ours, noop| ours.p99_us - noop.p99_us);
        figures.line(&format!("p99_added{suffix}_us"), p99, "us")?;
        figures.should(
            p99 <= MOST_P99_US,
            &format!("p99_added{suffix}_us is above {MOST_P99_US}"),
        );
        let rate = compared(|ours, noop| ours.rate / noop.rate);
        figures.line(&format!("rate_ratio{suffix}"), rate, "ratio")?;
        figures.should(
            rate >= least_rate,
            &format!("rate_ratio{suffix} is below {least_rate}"),
        );
    }
    if let Some(memory) = memory {
        for (requests, mb) in &memory.samples {
            figures.line(&format!("rss_after_{}k_mb", requests / 1_000), *mb, "MB")?;
        }
        let last = memory.samples.last().map_or(f64::NAN, |(_, mb)| *mb);
        figures.line("rss_mb", last, "MB")?;
        figures.line("rss_growth_mb", memory.growth(), "MB")?;
        figures.line("requests", memory.requests as f64, "requests")?;
        figures.line("ledger_lost", memory.lost, "rows")?;
        figures.should(memory.is_whole, "not all requests were made in time");
        figures.should(
            memory.growth() <= MOST_GROWTH_MB,
            &format!("rss_growth_mb is above {MOST_GROWTH_MB}"),
        );
    }
    figures.line("keys", KEYS as f64, "keys")?;
    let cores = std::thread::available_parallelism()?.get();
    figures.line("cores", cores as f64, "cores")?;
    Ok(figures.missed)
}

impl Figures {
    fn line(&mut self, name: &str, value: f64, unit: &str) -> anyhow::Result<()> {
        let digits = match unit {
            "ratio" => 3,
            "us" | "MB" => 1,
            _ => 0,
        };
        writeln!(std::io::stdout().lock(), "extproc.{name} {value:.digits$} {unit}")?;
        Ok(())
    }

    fn should(&mut self, is_so: bool, otherwise: &str) {
        if !is_so {
            self.missed = true;
            eprintln!("missed: {otherwise}");
        }
    }
}
