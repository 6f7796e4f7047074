//! Where a request may go when a service decides, and what happens when it has not.

use penstock_chat::Api;
use penstock_config::slice::{FailureMode, FrontService, Model};
use penstock_plan::Decision;

/// The largest decision that is read, in bytes. One that names the most targets a model may have, with prices, is a
/// fraction of it.
const LARGEST: usize = 64 << 10;

/// Where a request may go.
pub(crate) enum Decided {
    /// As the service has decided.
    Used {
        /// The alias that is served, with the targets of the decision.
        model: Model,
        /// What the service said.
        decision: Decision,
    },
    /// As the configuration says: there is no decision that could be used.
    Static(Model),
    /// Nowhere.
    Denied,
}

impl Decided {
    /// What becomes of a request in `dialect` for the model `asked`. `said` is what the service wrote, if it did;
    /// `is_known` tells whether it has said who asks.
    pub(crate) fn of(
        service: &FrontService,
        models: &[Model],
        asked: &Model,
        dialect: Api,
        said: Option<&str>,
        is_known: impl FnOnce() -> bool,
    ) -> Self {
        if let Some((model, decision)) = said.and_then(|said| used(models, said)) {
            return Self::Used { model, decision };
        }
        if service.failure_mode.of(dialect) == FailureMode::Deny || service.needs_caller && !is_known() {
            return Self::Denied;
        }
        let mut model = asked.clone();
        model
            .targets
            .retain(|target| !service.withholds(&asked.name, &target.provider, &target.model));
        if model.targets.is_empty() {
            return Self::Denied;
        }
        Self::Static(model)
    }

    /// The word for it in statistics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Used { .. } => "used",
            Self::Static(_) => "static",
            Self::Denied => "denied",
        }
    }
}

/// The decision, and the model that it is about with at least one target.
fn used(models: &[Model], said: &str) -> Option<(Model, Decision)> {
    if said.len() > LARGEST {
        return None;
    }
    let decision = Decision::from_json(said.as_bytes())?;
    let model = models.iter().find(|model| model.name == decision.alias)?;
    let model = decision.apply(model);
    (!model.targets.is_empty()).then_some((model, decision))
}
