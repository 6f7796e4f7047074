//! The figures, as `name value unit` lines.

use std::io::Write;

use penstock_bench_harness::memory::Megabytes;

use crate::round::{Measured, Round};
use crate::sample::median;
use crate::side::{BARE, PAIRS};

type Field = fn(&Measured) -> f64;

const ABSOLUTE: [(&str, &str, Field); 4] = [
    ("p50_us", "us", |measured| measured.p50_us),
    ("p99_us", "us", |measured| measured.p99_us),
    ("rate_rps", "requests/s", |measured| measured.rate_rps),
    ("event_us", "us", |measured| measured.event_us),
];

/// Prints everything: what each side reached, and what each pair adds to the bare side.
pub fn print(rounds: &[Round], resident: &Megabytes, per_worker: &Megabytes) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut figure = |name: &str, value: f64, unit: &str| {
        writeln!(
            out,
            "proxy.{name} {value:.prec$} {unit}",
            prec = if unit == "ratio" { 3 } else { 1 }
        )
    };
    let over = |of: &Megabytes, name: &str| {
        let value = |name: &str| of.get(name).copied().unwrap_or(f64::NAN);
        value(name) - value(BARE)
    };
    for name in std::iter::once(BARE).chain(PAIRS) {
        for (what, unit, field) in ABSOLUTE {
            let values = rounds.iter().filter_map(|round| round.get(name)).map(field);
            figure(&format!("{name}.{what}"), median(values), unit)?;
        }
        let rss = resident.get(name).copied().unwrap_or(f64::NAN);
        figure(&format!("{name}.rss_mb"), rss, "MB")?;
    }
    for pair in PAIRS {
        let compared = |compare: fn(&Measured, &Measured) -> f64| {
            let values = rounds
                .iter()
                .filter_map(|round| Some(compare(round.get(pair)?, round.get(BARE)?)));
            median(values)
        };
        let added_p50 = compared(|ours, bare| ours.p50_us - bare.p50_us);
        figure(&format!("{pair}.added_p50_us"), added_p50, "us")?;
        let added_p99 = compared(|ours, bare| ours.p99_us - bare.p99_us);
        figure(&format!("{pair}.added_p99_us"), added_p99, "us")?;
        let rate = compared(|ours, bare| ours.rate_rps / bare.rate_rps);
        figure(&format!("{pair}.rate_ratio"), rate, "ratio")?;
        let event = compared(|ours, bare| ours.event_us - bare.event_us);
        figure(&format!("{pair}.event_delay_us"), event, "us")?;
        figure(&format!("{pair}.rss_over_bare_mb"), over(resident, pair), "MB")?;
        figure(&format!("{pair}.rss_per_worker_mb"), over(per_worker, pair), "MB")?;
    }
    Ok(())
}
