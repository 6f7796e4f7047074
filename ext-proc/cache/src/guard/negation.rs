//! What one text denies, or says the opposite of.

use std::collections::BTreeSet;

use super::Reading;
use super::Trap;
use super::language::Tongue;
use super::lexicon::{self, LIGHT};
use super::pairing::Pairing;
use super::stem::stem;
use super::term::Term;
use super::token::{Kind, Token};

/// The negations of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Negations {
    /// Their kinds; `not` and `no` are one.
    cues: BTreeSet<&'static str>,
    /// The stem of the first word that each of them is about.
    denied: BTreeSet<String>,
    /// Whether all that is denied is what somebody complains about before asking: `It won't start. What can I do?`
    complains: bool,
}

/// Prefixes that turn a word into its opposite.
const PREFIXES: [&str; 10] = ["un", "dis", "in", "im", "ir", "il", "non", "de", "mis", "anti"];

/// Words that deny without a negation: `foods to avoid`, `foods not to eat`.
const IMPLICIT: [&str; 12] = [
    "avoid",
    "prevent",
    "stop",
    "stopping",
    "avoiding",
    "preventing",
    "refrain",
    "quit",
    "lack",
    "fail",
    "skip",
    "forget",
];

impl Negations {
    /// Reads the negations of a text.
    pub fn of(tokens: &[Token], tongue: Option<Tongue>) -> Self {
        let mut negations = Self {
            complains: true,
            ..Self::default()
        };
        for (at, token) in tokens.iter().enumerate() {
            let next = tokens.get(at.saturating_add(1));
            let Some(cue) = cue(token, next, tongue) else {
                continue;
            };
            negations.cues.insert(cue);
            negations.complains &= cue == "not" && is_complaint(tokens, at);
            // `Why does my laptop not start`, `Why won't my laptop start`: a verb is denied from afar.
            let last = at.checked_sub(1).and_then(|last| tokens.get(last));
            if token.is("not")
                && last.is_none_or(|last| last.kind == Kind::Word && !lexicon::is("conjunction", &last.text))
            {
                continue;
            }
            let after = tokens
                .iter()
                .skip(at.saturating_add(1))
                .take_while(|token| token.kind != Kind::Pause);
            let words = after
                .filter(|token| token.kind != Kind::Word || !lexicon::is_function(&token.text))
                .take(4);
            let denied = words
                .map(|token| stem(&token.text))
                .find(|key| !LIGHT.contains(key));
            negations.denied.extend(denied);
        }
        negations
    }
}

/// Whether a place is in a clause that asks nothing, and something is asked after it.
fn is_complaint(tokens: &[Token], at: usize) -> bool {
    let asks = |token: &Token| {
        token.kind == Kind::Word
            && (lexicon::is("question", &token.text) || token.opens && lexicon::is("auxiliary", &token.text))
    };
    let (before, after) = tokens.split_at_checked(at).unwrap_or_default();
    let clause = before.iter().rev().take_while(|token| token.kind != Kind::Pause);
    let rest = after.iter().skip_while(|token| token.kind != Kind::Pause);
    !clause.into_iter().any(asks) && rest.into_iter().any(asks)
}

fn cue(token: &Token, next: Option<&Token>, tongue: Option<Tongue>) -> Option<&'static str> {
    if token.kind != Kind::Word {
        return None;
    }
    let word = token.text.as_str();
    let cue = match tongue {
        None | Some(Tongue::English) => match word {
            "not" if next.is_some_and(|next| next.is("only") || next.is("just")) => return None,
            "no" if next.is_some_and(|next| next.kind == Kind::Number || next.kind == Kind::Pause) => {
                return None;
            }
            "not" | "no" | "never" | "neither" | "nor" | "none" | "nobody" | "nothing" | "nowhere"
            | "hardly" => "not",
            "without" | "lacking" | "sans" | "minus" => "without",
            "lack" | "lacks"
                if next.is_some_and(|next| next.kind == Kind::Word && !lexicon::is_function(&next.text)) =>
            {
                "without"
            }
            "except" | "excluding" | "besides" | "excludes" | "exclude" | "excluded" => "except",
            "unless" => "unless",
            _ => return None,
        },
        Some(Tongue::German) => match word {
            "nicht" | "kein" | "keine" | "keinen" | "keinem" | "keiner" | "keines" | "nie" | "niemals" => {
                "not"
            }
            "ohne" => "without",
            "außer" => "except",
            _ => return None,
        },
        Some(Tongue::French) => match word {
            "pas" | "jamais" | "aucun" | "aucune" | "rien" | "non" => "not",
            "sans" => "without",
            "sauf" => "except",
            _ => return None,
        },
        Some(Tongue::Spanish) => match word {
            "no" | "nunca" | "jamás" | "ningún" | "ninguna" | "nada" => "not",
            "sin" => "without",
            "excepto" | "salvo" => "except",
            _ => return None,
        },
        Some(Tongue::Italian) => match word {
            "non" | "mai" | "nessun" | "nessuna" | "niente" => "not",
            "senza" => "without",
            "tranne" | "eccetto" => "except",
            _ => return None,
        },
        Some(Tongue::Portuguese) => match word {
            "não" | "nunca" | "nenhum" | "nenhuma" | "nada" => "not",
            "sem" => "without",
            "exceto" => "except",
            _ => return None,
        },
        Some(Tongue::Dutch) => match word {
            "niet" | "geen" | "nooit" => "not",
            "zonder" => "without",
            "behalve" => "except",
            _ => return None,
        },
        Some(Tongue::Polish) => match word {
            "nie" | "nigdy" | "żaden" | "żadna" => "not",
            "bez" => "without",
            "oprócz" => "except",
            _ => return None,
        },
        Some(Tongue::Swedish) => match word {
            "inte" | "ingen" | "inga" | "aldrig" => "not",
            "utan" => "without",
            _ => return None,
        },
        Some(Tongue::Turkish) => match word {
            "değil" | "yok" | "asla" => "not",
            "olmadan" => "without",
            _ => return None,
        },
    };
    Some(cue)
}

/// How one text denies, or says the opposite of, what the other says.
pub(super) fn differ(a: &Reading, b: &Reading, pairs: &Pairing) -> Option<Trap> {
    let lone = |reading: &'_ Reading, lone: &[usize]| -> Vec<Term> {
        lone.iter()
            .filter_map(|at| reading.terms.get(*at))
            .filter(|term| term.word)
            .take(64)
            .cloned()
            .collect()
    };
    let (left, right) = (lone(a, &pairs.lone_a), lone(b, &pairs.lone_b));
    let between = || left.iter().flat_map(|x| right.iter().map(move |y| (x, y)));
    // `Pause a container`, `resume a paused container`
    let against = |lone: &[Term], terms: &[Term]| {
        let verb = |term: &&Term| !term.thing && !term.light;
        lone.iter().filter(verb).any(|x| {
            let mut verbs = terms.iter().take(64).filter(verb);
            verbs.any(|y| x.opposes(y).is_some())
        })
    };
    let prefixed = between().any(|(x, y)| prefixes(x, y) || prefixes(y, x));
    let opposite = between().find_map(|(x, y)| x.opposes(y));
    let complement = prefixed || opposite == Some(true);
    if a.negations.cues.len() != b.negations.cues.len() {
        // `not safe` is `unsafe`, and `does not work` is `broken`.
        let (said, denial) = if a.negations.cues.len() < b.negations.cues.len() {
            (&left, b)
        } else {
            (&right, a)
        };
        if denial.valence.denied && a.valence.agrees(b.valence) {
            return None;
        }
        if denial.negations.complains && a.kinds.tells_how() && b.kinds.tells_how() {
            return None;
        }
        let implied = said.iter().any(|term| IMPLICIT.contains(&term.text.as_str()));
        return (!complement && !implied).then_some(Trap::Negation);
    }
    if prefixed {
        return Some(Trap::Negation);
    }
    // Whether it is so is asked in either way: `tell if it is good`, `tell if it is bad`.
    if opposite.is_some() && !(a.weighs && b.weighs) {
        return Some(Trap::Antonym);
    }
    if left.is_empty() != right.is_empty() && (against(&left, &b.terms) || against(&right, &a.terms)) {
        return Some(Trap::Antonym);
    }
    if ends(&left, b) || ends(&right, a) {
        return Some(Trap::Negation);
    }
    // What one denies the other says, and the other way round: `with milk but no sugar`.
    let says = |reading: &Reading, other: &Reading| {
        let only = other.negations.denied.difference(&reading.negations.denied);
        only.clone().next().is_some()
            && only
                .into_iter()
                .all(|key| reading.terms.iter().any(|term| term.key == *key))
    };
    (says(a, b) && says(b, a)).then_some(Trap::Negation)
}

/// Words for what makes an end of something.
const ENDS: [&str; 18] = [
    "disable",
    "deactivate",
    "stop",
    "remove",
    "delete",
    "cancel",
    "block",
    "prevent",
    "uninstall",
    "unsubscribe",
    "terminate",
    "reject",
    "refuse",
    "hide",
    "mute",
    "erase",
    "revoke",
    "exclude",
];

/// Whether one text makes an end of what the other makes no end of.
fn ends(said: &[Term], other: &Reading) -> bool {
    let end = |term: &Term| {
        ENDS.contains(&term.text.as_str())
            || IMPLICIT.contains(&term.text.as_str())
            || term.text.starts_with("un")
            || term.text == "rid"
    };
    said.iter()
        .any(|term| ENDS.contains(&term.text.as_str()) && !term.thing)
        && other.negations.cues.is_empty()
        && !other.terms.iter().take(64).any(end)
}

/// Whether two words are opposites.
pub(super) fn contrary(x: &Term, y: &Term) -> bool {
    x.opposes(y).is_some() || prefixes(x, y) || prefixes(y, x)
}

/// Whether the second word is the first with a prefix that denies it.
fn prefixes(plain: &Term, other: &Term) -> bool {
    plain.key.len() >= 3
        && PREFIXES.iter().any(|prefix| {
            // `intake` does not deny `take`.
            if *prefix == "in" && plain.text.len() < 5 {
                return false;
            }
            other
                .key
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.trim_start_matches('-') == plain.key)
                || other
                    .text
                    .strip_prefix(prefix)
                    .is_some_and(|rest| rest == plain.text)
        })
}
