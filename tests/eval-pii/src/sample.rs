//! A text and what of it is personal data.

use std::ops::Range;

use penstock_pii::Entity;

/// A labelled text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    pub text: String,
    pub labels: Vec<Label>,
}

/// Personal data in a text, by its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub entity: Entity,
    pub span: Range<usize>,
}

impl Sample {
    /// One without personal data.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            labels: Vec::new(),
        }
    }

    /// Puts text behind.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Puts personal data behind.
    pub fn push_labelled(&mut self, entity: Entity, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.labels.push(Label {
            entity,
            span: start..self.text.len(),
        });
    }
}
