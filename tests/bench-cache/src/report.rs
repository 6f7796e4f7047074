//! The figures, as `name value unit` lines, and whether one of them is not what it should be.

use std::io::Write;

/// What was printed so far.
#[derive(Debug, Default)]
pub struct Figures {
    /// Whether a target was missed.
    pub missed: bool,
}

impl Figures {
    /// Prints one that has no target.
    pub fn line(&mut self, name: &str, value: f64, unit: &str) -> anyhow::Result<()> {
        print(name, value, unit)
    }

    /// Prints one, and remembers if it is above its target, or none at all.
    pub fn at_most(&mut self, name: &str, value: f64, unit: &str, target: f64) -> anyhow::Result<()> {
        self.should(value <= target, &format!("{name} is above {target}"));
        print(name, value, unit)
    }

    /// The same for one that must not be below.
    pub fn at_least(&mut self, name: &str, value: f64, unit: &str, target: f64) -> anyhow::Result<()> {
        self.should(value >= target, &format!("{name} is below {target}"));
        print(name, value, unit)
    }

    fn should(&mut self, is_so: bool, otherwise: &str) {
        if !is_so {
            self.missed = true;
            eprintln!("missed: {otherwise}");
        }
    }
}

fn print(name: &str, value: f64, unit: &str) -> anyhow::Result<()> {
    let digits = match unit {
        "ms" | "ratio" => 3,
        "us" => 1,
        "s" => 2,
        _ => 0,
    };
    writeln!(std::io::stdout().lock(), "cache.{name} {value:.digits$} {unit}")?;
    Ok(())
}

/// A number of entries as it stands in the name of a figure: `100k`.
pub fn thousands(entries: usize) -> String {
    match entries % 1_000 {
        0 => format!("{}k", entries / 1_000),
        _ => entries.to_string(),
    }
}
