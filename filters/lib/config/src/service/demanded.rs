//! What is written and means nothing without a service to do it: a budget that nobody keeps, or a region that nobody
//! looks at, is worse than none.

use serde_saphyr::Location;

use crate::{problem::Problems, raw, spanned::Spanned};

const MESSAGE: &str =
    "only the service heeds it, and there is none; add a section `service`, or leave this out";

/// Reports everything that takes a service where there is none. `keys` say so themselves.
pub(crate) fn demanded(raw: &raw::File, problems: &mut Problems) {
    if raw.service.is_some() {
        return;
    }
    let mut found = Found(Vec::new());
    found.providers(raw);
    found.models(raw);
    if let Some(identity) = &raw.identity {
        found.add("identity.team", &identity.team);
        found.add("identity.region", &identity.region);
        found.add("identity.models", &identity.models);
    }
    found.limits(raw);
    found.add("money", &raw.money);
    found.add("ledger", &raw.ledger);
    found.add("health", &raw.health);
    found.add("cache", &raw.cache);
    for (field, place) in found.0 {
        problems.at(place, field, MESSAGE);
    }
}

struct Found(Vec<(String, Location)>);

impl Found {
    fn add<T>(&mut self, field: impl Into<String>, written: &Option<Spanned<T>>) {
        if let Some(written) = written {
            self.0.push((field.into(), written.referenced));
        }
    }

    fn providers(&mut self, raw: &raw::File) {
        for (index, provider) in raw.providers.iter().flat_map(|list| &list.value).enumerate() {
            let path = format!("providers[{index}]");
            self.add(format!("{path}.region"), &provider.value.region);
            self.add(format!("{path}.limits"), &provider.value.limits);
        }
    }

    fn models(&mut self, raw: &raw::File) {
        for (index, model) in raw.models.iter().flat_map(|list| &list.value).enumerate() {
            let path = format!("models[{index}]");
            let model = &model.value;
            self.add(format!("{path}.strategy"), &model.strategy);
            self.add(format!("{path}.pin"), &model.pin);
            for (index, target) in model.targets.iter().flat_map(|list| &list.value).enumerate() {
                let path = format!("{path}.targets[{index}]");
                let target = &target.value;
                self.add(format!("{path}.priority"), &target.priority);
                self.add(format!("{path}.weight"), &target.weight);
                self.add(format!("{path}.canary"), &target.canary);
                self.add(format!("{path}.region"), &target.region);
                self.add(format!("{path}.version"), &target.version);
                self.add(format!("{path}.capabilities"), &target.capabilities);
            }
        }
    }

    fn limits(&mut self, raw: &raw::File) {
        let limits = raw.quota.iter().filter_map(|quota| quota.limits.as_ref());
        for (index, limit) in limits.flat_map(|list| &list.value).enumerate() {
            if let Some(flag) = limit.value.strict.as_ref().filter(|flag| flag.value) {
                self.0
                    .push((format!("quota.limits[{index}].strict"), flag.referenced));
            }
        }
    }
}
