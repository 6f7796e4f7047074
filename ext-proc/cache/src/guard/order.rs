//! The same words in each other's roles: `from Rome to Oslo`, `from Oslo to Rome`.

use super::Reading;
use super::lexicon;
use super::pairing::Pairing;
use super::term::Term;
use super::token::{Kind, Token};

/// More words than this are not compared two by two.
const WORDS: usize = 40;

/// Whether a text asks about two things as equals.
pub(super) fn symmetric(tokens: &[Token]) -> bool {
    tokens
        .iter()
        .any(|token| token.kind == Kind::Word && lexicon::is("symmetric", &token.text))
}

/// Whether a text says who does something, or whom it is done to, in the first person.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Person {
    acts: bool,
    suffers: bool,
}

impl Person {
    /// Reads the pronouns of a text.
    pub fn of(tokens: &[Token]) -> Self {
        let acts = tokens.iter().any(|token| token.is("i") || token.is("we"));
        Self {
            acts,
            suffers: tokens.iter().any(|token| token.is("me") || token.is("us")),
        }
    }

    /// Whether one acts where the other suffers.
    fn exchanged(self, other: Self) -> bool {
        self.acts != other.acts && self.suffers != other.suffers && self.acts == other.suffers
    }
}

/// Whether two words of one text have each other's roles in the other.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> bool {
    if a.terms.len() > WORDS || b.terms.len() > WORDS || a.symmetric && b.symmetric {
        return false;
    }
    // `Can I sue my employer?`, `Can my employer sue me?`
    let places = pairs.a.iter().flatten();
    let same = pairs.lone_a.is_empty() && pairs.lone_b.is_empty();
    if same && a.person.exchanged(b.person) && !places.is_sorted() {
        return true;
    }
    let mut pairs_of: Vec<(usize, &Term, usize, &Term)> = Vec::new();
    for (at, term) in a.terms.iter().enumerate() {
        let other = pairs
            .a
            .get(at)
            .copied()
            .flatten()
            .filter(|other| pairs.b.get(*other).copied().flatten() == Some(at));
        if let Some((other_at, other)) = other.and_then(|at| Some((at, b.terms.get(at)?))) {
            pairs_of.push((at, term, other_at, other));
        }
    }
    pairs_of.iter().enumerate().any(|(nth, x)| {
        pairs_of.iter().skip(nth.saturating_add(1)).any(|y| {
            let swapped = x.1.role != y.1.role && x.1.role == y.3.role && x.3.role == y.1.role;
            swapped || exchanged(a, b, x, y, pairs)
        })
    })
}

/// Whether two texts are the same but for these two words, which stand around another in exchanged places: `dogs
/// bite men`.
fn exchanged(
    a: &Reading,
    b: &Reading,
    x: &(usize, &Term, usize, &Term),
    y: &(usize, &Term, usize, &Term),
    pairs: &Pairing,
) -> bool {
    let places = x.0 == y.2 && y.0 == x.2 && x.0.abs_diff(y.0) > 1;
    let roles = x.1.role == y.1.role && x.3.role == y.3.role;
    let alike = a.terms.len() == b.terms.len();
    let others = || (0..a.terms.len()).filter(|at| *at != x.0 && *at != y.0);
    places && roles && alike && others().all(|at| pairs.a.get(at).copied().flatten() == Some(at))
}
