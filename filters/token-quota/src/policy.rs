//! The configuration, and what follows from it for every request alike.

use penstock_chat::Tokens;
use penstock_config::slice::{CountedModel, Kind, Limit, TokenQuota};
use penstock_count::Family;
use penstock_quota::Span;

/// What the filter does, read once.
#[derive(Debug)]
pub struct Policy {
    /// As it was configured.
    pub(crate) config: TokenQuota,
    families: Vec<Family>,
}

/// A model that clients may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model<'a> {
    /// As configured.
    pub(crate) config: &'a CountedModel,
    /// How its tokens are counted.
    pub(crate) family: &'a Family,
}

impl Policy {
    /// Reads a slice that `penstock render` has written.
    pub fn new(config: TokenQuota) -> Self {
        let families = config
            .models
            .iter()
            .map(|model| penstock_count::family(&model.counted_as))
            .collect();
        Self { config, families }
    }

    /// The model that clients call `name`.
    pub(crate) fn model(&self, name: &str) -> Option<Model<'_>> {
        let mut models = self.config.models.iter().zip(&self.families);
        models
            .find(|(config, _)| config.name == name)
            .map(|(config, family)| Model { config, family })
    }

    /// The name of `tenant` in statistics.
    pub(crate) fn label<'a>(&self, tenant: &'a str) -> &'a str {
        if self.config.tenants.iter().any(|known| known == tenant) {
            tenant
        } else {
            "other"
        }
    }
}

impl Model<'_> {
    /// The most tokens that one answer can take, of a client that asks for at most `asked`.
    pub(crate) fn most_output(&self, asked: Option<Tokens>) -> Tokens {
        let most = asked.unwrap_or(self.config.default_output_tokens);
        self.config
            .max_output_tokens
            .map_or(most, |given| most.min(given))
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Input and output tokens.
    Tokens,
    /// Requests.
    Requests,
    /// Requests under way.
    Concurrency,
    /// Input tokens of one request.
    Input,
}

/// What `limit` counts.
pub(crate) fn unit(limit: &Limit) -> Unit {
    match limit.kind {
        Kind::TokensPerMinute | Kind::TokensPerHour | Kind::TokensPerDay => Unit::Tokens,
        Kind::RequestsPerMinute => Unit::Requests,
        Kind::ConcurrentRequests => Unit::Concurrency,
        Kind::InputTokens => Unit::Input,
    }
}

/// The time that `limit` counts over; none if it looks at each request alone.
pub(crate) fn span(limit: &Limit) -> Option<Span> {
    const MINUTE_MS: u64 = 60_000;
    Some(match limit.kind {
        Kind::TokensPerMinute | Kind::RequestsPerMinute => Span::Window { ms: MINUTE_MS },
        Kind::TokensPerHour => Span::Window { ms: 60 * MINUTE_MS },
        Kind::TokensPerDay => Span::Window {
            ms: 24 * 60 * MINUTE_MS,
        },
        Kind::ConcurrentRequests => Span::Concurrent,
        Kind::InputTokens => return None,
    })
}
