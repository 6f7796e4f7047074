//! The key of pii-redaction in the environment, which Envoy hands to the filter and no file ever holds.

use std::env;

use penstock_config::{Config, slice::SHORTEST_PII_KEY};
use thiserror::Error;

/// Stands in for a key that is not here, while Envoy checks a bootstrap that may be meant for another machine. It never
/// stands in anything that is written or run.
const STAND_IN: &str = "not-a-key-but-as-long-as-one";

/// Why the filter would not take the key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PiiKeyError {
    /// There is none.
    #[error("pii.key: environment variable {name} is not set")]
    Missing {
        /// The variable.
        name: String,
    },
    /// It can be guessed.
    #[error(
        "pii.key: environment variable {name} holds {length} bytes; a key has at least {SHORTEST_PII_KEY}"
    )]
    Short {
        /// The variable.
        name: String,
        /// What it holds, in bytes.
        length: usize,
    },
}

/// Looks for the key in this program's environment, which an Envoy that it starts inherits.
///
/// # Errors
/// When the configuration wants one that is not there, or that is too short.
pub fn check(config: &Config) -> Result<(), PiiKeyError> {
    let Some(pii) = &config.pii else { return Ok(()) };
    let name = pii.key_env.clone();
    match env::var_os(&name).map(|key| key.len()) {
        None => Err(PiiKeyError::Missing { name }),
        Some(length) if length < SHORTEST_PII_KEY => Err(PiiKeyError::Short { name, length }),
        Some(_) => Ok(()),
    }
}

/// What to set for an Envoy that only checks: the filter refuses to start without a key.
pub fn stand_in(config: &Config) -> Vec<(&str, &str)> {
    match (&config.pii, check(config)) {
        (Some(pii), Err(_)) => vec![(&pii.key_env, STAND_IN)],
        _ => Vec::new(),
    }
}
