//! The policy of each model, ready for use.

use std::collections::HashMap;

use penstock_config::slice::{Attachments, PiiAction, PiiPolicy, PiiRedaction, PiiResponse, Unscannable};
use penstock_pii::{Action, Entity, Policy, Score};

/// What becomes of personal data in requests for one model, and in their answers.
#[derive(Debug)]
pub(crate) struct Rules {
    pub policy: Policy,
    pub passes_unscannable: bool,
    pub passes_attachments: bool,
    pub restores: bool,
    pub screens: bool,
}

/// The rules of all models.
#[derive(Debug)]
pub(crate) struct Policies {
    default: Rules,
    by_model: HashMap<String, Rules>,
}

impl Policies {
    pub fn new(config: &PiiRedaction, custom: &[String]) -> Self {
        let by_model = config.models.iter();
        Self {
            default: rules(&config.default, custom),
            by_model: by_model
                .map(|model| (model.name.clone(), rules(&model.policy, custom)))
                .collect(),
        }
    }

    /// The rules for a model; those of the default where it has none of its own, or is not known.
    pub fn of(&self, model: Option<&str>) -> &Rules {
        model
            .and_then(|model| self.by_model.get(model))
            .unwrap_or(&self.default)
    }
}

fn rules(policy: &PiiPolicy, custom: &[String]) -> Rules {
    let mut rules = Policy::new(action(policy.action), Score(policy.threshold));
    for entity in &policy.entities {
        let known = Entity::named(&entity.name).or_else(|| {
            let index = custom.iter().position(|name| *name == entity.name)?;
            u8::try_from(index).ok().map(Entity::Custom)
        });
        if let Some(known) = known {
            rules.set(known, action(entity.action), Score(entity.threshold));
        }
    }
    Rules {
        policy: rules,
        passes_unscannable: policy.on_unscannable == Unscannable::Pass,
        passes_attachments: policy.attachments == Attachments::Pass,
        restores: policy.restore,
        screens: policy.response == PiiResponse::Mask,
    }
}

fn action(action: PiiAction) -> Action {
    match action {
        PiiAction::Mask => Action::Mask,
        PiiAction::Hash => Action::Hash,
        PiiAction::Redact => Action::Redact,
        PiiAction::Deny => Action::Deny,
        PiiAction::Flag => Action::Flag,
        PiiAction::Ignore => Action::Ignore,
    }
}
