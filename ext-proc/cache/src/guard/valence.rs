//! Whether a text asks about what may be done, or about what must not: `safe`, `not dangerous`, `foods to avoid`.

use super::Reading;
use super::language::Tongue;
use super::lexicon;
use super::token::{Kind, Token};

/// So far a negation reaches.
const REACH: usize = 4;

/// What something is that may be done.
const GOOD: [&str; 14] = [
    "safe",
    "harmless",
    "suitable",
    "healthy",
    "edible",
    "drinkable",
    "nontoxic",
    "permitted",
    "allowed",
    "compatible",
    "beneficial",
    "good",
    "fine",
    "ok",
];

/// What something is that must not be done.
const BAD: [&str; 28] = [
    "unsafe",
    "dangerous",
    "danger",
    "dangers",
    "harmful",
    "harm",
    "harms",
    "hazardous",
    "toxic",
    "poisonous",
    "risky",
    "risk",
    "avoid",
    "avoided",
    "avoiding",
    "forbidden",
    "prohibited",
    "banned",
    "bad",
    "unhealthy",
    "inedible",
    "undrinkable",
    "deadly",
    "unsuitable",
    "venomous",
    "incompatible",
    "hurt",
    "disallowed",
];

/// What a text says about that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Valence {
    good: bool,
    bad: bool,
    /// Whether a negation is part of it, and denies nothing else.
    pub denied: bool,
}

impl Valence {
    /// Reads a text.
    pub fn of(tokens: &[Token], tongue: Option<Tongue>) -> Self {
        let mut valence = Self::default();
        if !matches!(tongue, None | Some(Tongue::English)) {
            return valence;
        }
        let mut reach = 0_usize;
        for (at, token) in tokens.iter().enumerate() {
            if token.kind == Kind::Pause {
                reach = 0;
                continue;
            }
            let word = token.text.as_str();
            if matches!(word, "not" | "never" | "without" | "no") {
                reach = REACH;
                continue;
            }
            let next = tokens.get(at.saturating_add(1));
            let asked = next.is_some_and(|next| lexicon::is("pronoun", &next.text) || next.is("people"));
            let allows = matches!(word, "can" | "should" | "may") && asked;
            let (good, bad) = (allows || GOOD.contains(&word), BAD.contains(&word));
            // `Which foods should I not eat?`
            let denies = tokens
                .iter()
                .skip(at.saturating_add(2))
                .take(1)
                .any(|token| token.is("not"));
            let denied = if allows { denies } else { reach > 0 };
            valence.denied |= denied && (good || bad);
            valence.good |= good && !denied || bad && denied;
            valence.bad |= bad && !denied || good && denied;
            reach = reach.saturating_sub(1);
        }
        valence
    }

    /// Whether both ask about the same of the two.
    pub fn agrees(self, other: Self) -> bool {
        (self.good || self.bad) && (other.good || other.bad) && self.bad == other.bad
    }

    /// Whether one asks about what may be done, and the other about what must not.
    fn differs(self, other: Self) -> bool {
        self.bad != other.bad && (self.bad || self.good) && (other.bad || other.good)
    }
}

/// Whether one text asks what may be done, and the other what must not.
pub(super) fn differ(a: &Reading, b: &Reading) -> bool {
    let tells_how = a.kinds.tells_how() || b.kinds.tells_how();
    let weighs = a.weighs && b.weighs;
    !tells_how && !weighs && a.valence.differs(b.valence)
}
