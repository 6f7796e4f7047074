//! Meaning as vectors: texts that mean the same have vectors of nearly the same direction.
//!
//! An [`Embedder`] never gives a vector that cannot be compared: what is not finite, has no length or another dimension
//! than before is an error. Neither does it give one of a part of a text: what its model cannot see whole is an error.
//! Errors hold no text of what was embedded.
//!
//! - `queue`: the way of a text to its vector, with its bounds, the same for each embedder.
//! - [`Endpoint`]: an OpenAI-compatible one is asked.
//! - `MiniLm`: a local model, with the feature `minilm`.

mod endpoint;
mod limits;
#[cfg(feature = "minilm")]
mod minilm;
mod queue;
mod recent;
mod vector;
#[cfg(any(feature = "minilm", test))]
mod worker;

use async_trait::async_trait;

pub use endpoint::{Endpoint, EndpointError, EndpointSettings};
pub use limits::Limits;
#[cfg(feature = "minilm")]
pub use minilm::{LoadError, MiniLm};
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
    /// The text is not looked at, since that alone would take long.
    #[error("text of {bytes} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// Of the text.
        bytes: usize,
        /// Of what is looked at.
        limit: usize,
    },
    /// The model would see a part of the text only.
    #[error("text of {tokens} tokens exceeds the {limit} that the model sees")]
    TooLong {
        /// Of the text.
        tokens: usize,
        /// Of the model.
        limit: usize,
    },
    /// The model would see the same in place of each of these words, whichever they are.
    #[error("{words} words of the text are none that the model knows")]
    Unknown {
        /// How many.
        words: usize,
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
