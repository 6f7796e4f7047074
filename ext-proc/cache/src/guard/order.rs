//! The same words in each other's roles: `from Rome to Oslo`, `from Oslo to Rome`.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Reading;
use super::lexicon;
use super::pairing::Pairing;
use super::stem::stem;
use super::term::Term;
use super::token::{Case, Kind, Token};

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

/// What a question for a person is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `Who beat Ann?`
    Agent,
    /// `Who did Ann beat?`
    Patient,
}

impl Wanted {
    /// Reads the question of a text.
    pub fn of(tokens: &[Token]) -> Option<Self> {
        let at = tokens.iter().position(|token| token.is("who"))?;
        let next = tokens.get(at.saturating_add(1))?;
        match next.text.as_str() {
            "do" | "does" | "did" => Some(Self::Patient),
            "is" | "are" | "was" | "were" => {
                let by = tokens.iter().rposition(|token| token.is("by"))?;
                let last = tokens
                    .get(by.saturating_add(1))
                    .is_none_or(|token| token.kind == Kind::Pause);
                Some(if last { Self::Agent } else { Self::Patient })
            }
            word => (next.kind == Kind::Word && !lexicon::is_function(word)).then_some(Self::Agent),
        }
    }
}

/// Words for what one does to another, and not the other to the one.
static RELATIONS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = "owe owed beat defeat win won victory lose lost lend borrow pay repay sue attack invade conquer kill hit love hate \
                 hire fire teach train lead follow chase bite eat hunt bully bite buy sell give call exceed outperform \
                 overtake acquire replace cause precede inspire succeed report pass surpass dominate sponsor employ manage \
                 support help save rescue protect betray murder arrest accuse blame copy parent raise adopt rent lease";
    words.split_whitespace().map(stem).collect()
});

/// Whether a text says who does something to whom, or what is more than what.
fn relates(reading: &Reading) -> bool {
    reading
        .terms
        .iter()
        .any(|term| term.role == "than" || RELATIONS.contains(&term.key))
}

/// Whether two words of one text have each other's roles in the other.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> bool {
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
    let turned = |x: &Term, y: &Term| matches!((x.role, y.role), ("from", "to") | ("to", "from"));
    if pairs_of.iter().any(|(_, x, _, y)| turned(x, y)) {
        return true;
    }
    if a.terms.len() > WORDS || b.terms.len() > WORDS || a.symmetric && b.symmetric {
        return false;
    }
    // `Can I sue my employer?`, `Can my employer sue me?`
    let places = pairs.a.iter().flatten();
    let same = pairs.lone_a.is_empty() && pairs.lone_b.is_empty();
    if same && a.person.exchanged(b.person) && (!places.is_sorted() || relates(a) && relates(b)) {
        return true;
    }
    if same && a.wanted.zip(b.wanted).is_some_and(|(a, b)| a != b) {
        return true;
    }
    let related = relates(a) && relates(b);
    // Who does it stands first, but for `by`.
    let place = |at: usize, term: &Term| {
        if term.role == "by" {
            0
        } else {
            at.saturating_add(1)
        }
    };
    pairs_of.iter().enumerate().any(|(nth, x)| {
        pairs_of.iter().skip(nth.saturating_add(1)).any(|y| {
            let swapped = x.1.role != y.1.role && x.1.role == y.3.role && x.3.role == y.1.role
                || moved(x.1, x.3, y.1, y.3)
                || moved(y.1, y.3, x.1, x.3);
            let is_operand = |term: &Term| term.named || term.identifier;
            let named = [x.1, y.1, x.3, y.3].into_iter().all(is_operand)
                && (same || kin(x.1, y.1) || directed(x.1, y.1) || directed(x.3, y.3));
            let turned = place(x.0, x.1) < place(y.0, y.1) && place(x.2, x.3) > place(y.2, y.3);
            swapped || (related || !told(x, y)) && named && turned || exchanged(a, b, x, y, pairs)
        })
    })
}

/// Whether two names may stand for each other: two cities, and no city and a format of files.
fn kin(x: &Term, y: &Term) -> bool {
    let short = |term: &Term| term.case == Case::Upper;
    x.identifier == y.identifier
        && x.word == y.word
        && (short(x) == short(y) || x.entity.is_some() && y.entity.is_some())
}

/// Whether a preposition says of one of two words what becomes of the other: `CSV to JSON`.
fn directed(x: &Term, y: &Term) -> bool {
    let end = |role: &str| matches!(role, "to" | "from" | "than" | "over" | "before" | "after");
    end(x.role) && y.role.is_empty() || end(y.role) && x.role.is_empty()
}

/// Whether prepositions say in both texts alike what two words are.
fn told(x: &(usize, &Term, usize, &Term), y: &(usize, &Term, usize, &Term)) -> bool {
    x.1.role == x.3.role && y.1.role == y.3.role && x.1.role != y.1.role
}

/// Whether where one text has one thing, the other has another that both have.
fn moved(x: &Term, x_there: &Term, y: &Term, y_there: &Term) -> bool {
    // `better than it`, `an advantage over it`
    let role = |term: &Term| if term.role == "over" { "than" } else { term.role };
    let end = role(x);
    matches!(end, "to" | "from" | "than" | "before" | "after")
        && (x.thing || x.named)
        && (y.thing || y.named)
        && role(y_there) == end
        && role(x_there) != end
        && role(y) != end
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
