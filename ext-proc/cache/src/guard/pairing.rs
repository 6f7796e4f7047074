//! Which word of one text is which of another.

use std::collections::HashMap;

use super::term::Term;

/// More words without counterparts than this are not looked at for synonyms: such texts have little in common, and
/// comparing all with all costs the square of their number.
const LONE: usize = 48;

/// The words of two texts that mean the same, by their places.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    /// For each word of the first text, one of the second.
    pub a: Vec<Option<usize>>,
    /// For each word of the second text, one of the first.
    pub b: Vec<Option<usize>>,
    /// Those of the first text that the second has no word for.
    pub lone_a: Vec<usize>,
    /// Those of the second text that the first has no word for.
    pub lone_b: Vec<usize>,
}

impl Pairing {
    /// Pairs the words of two texts.
    pub fn of(a: &[Term], b: &[Term]) -> Self {
        let mut pairing = Self {
            a: exact(a, b),
            b: exact(b, a),
            ..Self::default()
        };
        let (lone_a, lone_b) = (lone(&pairing.a), lone(&pairing.b));
        if lone_a.len() <= LONE {
            pairing.join(&lone_a, a, b);
        }
        if lone_b.len() <= LONE {
            pairing.mirrored(|mirrored| mirrored.join(&lone_b, b, a));
        }
        if lone_a.len() <= LONE && lone_b.len() <= LONE {
            pairing.related(a, b);
            pairing.mirrored(|mirrored| mirrored.related(b, a));
        }
        pairing.lone_a = lone(&pairing.a);
        pairing.lone_b = lone(&pairing.b);
        pairing
    }

    fn mirrored(&mut self, change: impl FnOnce(&mut Self)) {
        std::mem::swap(&mut self.a, &mut self.b);
        change(self);
        std::mem::swap(&mut self.a, &mut self.b);
    }

    /// Pairs words without counterparts with words that mean the same, at first with such as have none, either.
    fn related(&mut self, a: &[Term], b: &[Term]) {
        let free = lone(&self.b);
        for at in lone(&self.a) {
            let Some(term) = a.get(at) else { continue };
            let akin = |other: &usize| b.get(*other).is_some_and(|other| term.akin(other));
            let found = free
                .iter()
                .copied()
                .find(akin)
                .or_else(|| (0..b.len().min(LONE * 4)).find(akin));
            if let Some(other) = found {
                set(&mut self.a, at, other);
                if free.contains(&other) {
                    set(&mut self.b, other, at);
                }
            }
        }
    }

    /// Pairs one word with several: `database` with `data base`, `VPN` with `virtual private network`.
    fn join(&mut self, lone: &[usize], a: &[Term], b: &[Term]) {
        for at in lone {
            let Some(term) = a.get(*at).filter(|term| term.word && term.text.len() >= 2) else {
                continue;
            };
            for start in 0..b.len() {
                let Some(length) = joined(&term.text, b.get(start..).unwrap_or_default()) else {
                    continue;
                };
                set(&mut self.a, *at, start);
                for other in start..start.saturating_add(length) {
                    if self.b.get(other).is_some_and(Option::is_none) {
                        set(&mut self.b, other, *at);
                    }
                }
                break;
            }
        }
    }
}

fn set(pairs: &mut [Option<usize>], at: usize, other: usize) {
    if let Some(place) = pairs.get_mut(at) {
        *place = Some(other);
    }
}

fn lone(pairs: &[Option<usize>]) -> Vec<usize> {
    pairs
        .iter()
        .enumerate()
        .filter(|(_, pair)| pair.is_none())
        .map(|(at, _)| at)
        .collect()
}

fn exact(a: &[Term], b: &[Term]) -> Vec<Option<usize>> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(b.len());
    for (at, term) in b.iter().enumerate() {
        places.entry(term.key.as_str()).or_insert(at);
    }
    a.iter()
        .map(|term| places.get(term.key.as_str()).copied())
        .collect()
}

/// How many words from the first of `terms` on are what a word stands for, two at least.
fn joined(word: &str, terms: &[Term]) -> Option<usize> {
    let mut rest = word;
    let mut initials = word.chars();
    let (mut whole, mut short) = (true, word.len() >= 3 || word.chars().count() == 2);
    for (at, term) in terms.iter().enumerate().take(word.len()) {
        if !term.word {
            return None;
        }
        let length = at.saturating_add(1);
        whole = whole
            && rest
                .strip_prefix(term.text.as_str())
                .or_else(|| rest.strip_prefix(term.key.as_str()))
                .inspect(|next| rest = next)
                .is_some();
        short = short && initials.next() == term.text.chars().next();
        if !whole && !short {
            return None;
        }
        let ended = whole && rest.is_empty() || short && initials.as_str().is_empty();
        if ended {
            return (length > 1).then_some(length);
        }
    }
    None
}
