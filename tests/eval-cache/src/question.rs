//! What is asked.

/// A question, and what a provider would answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub text: String,
    /// Questions of the same intent want the same answer, all others another one.
    pub intent: String,
    /// Empty if it is not known: then the intent tells whether answers are the same.
    pub answer: String,
    pub origin: Origin,
    pub coming: Coming,
}

/// How a question came about.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// By itself.
    Own,
    /// It is a near miss of another question: what is changed, and the other's intent.
    Near { change: String, of: String },
}

/// What becomes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// It was answered before: it is kept, and not asked.
    Before,
    /// It is asked, and kept if the provider has to answer it.
    Asked,
    /// It is asked, and never kept.
    Probe,
}
