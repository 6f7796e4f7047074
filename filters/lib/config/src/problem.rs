//! What is wrong with a file: everything at once, each with its place.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde_saphyr::Location;
use thiserror::Error;

/// Why a configuration could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file was read and is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// Everything that is wrong with one file; never empty.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The file as the caller named it.
    pub file: PathBuf,
    /// In the order of the file.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// Path of the field, such as `providers[1].base_url`; empty for the file as a whole.
    pub field: String,
    /// What is wrong and what would be right; without any value that could be a secret.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// One line for each problem, in the form that editors and terminals make clickable.
impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{problem}", self.file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn at(&mut self, location: Location, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem {
            // What stands nowhere is missing at the top.
            line: location.line().max(1),
            column: location.column().max(1),
            field: field.into(),
            message: message.into(),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_invalid(mut self, file: &Path) -> Invalid {
        self.0.sort_by_key(|problem| (problem.line, problem.column));
        Invalid {
            file: file.to_owned(),
            problems: self.0,
        }
    }
}
