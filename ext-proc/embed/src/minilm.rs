//! all-MiniLM-L6-v2 of sentence-transformers, on this machine's processor.
//!
//! 384 dimensions; the mean of the tokens' states. It knows English; words it does not know are an error, since it
//! would see all of them as the same. Case and accents do not matter to it.

mod bert;
mod files;
mod gelu;

use std::{io, num::NonZeroUsize, path::Path};

use async_trait::async_trait;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::Tokenizer;

pub use files::LoadError;

use self::bert::Bert;
use crate::{EmbedError, Embedder, Limits, Vector, queue::Queue, worker, worker::Model};

/// The vocabulary's word for what is not in it. Source: `vocab.txt` beside the weights, read 2026-11-28.
const UNKNOWN: u32 = 100;
/// Most tokens that the model was trained to see, with the two that mark the ends. Source:
/// `sentence_bert_config.json` beside the weights, read 2026-11-28.
const MOST_TOKENS: usize = 256;
/// About how many tokens are embedded in one pass. More at once are no quicker one by one: measured.
const PASS: usize = 256;

/// The local embedder.
pub struct MiniLm {
    queue: Queue,
}

impl MiniLm {
    /// Loads the model from `directory` (`model.safetensors` and `tokenizer.json`, which `make model` fetches), and
    /// starts the threads it runs on. Blocks for a part of a second, and takes about 180 MB while it loads, 90 MB
    /// after.
    ///
    /// # Errors
    /// When a file is missing or another than expected, or threads cannot be started.
    pub fn load(directory: &Path, threads: NonZeroUsize, limits: Limits) -> Result<Self, LoadError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|_| "penstock-embed-pass".to_owned())
            .build()
            .map_err(|error| LoadError::Thread(io::Error::other(error)))?;
        let local = Local {
            tokenizer: files::tokenizer(directory)?,
            bert: files::bert(directory)?,
            pool,
        };
        let (queue, waiting) = Queue::new(limits);
        worker::start(local, waiting, PASS).map_err(LoadError::Thread)?;
        Ok(Self { queue })
    }
}

#[async_trait]
impl Embedder for MiniLm {
    fn name(&self) -> &str {
        "all-MiniLM-L6-v2"
    }

    async fn embed(&self, text: &str) -> Result<Vector, EmbedError> {
        self.queue.embed(text).await
    }
}

struct Local {
    tokenizer: Tokenizer,
    bert: Bert,
    /// candle and its matrix products run in the pool that they are called in.
    pool: ThreadPool,
}

impl Model for Local {
    fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        // Its error may hold the text.
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|_| EmbedError::Failed("the text cannot be taken apart".to_owned()))?;
        let tokens = encoding.get_ids();
        if tokens.len() > MOST_TOKENS {
            return Err(EmbedError::TooLong {
                tokens: tokens.len(),
                limit: MOST_TOKENS,
            });
        }
        match tokens.iter().filter(|&&token| token == UNKNOWN).count() {
            0 => Ok(tokens.to_vec()),
            words => Err(EmbedError::Unknown { words }),
        }
    }

    fn numbers(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.pool
            .install(|| self.bert.forward(texts))
            .map_err(|error| EmbedError::Failed(format!("the model failed: {error}")))
    }
}

#[cfg(test)]
mod tests;
