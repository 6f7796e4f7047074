//! The figures, as `name value unit` lines.

use std::io::Write;

use penstock_bench_harness::memory::Megabytes;
use penstock_bench_harness::sample::{median, quantile};

use crate::fresh::Start;
use crate::round::Round;
use crate::side::{BARE, OTHERS, OURS};
use crate::text::Text;

/// Prints everything: each figure of ours without a suffix, then of the others with theirs.
pub fn print(
    starts: &[Start],
    rounds: &[Round],
    resident_after: &Megabytes,
    texts: &[Text],
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut line = |name: &str, side: &str, value: f64, unit: &str| {
        let suffix = if side == OURS {
            String::new()
        } else {
            format!(".{side}")
        };
        let digits = match unit {
            "ratio" => 3,
            "ms" => 2,
            _ => 1,
        };
        writeln!(out, "tokens.{name}{suffix} {value:.digits$} {unit}")
    };
    let sides = || std::iter::once(OURS).chain(OTHERS);

    let bare: Vec<_> = starts
        .iter()
        .filter_map(|start| start.resident_mb.get(BARE).copied())
        .collect();
    line("rss_mb", BARE, median(&bare), "MB")?;
    for side in sides() {
        let over: Vec<_> = starts
            .iter()
            .filter_map(|start| over_bare(&start.resident_mb, side))
            .collect();
        line("rss_over_bare_mb", side, median(&over), "MB")?;
    }
    for side in sides() {
        let over = over_bare(resident_after, side).unwrap_or(f64::NAN);
        line("rss_at_end_over_bare_mb", side, over, "MB")?;
    }
    for (name, part) in [("first_use_ms", 0.5), ("first_use_max_ms", 1.0)] {
        for side in sides() {
            let times = starts.iter().filter_map(|start| start.first_use_ms.get(side));
            let times: Vec<_> = times.flatten().copied().collect();
            line(name, side, quantile(&times, part), "ms")?;
        }
    }
    for text in texts {
        let name = text.name;
        let of = |round: &Round, side: &'static str| round.get(&(name, side)).cloned().unwrap_or_default();
        for side in sides() {
            let times: Vec<_> = rounds.iter().map(|round| median(&of(round, side))).collect();
            line(&format!("{name}_us"), side, median(&times), "us")?;
        }
        for (what, part) in [("min", 0.0), ("p90", 0.9)] {
            for side in sides() {
                let times: Vec<_> = rounds.iter().flat_map(|round| of(round, side)).collect();
                line(&format!("{name}_{what}_us"), side, quantile(&times, part), "us")?;
            }
        }
        for other in OTHERS {
            let ratios = rounds
                .iter()
                .map(|round| median(&of(round, OURS)) / median(&of(round, other)));
            line(
                &format!("{name}_ratio"),
                other,
                median(&ratios.collect::<Vec<_>>()),
                "ratio",
            )?;
        }
    }
    Ok(())
}

fn over_bare(of: &Megabytes, side: &str) -> Option<f64> {
    Some(of.get(side)? - of.get(BARE)?)
}
