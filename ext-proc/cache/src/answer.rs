//! Answers as they are kept: collected from what a client got, and replayed in the dialect and mode that another wants.

use penstock_chat::Usage;
use serde::{Deserialize, Serialize};

/// A whole answer in neutral form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The model that answered, as the provider names it.
    pub model: String,
    /// What it said, in its order.
    pub content: Vec<Content>,
    /// What it used.
    pub usage: Option<Usage>,
}

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Text for the user.
    Text(String),
}
