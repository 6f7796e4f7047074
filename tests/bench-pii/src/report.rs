//! The figures, as `name value unit` lines.

use std::io::Write;

use penstock_bench_harness::sample::median;

use crate::events::Events;
use crate::memory::Memory;
use crate::round::Round;
use crate::text::{PROSE, Size, Text, VALUES};

fn line(name: &str, value: f64, unit: &str) -> anyhow::Result<()> {
    let digits = if unit == "ratio" { 2 } else { 1 };
    writeln!(std::io::stdout().lock(), "pii.{name} {value:.digits$} {unit}")?;
    Ok(())
}

/// Times and how they grow; those of each text that is built to be slow go to standard error.
pub fn times(texts: &[Text], rounds: &[Round]) -> anyhow::Result<()> {
    let over_rounds = |of: &dyn Fn(&Round) -> Option<f64>| {
        let values: Vec<f64> = rounds.iter().filter_map(of).collect();
        median(&values)
    };
    let us = |name: &'static str, size: Size| over_rounds(&|round| round.get(&(name, size)).copied());
    let ratio = |name: &'static str| {
        over_rounds(&|round| Some(round.get(&(name, Size::Large))? / round.get(&(name, Size::Middle))?))
    };
    let mut worst: Vec<(f64, f64, &'static str)> = texts
        .iter()
        .filter(|text| text.size == Size::Middle && !is_english(text.name))
        .map(|text| (us(text.name, Size::Middle), ratio(text.name), text.name))
        .collect();
    worst.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (us, ratio, name) in &worst {
        eprintln!("pii.worst_{name}_us {us:.1} us, ratio {ratio:.2}");
    }
    for text in texts.iter().filter(|text| is_english(text.name)) {
        let suffix = if text.name == VALUES { "_with_values" } else { "" };
        let name = format!("{}{suffix}_us", text.size.name());
        line(&name, us(text.name, text.size), "us")?;
    }
    line("linearity_ratio", ratio(PROSE), "ratio")?;
    line("linearity_with_values_ratio", ratio(VALUES), "ratio")?;
    if let Some((us, _, name)) = worst.first() {
        eprintln!("slowest: {name}");
        line("worst_100kb_us", *us, "us")?;
    }
    worst.sort_by(|one, other| other.1.total_cmp(&one.1));
    if let Some((_, ratio, name)) = worst.first() {
        eprintln!("grows most: {name}");
        line("worst_linearity_ratio", *ratio, "ratio")?;
    }
    Ok(())
}

fn is_english(name: &str) -> bool {
    matches!(name, PROSE | VALUES)
}

/// Memory.
pub fn memory(memory: &Memory) -> anyhow::Result<()> {
    line("rss_over_bare_mb", memory.over_bare, "MB")?;
    line("rss_per_worker_mb", memory.per_worker, "MB")
}

/// What is added to events.
pub fn events(events: &Events) -> anyhow::Result<()> {
    line("event_us", median(&events.restored), "us")?;
    line("event_plain_us", median(&events.plain), "us")
}
