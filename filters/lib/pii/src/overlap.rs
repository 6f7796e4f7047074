//! Which of findings that overlap stay.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::Finding;

/// Keeps of findings that overlap the surest, of those the longest, of those the first, and puts what is left in the
/// order of the text.
pub(crate) fn resolve(mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > 1 {
        findings.sort_by_key(|finding| {
            (
                Reverse(finding.score),
                Reverse(finding.span.len()),
                finding.span.start,
                finding.entity,
            )
        });
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        findings.retain(|finding| {
            let span = &finding.span;
            let before = taken.range(..span.end).next_back();
            let free = before.is_none_or(|(_, end)| *end <= span.start);
            if free {
                taken.insert(span.start, span.end);
            }
            free
        });
        findings.sort_by_key(|finding| finding.span.start);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entity, Score};

    #[test]
    fn the_surest_wins_then_the_longest_then_the_first() {
        let finding = |start, end, score| Finding {
            entity: Entity::CreditCard,
            span: start..end,
            score: Score(score),
        };
        let findings = vec![
            finding(0, 5, 50),
            finding(4, 8, 60),
            finding(8, 12, 60),
            finding(6, 13, 60),
            finding(20, 22, 10),
            finding(21, 23, 10),
        ];
        let kept: Vec<_> = resolve(findings)
            .into_iter()
            .map(|finding| finding.span)
            .collect();
        assert_eq!(kept, [0..5, 6..13, 20..22]);
    }
}
