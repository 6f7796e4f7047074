//! What the service tells the front instance, as dynamic metadata.

use penstock_config::slice::Model;
use serde::{Deserialize, Serialize};

use crate::Price;

/// The namespace of dynamic metadata that the service writes.
pub const NAMESPACE: &str = "penstock";
/// The key in it that holds the [`Decision`], as JSON.
pub const DECISION: &str = "decision";

/// Where one request may go, in order. It names targets instead of describing them: whoever reads it knows its own
/// configuration, and a name that is not in it is passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The alias whose targets these are: the one that the client asked for, or the cheaper one that it gets.
    pub alias: String,
    /// In the order they are tried.
    pub targets: Vec<Chosen>,
    /// Under which configuration it was decided.
    pub policy_version: String,
    /// What the cache had for the request, if it was to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Lookup>,
}

/// What the cache had for a request that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lookup {
    /// Nothing.
    Miss,
    /// It was not asked, as the request or what it holds would have it.
    Bypass,
}

impl Lookup {
    /// The word for it in `x-penstock-cache`, the ledger and statistics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Bypass => "bypass",
        }
    }
}

/// One target of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// What it costs, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

impl Decision {
    /// Reads the value of [`DECISION`].
    pub fn from_json(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }

    /// The value of [`DECISION`]. Strings and numbers always serialise.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// `model` with its targets as decided: those that it has, in this order.
    pub fn apply(&self, model: &Model) -> Model {
        let targets = self.targets.iter().filter_map(|chosen| {
            model
                .targets
                .iter()
                .find(|target| target.provider == chosen.provider && target.model == chosen.model)
                .cloned()
        });
        Model {
            targets: targets.collect(),
            ..model.clone()
        }
    }

    /// The price of a target.
    pub fn price(&self, provider: &str, model: &str) -> Option<Price> {
        self.targets
            .iter()
            .find(|chosen| chosen.provider == provider && chosen.model == model)?
            .price
    }
}
