//! The words that a text is about, each with its role.

use super::language::Tongue;
use super::lexicon::{self, ENTITIES, Entity, LIGHT, MEANINGS, Side, VERBS};
use super::stem::stem;
use super::token::{Case, Kind, Token};
use super::unit;

/// A word that a text is about.
#[derive(Clone, Debug)]
pub(super) struct Term {
    /// Its stem; a number with its unit; anything else as written.
    pub key: String,
    /// The word in lower case.
    pub text: String,
    /// How it is written.
    pub case: Case,
    /// Whether it is the name of something: its case says so, or the list of names.
    pub named: bool,
    /// Whether it is a name of a program.
    pub identifier: bool,
    /// Whether it is a word, and no number.
    pub word: bool,
    /// Whether it says what something is, or is like, and no more than that something is done.
    pub thing: bool,
    /// Whether it may come and go.
    pub light: bool,
    /// The preposition that it stands behind; empty for none.
    pub role: &'static str,
    /// The unit that it names.
    pub unit: Option<&'static str>,
    /// How many function words that matter stand before it in the text.
    pub depth: usize,
    /// The groups of synonyms it is in.
    pub synonyms: &'static [usize],
    /// The opposites it is one of.
    pub sides: &'static [Side],
    /// The name in the list.
    pub entity: Option<Entity>,
}

impl Term {
    /// Whether a list knows it.
    pub fn known(&self) -> bool {
        self.entity.is_some()
    }

    /// Whether they mean the same.
    pub fn akin(&self, other: &Self) -> bool {
        if self.key == other.key {
            return true;
        }
        let camel = |term: &Self| term.case == Case::Camel && term.entity.is_none();
        if !self.word || !other.word || camel(self) && camel(other) {
            return false;
        }
        if self.unit.is_some() || other.unit.is_some() {
            return self.unit == other.unit;
        }
        if self.entity.is_some() || other.entity.is_some() {
            return self
                .entity
                .zip(other.entity)
                .is_some_and(|(entity, other)| entity.akin(other));
        }
        self.synonyms.iter().any(|group| other.synonyms.contains(group))
            || self.sides.iter().any(|side| other.sides.contains(side))
            || derived(&self.key, &other.key)
            || misspelt(&self.key, &other.key)
            || misspelt(&self.text, &other.text)
    }

    /// Whether one is the opposite of the other; and whether the denial of one is the other.
    pub fn opposes(&self, other: &Self) -> Option<bool> {
        let pairs = self
            .sides
            .iter()
            .flat_map(|side| other.sides.iter().map(move |other| (side, other)));
        let mut opposite = pairs
            .filter(|(side, other)| side.opposes(**other))
            .map(|(side, _)| side.complementary());
        opposite.next()
    }
}

fn derived(a: &str, b: &str) -> bool {
    let (a, b) = (super::stem::root(a), super::stem::root(b));
    a == b && a.len() >= 4
}

/// Two neighbours swapped, or a letter doubled: what no other word is made by.
fn misspelt(a: &str, b: &str) -> bool {
    if a.len() < 5 || b.len() < 5 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    if a.len() != b.len() {
        let single = |word: &str| {
            let mut chars: Vec<char> = word.chars().collect();
            chars.dedup();
            chars
        };
        return single(a) == single(b);
    }
    let mut different = a.chars().zip(b.chars()).filter(|(left, right)| left != right);
    let swapped =
        matches!((different.next(), different.next()), (Some((p, q)), Some((r, s))) if p == s && q == r);
    swapped && different.next().is_none()
}

/// The terms of a text.
pub(super) fn all(tokens: &[Token], tongue: Option<Tongue>) -> Vec<Term> {
    let foreign = tongue.filter(|tongue| *tongue != Tongue::English);
    let cased = foreign.is_none() && case_tells(tokens);
    let mut terms = Vec::new();
    let (mut role, mut depth) = ("", 0_usize);
    let mut last: Option<&Token> = None;
    for (at, token) in tokens.iter().enumerate() {
        let before = last.replace(token);
        let word = token.kind == Kind::Word;
        let text = token.text.as_str();
        if token.kind == Kind::Pause {
            role = "";
            continue;
        }
        if word {
            let function = match foreign {
                Some(tongue) => tongue.has(text),
                None => lexicon::is_function(text) && !(text == "us" && token.case == Case::Upper),
            };
            let infinitive = text == "to" && before.is_some_and(takes_verb);
            if let Some(preposition) = preposition(text).filter(|_| foreign.is_none() && !infinitive) {
                // `20 days after it`
                let measured = matches!(preposition, "before" | "after")
                    && before.is_some_and(|before| before.kind == Kind::Number);
                // `arriving in Rome`
                let arrives = matches!(preposition, "in" | "at" | "on")
                    && before.is_some_and(|before| goes(before) == Some("to"));
                role = if measured {
                    ""
                } else if arrives {
                    "to"
                } else {
                    preposition
                };
            } else if function && !lexicon::is("determiner", text) && !lexicon::is("conjunction", text) {
                role = "";
            }
            let polar = foreign.is_none() && lexicon::is("polar", text);
            if function && !polar {
                depth = depth.saturating_add(usize::from(
                    !lexicon::is("determiner", text) && !lexicon::is("auxiliary", text),
                ));
                continue;
            }
        }
        let entity = if word { entity(text) } else { None };
        // `leaving Rome`
        let role_here = match before.and_then(goes) {
            Some(end) if word && role.is_empty() => end,
            _ => role,
        };
        // `getUsers` is no plural.
        let inflected = word && foreign.is_none() && (token.case != Case::Camel || entity.is_some());
        let key = if inflected { stem(text) } else { text.to_owned() };
        let capital =
            matches!(token.case, Case::Capital | Case::Camel) && !token.opens || token.case == Case::Upper;
        // `Pixel 8`
        let numbered = token.kind == Kind::Number
            && terms.last().is_some_and(|term: &Term| term.named && term.word)
            && before.is_some_and(|before| before.kind == Kind::Word && !lexicon::is_function(&before.text));
        let light = word && (LIGHT.contains(&key) || adverb(text) && MEANINGS.sides(&key).is_empty());
        terms.push(Term {
            thing: word
                && !light
                && (before.is_some_and(makes_noun)
                    || compound(before, tokens.get(at.saturating_add(1)))
                    || !(participle(text) || VERBS.contains(&key))),
            named: word && (entity.is_some() || cased && capital) || numbered,
            identifier: token.kind == Kind::Identifier,
            word,
            light,
            role: role_here,
            unit: unit::alone(text).filter(|_| word),
            depth,
            synonyms: if word { MEANINGS.synonyms(&key) } else { &[] },
            sides: if word { MEANINGS.sides(&key) } else { &[] },
            entity,
            case: token.case,
            text: token.text.clone(),
            key,
        });
    }
    terms
}

fn entity(text: &str) -> Option<Entity> {
    ENTITIES
        .get(text)
        .or_else(|| ENTITIES.get(text.strip_suffix('s')?))
        .copied()
}

/// Whether a verb follows a word and `to`.
fn takes_verb(token: &Token) -> bool {
    const VERBS: [&str; 16] = [
        "want", "wants", "need", "needs", "like", "try", "trying", "able", "way", "ways", "best", "safe",
        "good", "supposed", "going", "time",
    ];
    let text = token.text.as_str();
    let classes = ["question", "auxiliary", "pronoun", "filler"];
    token.kind == Kind::Word
        && (VERBS.contains(&text) || classes.iter().any(|class| lexicon::is(class, text)))
}

/// Whether a word stands between a verb and a noun: `send push notifications`.
fn compound(before: Option<&Token>, next: Option<&Token>) -> bool {
    let verb = |token: &Token| {
        token.kind == Kind::Word
            && (VERBS.contains(&stem(&token.text))
                || matches!(token.text.as_str(), "me" | "us" | "many" | "much"))
    };
    before.is_some_and(verb)
        && next.is_some_and(|next| next.kind == Kind::Word && !lexicon::is_function(&next.text))
}

/// Whether what follows a word is no verb.
fn makes_noun(token: &Token) -> bool {
    token.kind == Kind::Word
        && (lexicon::is("determiner", &token.text)
            || lexicon::is("preposition", &token.text) && !token.is("to"))
}

/// Whether a verb says from where or whereto one goes.
fn goes(token: &Token) -> Option<&'static str> {
    match token.text.as_str() {
        "leave" | "leaves" | "leaving" | "left" => Some("from"),
        "reach" | "reaches" | "reaching" | "arrive" | "arrives" | "arriving" | "land" | "lands"
        | "landing" => Some("to"),
        _ => None,
    }
    .filter(|_| token.kind == Kind::Word)
}

/// `thawing`, `thawed`.
fn participle(text: &str) -> bool {
    text.len() > 5 && (text.ends_with("ing") || text.ends_with("ed"))
}

/// `permanently`; not `family`.
fn adverb(text: &str) -> bool {
    const NOUNS: [&str; 12] = [
        "family",
        "assembly",
        "anomaly",
        "butterfly",
        "monopoly",
        "bully",
        "italy",
        "reply",
        "supply",
        "firefly",
        "poly",
        "homily",
    ];
    text.len() > 6 && text.ends_with("ly") && !NOUNS.contains(&text)
}

/// Whether capitals say anything: not where most words have them.
fn case_tells(tokens: &[Token]) -> bool {
    let inner = tokens
        .iter()
        .filter(|token| token.kind == Kind::Word && !token.opens && token.text.len() > 3);
    let (mut capitals, mut count) = (0_usize, 0_usize);
    for token in inner {
        count = count.saturating_add(1);
        capitals = capitals.saturating_add(usize::from(token.case != Case::Lower));
    }
    capitals.saturating_mul(5) <= count.saturating_mul(4) || count < 3
}

/// The role behind a preposition.
fn preposition(word: &str) -> Option<&'static str> {
    Some(match word {
        "from" | "off" => "from",
        "to" | "into" | "towards" | "toward" => "to",
        "in" | "inside" | "within" => "in",
        "on" | "onto" | "upon" => "on",
        "at" => "at",
        "of" => "of",
        "with" | "using" => "with",
        "without" => "without",
        "for" => "for",
        "by" => "by",
        "than" => "than",
        "over" | "above" => "over",
        "under" | "below" => "under",
        "before" => "before",
        "after" => "after",
        "as" => "as",
        "through" | "via" => "through",
        "against" => "against",
        "about" => "about",
        "during" => "during",
        _ => return None,
    })
}
