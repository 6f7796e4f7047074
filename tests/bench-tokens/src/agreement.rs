//! Whether all count alike: a fast wrong count is no result.

use std::collections::BTreeMap;

/// The counts so far, and what contradicted them.
#[derive(Default)]
pub struct Agreement {
    counts: BTreeMap<(String, usize), (u64, &'static str)>,
    contradictions: u64,
}

/// As many contradictions are told one by one.
const TOLD: u64 = 12;

impl Agreement {
    /// Takes a side's counts of `parts`, repetition after repetition. Who counts a part first is right.
    pub fn check(&mut self, text: &str, side: &'static str, parts: &[String], counts: &[u64]) {
        for (index, count) in counts.iter().enumerate() {
            let part = index % parts.len().max(1);
            let (expected, by) = *self
                .counts
                .entry((text.to_owned(), part))
                .or_insert((*count, side));
            if expected == *count {
                continue;
            }
            self.contradictions += 1;
            if self.contradictions <= TOLD {
                eprintln!("{text}, part {part}: {by} counts {expected}, {side} {count}");
            }
        }
    }

    /// An error if any two counts of a text differ.
    pub fn verdict(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.contradictions == 0,
            "{} counts differ from what another has counted",
            self.contradictions
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_count_of_the_same_part_is_a_contradiction() {
        let parts = ["a".to_owned(), "b".to_owned()];
        let mut agreement = Agreement::default();
        agreement.check("text", "one", &parts, &[1, 2, 1, 2]);
        agreement.check("text", "other", &parts, &[1, 2]);
        agreement.verdict().unwrap();
        agreement.check("text", "other", &parts, &[1, 2, 1, 3]);
        agreement.verdict().unwrap_err();
    }
}
