//! Meaning as vectors: texts that mean the same have vectors of nearly the same direction.
//!
//! An [`Embedder`] never gives a vector that cannot be compared: what is not finite, has no length or another dimension
//! than before is an error. Errors hold no text of what was embedded.

mod vector;

use async_trait::async_trait;

pub use vector::{Vector, VectorError};

/// Turns texts into vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// What its vectors can be compared with: those of the same name, and no others.
    fn name(&self) -> &str;

    /// The vector of a text, within the embedder's own budget of time.
    async fn embed(&self, text: &str) -> Result<Vector, EmbedError>;
}

/// Why there is no vector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The model would see a part of the text only.
    #[error("text of {tokens} tokens exceeds the {limit} that the model sees")]
    TooLong {
        /// Of the text.
        tokens: usize,
        /// Of the model.
        limit: usize,
    },
    /// It was not there in time.
    #[error("no vector within {budget_ms} ms")]
    Slow {
        /// The time there was, in milliseconds.
        budget_ms: u64,
    },
    /// More texts wait than can be embedded in time.
    #[error("{waiting} texts are waiting already")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// The embedder gave something that is no vector of its.
    #[error(transparent)]
    Vector(#[from] VectorError),
    /// The embedder cannot be asked.
    #[error("{0}")]
    Failed(String),
}
