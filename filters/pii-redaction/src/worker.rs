//! What all requests of one worker use, one after the other.

use penstock_config::slice::PiiRedaction;
use penstock_pii::{
    Custom, DenyList, Entity, InvalidCustom, KeyTooShort, Pattern, Placeholders, Recognizers, Score, Vault,
};

use crate::policy::Policies;

/// What all requests of one worker use.
#[derive(Debug)]
pub struct Worker {
    pub(crate) config: PiiRedaction,
    pub(crate) recognizers: Recognizers,
    pub(crate) placeholders: Placeholders,
    pub(crate) policies: Policies,
    /// Names of the kinds that the configuration defines, by their number.
    pub(crate) custom: Vec<String>,
    /// What is given back where nothing is.
    pub(crate) no_values: Vault,
}

/// Why the filter cannot work.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The key of placeholders.
    #[error("environment variable {name}: {error}")]
    Key {
        /// Where it should be.
        name: String,
        /// What is wrong with it.
        error: KeyTooShort,
    },
    /// A pattern or a list.
    #[error("patterns and lists: {0}")]
    Custom(#[from] InvalidCustom),
}

impl Worker {
    /// Where the name is that placeholders are kept apart by.
    pub fn tenant(&self) -> &penstock_config::slice::Source {
        &self.config.tenant
    }

    /// A worker that does what `config` says. `key` is what stands in the environment variable that it names; empty if
    /// there is none.
    pub fn new(config: PiiRedaction, key: &[u8]) -> Result<Self, Unusable> {
        let placeholders = Placeholders::new(key).map_err(|error| Unusable::Key {
            name: config.key_env.clone(),
            error,
        })?;
        let names = config.patterns.iter().map(|pattern| &pattern.name);
        let custom: Vec<String> = names
            .chain(config.deny_lists.iter().map(|list| &list.name))
            .cloned()
            .collect();
        Ok(Self {
            recognizers: Recognizers::new(additions(&config)?),
            placeholders,
            policies: Policies::new(&config, &custom),
            custom,
            no_values: Vault::default(),
            config,
        })
    }
}

fn additions(config: &PiiRedaction) -> Result<Custom, InvalidCustom> {
    let mut kinds = (0..=u8::MAX).map(Entity::Custom);
    let patterns = config
        .patterns
        .iter()
        .zip(&mut kinds)
        .map(|(pattern, entity)| Pattern {
            entity,
            regex: pattern.regex.clone(),
            score: Score(pattern.score),
            context: pattern.context.clone(),
        });
    let patterns = patterns.collect();
    let lists = config
        .deny_lists
        .iter()
        .zip(&mut kinds)
        .map(|(list, entity)| DenyList {
            entity,
            words: list.words.clone(),
        });
    let lists: Vec<_> = lists.collect();
    Custom::new(patterns, &lists, &config.allow)
}
