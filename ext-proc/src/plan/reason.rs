//! Why a target cannot take a request, in words that the client may read.

use std::fmt;

use penstock_chat::Tokens;
use penstock_config::routing::{Capability, Routing};

/// Why a target cannot take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The caller may not use it.
    NotAllowed,
    /// It is of another version than the pinned one.
    Pin,
    /// The caller's requests must stay somewhere else.
    Region {
        /// Where the caller's requests must stay.
        needed: String,
        /// Where the target is, if that is known.
        has: Option<String>,
    },
    /// It lacks something that the request asks for.
    Capability(Capability),
    /// The request is too long for it.
    ContextWindow {
        /// Input tokens, and those that the client allows for the answer.
        needs: Tokens,
        /// What fits.
        has: Tokens,
    },
    /// Nobody knows what it costs, and that must be known.
    Unpriced,
    /// A budget of its provider's has nothing left.
    Budget,
    /// The provider's own limit is reached.
    ProviderLimit,
    /// It has failed too often of late.
    Circuit {
        /// Until it is tried again.
        retry_after_ms: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed => f.write_str("not allowed for this key"),
            Self::Pin => f.write_str("not of the pinned version"),
            Self::Region { needed, .. } if needed.is_empty() => {
                f.write_str("the caller's region is not known")
            }
            Self::Region {
                needed,
                has: Some(has),
            } => write!(f, "region {has}, not {needed}"),
            Self::Region { needed, has: None } => write!(f, "region unknown, not {needed}"),
            Self::Capability(capability) => write!(f, "without {capability}"),
            Self::ContextWindow { needs, has } => {
                write!(f, "context window of {has} tokens for {needs}")
            }
            Self::Unpriced => f.write_str("no price is known"),
            Self::Budget => f.write_str("budget used up"),
            Self::ProviderLimit => f.write_str("provider's limit reached"),
            Self::Circuit { retry_after_ms } => {
                write!(f, "circuit open for {} s", retry_after_ms.div_ceil(1_000))
            }
        }
    }
}

/// What a client is told for whom no target is left. It names targets, and nothing that the client sent but the
/// alias, which is the configuration's.
pub fn refusal(routing: &Routing, excluded: &[(usize, Reason)]) -> String {
    let mut message = format!("no target is left for model {}", routing.alias);
    let named = excluded
        .iter()
        .filter_map(|(index, reason)| Some((routing.targets.get(*index)?, reason)));
    for (count, (route, reason)) in named.enumerate() {
        let mark = if count == 0 { ':' } else { ';' };
        message.push_str(&format!("{mark} {}/{}: {reason}", route.provider, route.model));
    }
    message
}
