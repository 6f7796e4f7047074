//! What a near miss has changed, so that another answer is asked for.

use serde::{Deserialize, Serialize};

/// The traps that are known of other caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The opposite is asked for, in another word.
    Antonym,
    /// The opposite is asked for, by a negation.
    Negation,
    /// Another number.
    Number,
    /// Another day, month or year.
    Date,
    /// Another unit.
    Unit,
    /// Another name.
    Name,
    /// Another code, function, order.
    Identifier,
    /// Another text in quotes.
    Quoted,
    /// The same in another language.
    Language,
    /// Another placeholder for a personal value.
    Placeholder,
    /// Another thing, or another property of it.
    Subject,
    /// The same two things, the other way round.
    Operand,
}

impl Change {
    /// As in the data, and in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Antonym => "antonym",
            Self::Negation => "negation",
            Self::Number => "number",
            Self::Date => "date",
            Self::Unit => "unit",
            Self::Name => "name",
            Self::Identifier => "identifier",
            Self::Quoted => "quoted",
            Self::Language => "language",
            Self::Placeholder => "placeholder",
            Self::Subject => "subject",
            Self::Operand => "operand",
        }
    }
}
