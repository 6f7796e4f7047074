//! The vectors of texts, and a file that keeps them: to embed thousands of texts takes minutes.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use penstock_embed::{EmbedError, Embedder, Vector};
use sha2::{Digest, Sha256};

/// How many texts the embedder has at once, to take together what it can.
const AT_ONCE: usize = 32;

type Hash = [u8; 32];

/// An embedder that remembers.
pub struct Vectors {
    embedder: Arc<dyn Embedder>,
    file: PathBuf,
    known: HashMap<Hash, Vector>,
}

impl Vectors {
    /// With what the file holds, if it can be read.
    pub fn open(embedder: Arc<dyn Embedder>, file: PathBuf) -> Self {
        let known = fs::read(&file)
            .ok()
            .and_then(|bytes| parse(&bytes))
            .unwrap_or_default();
        Self {
            embedder,
            file,
            known,
        }
    }

    /// Embeds what is not known yet, and writes it down. A text that the embedder refuses stays without a vector.
    pub async fn learn(&mut self, texts: impl IntoIterator<Item = &str>) -> anyhow::Result<()> {
        let mut missing: HashMap<Hash, &str> =
            texts.into_iter().map(|text| (self.hash(text), text)).collect();
        missing.retain(|hash, _| !self.known.contains_key(hash));
        if missing.is_empty() {
            return Ok(());
        }
        let (total, mut refused) = (missing.len(), 0);
        let embedder = &self.embedder;
        let mut vectors = stream::iter(missing)
            .map(|(hash, text)| async move { (hash, embedder.embed(text).await) })
            .buffer_unordered(AT_ONCE);
        let mut learned = Vec::new();
        while let Some((hash, vector)) = vectors.next().await {
            match vector {
                Ok(vector) => learned.push((hash, vector)),
                Err(error) if is_refusal(&error) => refused += 1,
                Err(error) => return Err(error.into()),
            }
            if learned.len() % 1000 == 999 {
                eprintln!("{} of {total} texts embedded", learned.len() + 1);
            }
        }
        drop(vectors);
        if refused > 0 {
            eprintln!("{refused} texts are none that the embedder takes");
        }
        self.known.extend(learned);
        fs::write(&self.file, self.bytes())?;
        Ok(())
    }

    /// The vector of a text that was learned, if it has one.
    pub fn of(&self, text: &str) -> Option<&Vector> {
        self.known.get(&self.hash(text))
    }

    fn hash(&self, text: &str) -> Hash {
        let mut hash = Sha256::new();
        hash.update(self.embedder.name());
        hash.update([0]);
        hash.update(text);
        hash.finalize().into()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (hash, vector) in &self.known {
            bytes.extend_from_slice(hash);
            bytes.extend_from_slice(&(vector.dimension() as u32).to_le_bytes());
            bytes.extend(vector.as_slice().iter().flat_map(|number| number.to_le_bytes()));
        }
        bytes
    }
}

/// Whether it has to do with the text.
fn is_refusal(error: &EmbedError) -> bool {
    matches!(
        error,
        EmbedError::TooLarge { .. } | EmbedError::TooLong { .. } | EmbedError::Unknown { .. }
    )
}

fn parse(mut bytes: &[u8]) -> Option<HashMap<Hash, Vector>> {
    let mut known = HashMap::new();
    while !bytes.is_empty() {
        let (hash, rest) = bytes.split_first_chunk::<32>()?;
        let (dimension, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*dimension))
            .ok()?
            .checked_mul(4)?;
        let (numbers, rest) = rest.split_at_checked(length)?;
        let numbers = numbers
            .as_chunks::<4>()
            .0
            .iter()
            .map(|number| f32::from_le_bytes(*number));
        known.insert(*hash, Vector::new(numbers.collect()).ok()?);
        bytes = rest;
    }
    Some(known)
}

#[async_trait]
impl Embedder for Vectors {
    fn name(&self) -> &str {
        self.embedder.name()
    }

    async fn embed(&self, text: &str) -> Result<Vector, EmbedError> {
        match self.of(text) {
            Some(vector) => Ok(vector.clone()),
            None => self.embedder.embed(text).await,
        }
    }
}
