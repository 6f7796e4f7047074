//! Reads what `/metrics` shows: the OpenMetrics text format, as `prometheus-client` writes it.

use std::collections::BTreeMap;

/// One metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Read<'a> {
    /// Without `_total`.
    pub(super) name: &'a str,
    pub(super) help: &'a str,
    pub(super) kind: &'a str,
    /// As they stand there: those of a histogram have several to a series.
    pub(super) samples: Vec<Sample<'a>>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    /// What the line's name has behind that of the metric: `_total`, `_sum`, `_count`, `_bucket`, or nothing.
    pub(super) suffix: &'a str,
    pub(super) labels: BTreeMap<&'a str, String>,
    pub(super) value: f64,
}

/// The metrics in `text`. What is not to be understood is passed over.
pub(super) fn families(text: &str) -> Vec<Read<'_>> {
    let mut families: Vec<Read<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap_or((help, ""));
            families.push(Read {
                name,
                help: help.trim_end_matches('.'),
                ..Read::default()
            });
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            if let (Some(family), Some((_, kind))) = (families.last_mut(), kind.split_once(' ')) {
                family.kind = kind;
            }
        } else if let Some(family) = families.last_mut()
            && let Some(line) = line.strip_prefix(family.name)
            && let Some(sample) = sample(line)
        {
            family.samples.push(sample);
        }
    }
    families
}

/// `_suffix{label="value",…} 1.0`
fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(['{', ' '])?;
    let (suffix, mut rest) = line.split_at_checked(end)?;
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (name, value) = rest.trim_start_matches(',').split_once("=\"")?;
            let (value, behind) = unescaped(value)?;
            labels.insert(name, value);
            rest = behind;
        }
        rest = rest.strip_prefix('}')?;
    }
    Some(Sample {
        suffix,
        labels,
        value: rest.trim_start().parse().ok()?,
    })
}

/// A value up to its closing quote, and what comes behind that.
fn unescaped(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(index.checked_add(1)?..)?)),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}
