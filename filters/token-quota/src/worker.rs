//! What all requests of one worker use, one after the other.

use std::cell::Cell;

use penstock_chat::{Api, Tokens};
use penstock_config::slice::TokenQuota;
use penstock_count::{Calibration, Counted, Exactness};
use penstock_flow::Step;
use penstock_quota::{Shared, Table};
use penstock_tokens::Tokenizer;
use penstock_translate::request::InvalidRequest;

use crate::holds::Holds;
use crate::metrics;
use crate::policy::{Model, Policy};

/// What all requests of one worker use.
pub struct Worker<S> {
    /// Whom to hold to what.
    pub(crate) policy: Policy,
    /// The windows of all limits.
    pub(crate) table: Table,
    /// Where the windows are kept, for all workers.
    pub(crate) shared: S,
    /// What requests under way have reserved.
    pub(crate) holds: Holds,
    tokenizer: Cell<Tokenizer>,
    /// What the gauges have been told that this worker's requests have reserved, by limit.
    told: Cell<Vec<u64>>,
}

impl<S: Shared> Worker<S> {
    /// A worker that does what `config` says. `seed` is the same for all of them and known to no client.
    pub fn new(config: TokenQuota, shared: S, seed: u64) -> Self {
        let table = Table::new(config.windows, config.hold_ms).with_seed(seed);
        Self {
            table: match &config.leases {
                Some(leases) => table.leased(leases.initial_permille),
                None => table,
            },
            policy: Policy::new(config),
            shared,
            holds: Holds::default(),
            tokenizer: Cell::default(),
            told: Cell::default(),
        }
    }

    /// What it was configured with.
    pub fn config(&self) -> &TokenQuota {
        &self.policy.config
    }

    /// Time passes: reservations of requests that are still under way are renewed, and told to people.
    pub fn tick(&self, now_ms: u64) -> Step {
        self.holds.renew(&self.table, &self.shared, now_ms);
        self.tell()
    }

    /// Tells people what requests under way have reserved. To be called once none is left, too: where another
    /// configuration has taken this one's place, nothing ticks here any more after its last request.
    pub(crate) fn tell(&self) -> Step {
        let limits = &self.policy.config.limits;
        let reserved = self.holds.reserved(limits.len());
        let told = self.told.replace(reserved.clone());
        let mut step = Step::go_on();
        for (index, (limit, now)) in limits.iter().zip(reserved).enumerate() {
            let before = told.get(index).copied().unwrap_or(0);
            let distance = i64::try_from(now.abs_diff(before)).unwrap_or(i64::MAX);
            if distance != 0 {
                let by = if now > before { distance } else { -distance };
                step.shift(metrics::reserved(limit), by);
            }
        }
        step
    }

    /// Lends the tokenizer.
    pub(crate) fn tokenizing<T>(&self, use_it: impl FnOnce(&mut Tokenizer) -> T) -> T {
        let mut tokenizer = self.tokenizer.take();
        let result = use_it(&mut tokenizer);
        self.tokenizer.set(tokenizer);
        result
    }

    /// Counts a request for `model`, at least up to where its input passes `most`.
    pub(crate) fn count(
        &self,
        client: Api,
        model: Model<'_>,
        body: &[u8],
        most: Tokens,
    ) -> Result<Input, InvalidRequest> {
        let calibration = self.calibration(model);
        // A factor below one lets more text in before the limit is passed.
        let permille = u64::from(calibration.factor_permille()).clamp(1, 1_000);
        let most = Tokens(most.0.saturating_mul(1_000) / permille);
        let counted = self
            .tokenizing(|tokenizer| penstock_count::request(tokenizer, client, body, model.family, most))?;
        Ok(Input {
            tokens: calibration.request(&counted),
            counted,
            calibration,
        })
    }

    /// How the counts of `model` are corrected: not at all where the vocabulary is the model's own.
    fn calibration(&self, model: Model<'_>) -> Calibration {
        let initial = model.family.initial_factor_permille;
        match model.family.exactness {
            Exactness::Exact => Calibration::new(initial),
            Exactness::Estimated => {
                let known = self.shared.read(&calibration_key(model));
                known.map_or_else(
                    || Calibration::new(initial),
                    |(bytes, _)| Calibration::from_bytes(&bytes, initial),
                )
            }
        }
    }

    /// Learns from the provider's count of what was `counted` here.
    pub(crate) fn calibrate(&self, model: Model<'_>, counted: &Counted, actual: Tokens) {
        if model.family.exactness == Exactness::Exact {
            return;
        }
        let initial = model.family.initial_factor_permille;
        penstock_quota::update(&self.shared, &calibration_key(model), |known| {
            let mut calibration = Calibration::from_bytes(known.unwrap_or_default(), initial);
            calibration.observe_request(counted, actual);
            Some(calibration.to_bytes().to_vec())
        });
    }
}

/// The input of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    /// As the provider is expected to count it.
    pub(crate) tokens: Tokens,
    /// As its text counts.
    pub(crate) counted: Counted,
    /// What lies between the two.
    pub(crate) calibration: Calibration,
}

/// One value for each model of the configuration, so their number is bounded.
fn calibration_key(model: Model<'_>) -> String {
    let config = model.config;
    format!("penstock.calibration.{}.{}", config.name, config.counted_as)
}
