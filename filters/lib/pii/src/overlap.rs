//! Which of findings that overlap stay.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::Finding;

/// Keeps of findings that overlap the surest, of those the longest, of those the first, and puts what is left in the
/// order of the text.
pub(crate) fn resolve(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_unstable_by_key(|finding| (finding.span.start, finding.span.end));
    let mut kept = Vec::with_capacity(findings.len());
    let mut cluster = Vec::new();
    let mut end = 0;
    for finding in findings {
        if finding.span.start >= end {
            settle(&mut cluster, &mut kept);
        }
        end = end.max(finding.span.end);
        cluster.push(finding);
    }
    settle(&mut cluster, &mut kept);
    kept
}

/// Moves what stays of findings that hang together.
fn settle(cluster: &mut Vec<Finding>, kept: &mut Vec<Finding>) {
    let first = kept.len();
    if cluster.len() > 1 {
        cluster.sort_by_key(|finding| {
            let Finding { entity, span, score } = finding;
            (Reverse(*score), Reverse(span.len()), span.start, *entity)
        });
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        cluster.retain(|finding| {
            let span = &finding.span;
            let before = taken.range(..span.end).next_back();
            let free = before.is_none_or(|(_, end)| *end <= span.start);
            if free {
                taken.insert(span.start, span.end);
            }
            free
        });
    }
    kept.append(cluster);
    if let Some(new) = kept.get_mut(first..) {
        new.sort_unstable_by_key(|finding| finding.span.start);
    }
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
