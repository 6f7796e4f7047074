//! Names of persons, places, products and languages.

use super::Reading;
use super::Trap;
use super::pairing::Pairing;
use super::term::Term;
use super::token::Case;

/// How one text names what the other does not.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> Option<Trap> {
    let trap = one_sided(a, &pairs.lone_a, &pairs.a).or_else(|| one_sided(b, &pairs.lone_b, &pairs.b));
    // Two first names are two persons.
    let first = |reading: &Reading, lone: &[usize], pairs: &[Option<usize>]| {
        lone.iter().any(|at| optional(reading, *at, pairs))
    };
    trap.or_else(|| {
        let both = first(a, &pairs.lone_a, &pairs.a) && first(b, &pairs.lone_b, &pairs.b);
        both.then_some(Trap::Name)
    })
}

fn one_sided(reading: &Reading, lone: &[usize], pairs: &[Option<usize>]) -> Option<Trap> {
    let mut found = None;
    for at in lone {
        let Some(term) = reading.terms.get(*at).filter(|term| term.named && !term.light) else {
            continue;
        };
        if term.entity.is_some_and(|entity| entity.language) && matches!(term.role, "in" | "to") {
            return Some(Trap::Language);
        }
        if !optional(reading, *at, pairs) {
            found = Some(Trap::Name);
        }
    }
    found
}

/// Whether a word is a first name or title before a name that the other text has, too.
pub(super) fn optional(reading: &Reading, at: usize, pairs: &[Option<usize>]) -> bool {
    let next = at.saturating_add(1);
    let surname = reading
        .terms
        .get(next)
        .filter(|_| pairs.get(next).is_some_and(Option::is_some));
    reading
        .terms
        .get(at)
        .zip(surname)
        .is_some_and(|(term, surname)| first_name(term, surname))
}

/// Whether a word may be missing before a name: `Albert` before `Einstein`, not `West` before `Virginia`.
fn first_name(term: &Term, surname: &Term) -> bool {
    let part = matches!(
        term.text.as_str(),
        "north" | "south" | "east" | "west" | "new" | "old" | "upper" | "lower" | "saint" | "san"
    );
    let names = term.case == Case::Capital && surname.case == Case::Capital && term.entity.is_none();
    names && !part && surname.depth == term.depth
}
