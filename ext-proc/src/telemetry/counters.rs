//! Counters of ours: how requests ended, what was refused and why, moves to other targets, tokens, money, personal data.

use std::sync::atomic::AtomicU64;

use prometheus_client::{metrics::counter::Counter, registry::Registry};

use super::{
    Names, Request, ending,
    series::{Labels, Series},
};

/// A counter of parts.
type Parts = Counter<f64, AtomicU64>;

#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: Series<Counter>,
    refusals: Series<Counter>,
    fallbacks: Series<Counter>,
    cost: Series<Parts>,
    tokens: Series<Counter>,
    pii: Series<Counter>,
}

impl Counters {
    pub(super) fn register(&self, registry: &mut Registry) {
        self.requests.register(
            registry,
            "penstock_requests",
            "Requests for a model, by how they ended and by the provider that was asked last",
        );
        self.refusals.register(
            registry,
            "penstock_refusals",
            "Requests that Penstock answered with an error of its own, or a provider found at fault, by why",
        );
        self.fallbacks.register(
            registry,
            "penstock_fallbacks",
            "Moves to another target, by the provider that was left and why",
        );
        self.cost.register(
            registry,
            "penstock_cost_usd",
            "What requests have cost, in dollars; those without a known price are not in it",
        );
        self.tokens.register(
            registry,
            "penstock_tokens",
            "Tokens of every attempt that is billed",
        );
        self.pii.register(
            registry,
            "penstock_pii_values",
            "Values of personal data that were found in requests, by kind",
        );
    }

    /// Of a request for a model.
    pub(super) fn observe(&self, request: &Request<'_>) {
        let Request {
            names,
            outcome,
            spent,
            ending,
            alias,
            ..
        } = request;
        let last = outcome.trail.0.last();
        let provider = names.provider(last.map_or("", |stop| &stop.provider));
        let labels = [
            ("model", *alias),
            ("provider", provider),
            ("outcome", ending.as_str()),
        ];
        self.requests.of(owned(labels)).inc();
        if let Some(reason) = ending::refusal(outcome) {
            self.refusal(reason, alias);
        }
        for pair in outcome.trail.0.windows(2) {
            let [left, next] = pair else { continue };
            if (&left.provider, &left.model) == (&next.provider, &next.model) {
                continue;
            }
            let labels = [
                ("model", *alias),
                ("provider", names.provider(&left.provider)),
                ("reason", ending::class(left)),
            ];
            self.fallbacks.of(owned(labels)).inc();
        }
        let (tenant, team) = names.payer(outcome);
        for part in &spent.parts {
            if let Some(cost) = part.cost {
                let provider = names.provider(&part.provider);
                let labels = [
                    ("tenant", tenant),
                    ("team", team),
                    ("model", *alias),
                    ("provider", provider),
                ];
                self.cost
                    .of_tenant(owned(labels))
                    .inc_by(cost.0 as f64 / 1_000_000.0);
            }
            for (kind, tokens) in [("input", part.usage.input), ("output", part.usage.output)] {
                let labels = [
                    ("tenant", tenant),
                    ("team", team),
                    ("model", *alias),
                    ("token_type", kind),
                ];
                self.tokens.of_tenant(owned(labels)).inc_by(tokens.0);
            }
        }
    }

    /// Of any request.
    pub(super) fn refusal(&self, reason: &'static str, alias: &str) {
        let labels = [("reason", reason), ("model", alias)];
        self.refusals.of(owned(labels)).inc();
    }

    /// Of any request.
    pub(super) fn pii(&self, request: &Request<'_>) {
        for (kind, count) in &request.outcome.pii {
            let labels = [("kind", request.names.pii_kind(kind))];
            self.pii.of(owned(labels)).inc_by(*count);
        }
    }

    pub(super) fn forget(&self, names: &Names) {
        self.requests.forget(names);
        self.refusals.forget(names);
        self.fallbacks.forget(names);
        self.cost.forget(names);
        self.tokens.forget(names);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let counters = [
            &self.requests,
            &self.refusals,
            &self.fallbacks,
            &self.tokens,
            &self.pii,
        ];
        counters.map(Series::len).iter().sum::<usize>() + self.cost.len()
    }
}

fn owned<const N: usize>(labels: [(&'static str, &str); N]) -> Labels {
    labels.map(|(label, value)| (label, value.into())).into()
}
