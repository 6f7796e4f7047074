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

/// Both vocabularies and how many tokens they have.
const VOCABULARIES: [(Vocabulary, usize); 2] = [
    (Vocabulary::O200kBase, 199_998),
    (Vocabulary::Cl100kBase, 100_256),
];

/// A token's length, and the ranks of the two that it is merged of unless it is a single byte.
#[derive(Clone, Copy)]
struct Made {
    length: usize,
    of: Option<(usize, usize)>,
}

/// Every token by its rank.
fn made(vocabulary: Vocabulary, size: usize) -> Vec<Made> {
    let mut merger = Merger::default();
    let mut all = vec![None; size];
    for token in tokens().filter(|token| vocabulary.rank(*token) != NONE) {
        let rank = usize::try_from(vocabulary.rank(token)).unwrap();
        let text = token.text.get(token.at..token.at + token.length).unwrap();
        let source = Source {
            vocabulary,
            text,
            start: 0,
        };
        let index = |rank| usize::try_from(rank).unwrap();
        let of = last_pair(&mut merger, source).map(|(left, right)| (index(left), index(right)));
        assert_eq!(of.is_none(), token.length == 1, "token {rank}");
        // A slot left free looks like the token of so many zeros, so that one may come more than once.
        let length = token.length;
        all[rank] = Some(Made { length, of });
    }
    all.into_iter().map(Option::unwrap).collect()
}

/// What the batches rely on, and why a piece that is a token needs no merging.
#[test]
fn every_token_is_made_of_two_of_lower_rank() {
    for (vocabulary, size) in VOCABULARIES {
        for (rank, token) in made(vocabulary, size).into_iter().enumerate() {
            let lower = token.of.is_none_or(|(left, right)| left < rank && right < rank);
            assert!(lower, "token {rank}: {:?}", token.of);
        }
    }
}

/// How far a cut can change what is to its left.
///
/// Of the merges that come out otherwise with and without the cut, look at each that reaches farther left than all before
/// it. Its right part was made, or taken away, by an earlier one of them, which begins where that part begins. So the left
/// part of the earlier one is the right part of the later one, or what that part begins with, and its rank is lower. The
/// longest way to the left along such pairs is found rank by rank; the first of them may begin a token before the cut.
#[test]
fn what_a_cut_changes_ends_within_the_overlap() {
    for (vocabulary, size) in VOCABULARIES {
        let made = made(vocabulary, size);
        let mut reach = vec![0; size];
        for token in &made {
            let Some((left, right)) = token.of else { continue };
            let mut before = reach[right];
            let mut begins = right;
            while let Some((first, _)) = made[begins].of {
                begins = first;
                before = before.max(reach[begins]);
            }
            reach[left] = reach[left].max(before + made[left].length);
        }
        let longest = reach.into_iter().max().unwrap();
        let token = made.iter().map(|token| token.length).max().unwrap();
        assert!(longest + token < OVERLAP, "{vocabulary:?}: {longest} + {token}");
    }
}
