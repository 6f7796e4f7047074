//! What meaning does not see: texts whose vectors lie close together, and which ask for different answers.
//!
//! A text is read once ([`Reading::of`]) into what its guards compare: placeholders, quotes, language, dates, numbers,
//! polarity, kind of question, wanted form, and its words without inflection, each with the role that its
//! preposition gives it. [`trap`] then names the first thing that sets two texts apart. A wrong hit is worse than a
//! miss, so whatever stands in only one of two texts and can change an answer sets them apart; synonyms, polite
//! frames and the order of adverbials do not. Words are English; other languages get the guards that need no
//! dictionary, and their own negations.
//!
//! The lists beside this file say their form in their first lines. Nothing here does I/O, and a text costs time
//! linear in its length.

mod courtesy;
mod date;
mod form;
mod identifier;
mod language;
mod lexicon;
mod name;
mod negation;
mod number;
mod order;
mod pairing;
mod phrase;
mod placeholder;
mod question;
mod quote;
mod sequence;
mod stem;
mod subject;
mod term;
mod token;
mod typo;
mod unit;
mod valence;

#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};

use language::Tongue;
use pairing::Pairing;
use term::Term;

/// What sets two texts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trap {
    /// Other placeholders of masked values, or the same ones in another order.
    Placeholder,
    /// Another quotation or piece of code.
    Quote,
    /// Another name of something in a program, path, address, flag or operator.
    Identifier,
    /// Another language, of the text or wanted for the answer.
    Language,
    /// Another date or time.
    Date,
    /// Another number.
    Number,
    /// The same number of something else.
    Unit,
    /// One says what the other denies.
    Negation,
    /// One says the opposite of the other.
    Antonym,
    /// Another person, place, product or language.
    Name,
    /// Another kind of question.
    Question,
    /// Another form or length of the answer.
    Form,
    /// The same words in each other's roles.
    Order,
    /// The same sentence about another thing.
    Subject,
}

impl Trap {
    /// Its name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placeholder => "placeholder",
            Self::Quote => "quote",
            Self::Identifier => "identifier",
            Self::Language => "language",
            Self::Date => "date",
            Self::Number => "number",
            Self::Unit => "unit",
            Self::Negation => "negation",
            Self::Antonym => "antonym",
            Self::Name => "name",
            Self::Question => "question",
            Self::Form => "form",
            Self::Order => "order",
            Self::Subject => "subject",
        }
    }
}

/// A text made ready for comparing.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Of the text; it only decides which of two is looked at first.
    digest: u64,
    placeholders: Vec<String>,
    quotes: quote::Quotes,
    tongue: Option<Tongue>,
    script: Option<language::Script>,
    dates: date::Dates,
    amounts: number::Amounts,
    negations: negation::Negations,
    kinds: question::Kinds,
    forms: Vec<&'static str>,
    terms: Vec<Term>,
    /// Its words in lower case with a blank around each.
    words: String,
    /// What the writer does, or has done to them.
    person: order::Person,
    /// Whether it asks who does something, or to whom it is done.
    wanted: Option<order::Wanted>,
    /// Whether it asks about what may be done, or about what must not.
    valence: valence::Valence,
    /// Whether it asks how to tell which of two is so.
    weighs: bool,
    /// Whether it asks about two things in a way that does not care which comes first.
    symmetric: bool,
    /// What depends on its order alone.
    sequence: sequence::Sequence,
}

impl Reading {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let placeholders = placeholder::all(text);
        let (quotes, prose) = quote::all(text);
        let mut tokens = token::all(&prose);
        let script = language::script(&prose);
        let tongue = language::tongue(&tokens);
        let english = matches!(tongue, None | Some(Tongue::English));
        if english {
            typo::mend(&mut tokens);
            tokens = courtesy::dropped(tokens);
        }
        let mut words = String::from(" ");
        for token in &tokens {
            words.push_str(&token.text);
            words.push(' ');
        }
        let sequence = sequence::Sequence::of(&prose, &tokens);
        if english {
            tokens = phrase::simplify(tokens);
        }
        let dates = date::take(&mut tokens);
        let amounts = number::take(&mut tokens);
        let forms = form::take(&mut tokens);
        let negations = negation::Negations::of(&tokens, tongue);
        let kinds = if english {
            question::Kinds::of(&tokens)
        } else {
            question::Kinds::default()
        };
        let symmetric = order::symmetric(&tokens);
        let person = order::Person::of(&tokens);
        let wanted = order::Wanted::of(&tokens);
        let valence = valence::Valence::of(&tokens, tongue);
        let terms = term::all(&tokens, tongue);
        Self {
            digest: hasher.finish(),
            placeholders,
            quotes,
            tongue,
            script,
            dates,
            amounts,
            negations,
            kinds,
            forms,
            terms,
            words,
            person,
            wanted,
            weighs: question::weighs(&tokens),
            valence,
            symmetric,
            sequence,
        }
    }
}

/// The first trap that sets them apart; none if nothing here does. It does not matter which one is asked.
pub fn trap(asked: &Reading, known: &Reading) -> Option<Trap> {
    // Which of two words finds a counterpart first may depend on who looks, so the same one always looks first.
    let (a, b) = if asked.digest <= known.digest {
        (asked, known)
    } else {
        (known, asked)
    };
    if a.placeholders != b.placeholders {
        return Some(Trap::Placeholder);
    }
    if quote::differ(a, b) {
        return Some(Trap::Quote);
    }
    if language::differ(a, b) {
        return Some(Trap::Language);
    }
    let pairs = Pairing::of(&a.terms, &b.terms);
    if identifier::differ(a, b, &pairs) {
        return Some(Trap::Identifier);
    }
    if date::differ(&a.dates, &b.dates) {
        return Some(Trap::Date);
    }
    if let Some(trap) = number::differ(&a.amounts, &b.amounts).or_else(|| unit::differ(a, b, &pairs)) {
        return Some(trap);
    }
    if let Some(trap) = negation::differ(a, b, &pairs) {
        return Some(trap);
    }
    if valence::differ(a, b) {
        return Some(Trap::Antonym);
    }
    if let Some(trap) = name::differ(a, b, &pairs) {
        return Some(trap);
    }
    if a.kinds.exclude(&b.kinds) {
        return Some(Trap::Question);
    }
    if a.forms != b.forms {
        return Some(Trap::Form);
    }
    if let Some(trap) = sequence::differ(a, b, &pairs) {
        return Some(trap);
    }
    if order::differ(a, b, &pairs) {
        return Some(Trap::Order);
    }
    subject::differ(a, b, &pairs).then_some(Trap::Subject)
}
