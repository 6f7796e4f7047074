use super::*;
use crate::table::tokens;

/// Merges all of `token`; the ranks of the last two parts.
fn last_pair(merger: &mut Merger, source: Source<'_>) -> Option<(u32, u32)> {
    let parts = &mut merger.parts;
    parts.fill(source, source.text.len());
    let mut pair = None;
    while let Some(least) = parts.keys.iter().copied().min().filter(|key| key.is_token()) {
        let at = least.position();
        let (left, right) = (parts.length(at), parts.length(at + parts.length(at)));
        let rank = |at, length| source.vocabulary.rank(source.span(at, length));
        pair = Some((rank(at, left), rank(at + left, right)));
        parts.join(least);
        parts.look_up(source, parts.before(at));
        parts.look_up(source, at);
    }
    pair.filter(|_| parts.length(0) == source.text.len())
}

/// What the batches rely on, and why a piece that is a token needs no merging.
#[test]
fn every_token_is_made_of_two_of_lower_rank() {
    for (vocabulary, size) in [
        (Vocabulary::O200kBase, 199_998),
        (Vocabulary::Cl100kBase, 100_256),
    ] {
        let mut merger = Merger::default();
        let mut ranks = Vec::new();
        for token in tokens().filter(|token| vocabulary.rank(*token) != NONE) {
            let rank = vocabulary.rank(token);
            ranks.push(rank);
            if token.length == 1 {
                continue;
            }
            let text = token.text.get(token.at..token.at + token.length).unwrap();
            let source = Source {
                vocabulary,
                text,
                start: 0,
            };
            let pair = last_pair(&mut merger, source);
            assert!(
                pair.is_some_and(|(left, right)| left < rank && right < rank),
                "token {rank}: {pair:?}"
            );
        }
        // A slot left free looks like the token of so many zeros.
        ranks.sort_unstable();
        ranks.dedup();
        assert!(ranks.into_iter().eq(0..size));
    }
}
