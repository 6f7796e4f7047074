//! Virtual keys: who holds them and what they may. The keys themselves are nowhere, only their hashes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_saphyr::{Location, Spanned};

use crate::{problem::Problems, raw, suggest};

mod hash;
mod holder;

pub use hash::KeyHash;
pub use holder::{Fault, Holder, KeyLimits};

/// What is read at every start and looked through at every change; more belong in Redis.
const MOST_LISTED: usize = 10_000;
const WRITE_HASH: &str =
    "a key must not stand in this file; write its hash, as `penstock keys new` prints it";

/// Who is admitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Keys {
    /// Who has no key; `None`: nobody without one is admitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous: Option<Holder>,
    /// Keys are in the service's Redis too.
    pub redis: bool,
    /// In the order of the file. No part of the policy version: keys come and go, and the policy stays.
    #[serde(skip)]
    pub list: Vec<Key>,
}

/// One key. In Redis it stands as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its name, by which it is limited, revoked and found in the ledger.
    pub id: String,
    /// What it is known by.
    pub hash: KeyHash,
    /// When it ends, in milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
    /// It is not to be admitted any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// Who has it, and what they may.
    #[serde(flatten)]
    pub holder: Holder,
}

impl Key {
    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let id = (!holder::is_word(&self.id)).then(|| Fault::new("id", holder::NOT_A_WORD));
        id.into_iter().chain(self.holder.faults()).collect()
    }
}

impl Keys {
    /// The outer `None` is a problem, the inner one a configuration without keys.
    pub(crate) fn parse(raw: &raw::File, problems: &mut Problems) -> Option<Option<Self>> {
        let Some(section) = &raw.keys else {
            return Some(None);
        };
        if raw.service.is_none() {
            problems.at(
                section.referenced,
                "keys",
                "nobody asks for them without a service; add a section `service`",
            );
            return None;
        }
        let section = &section.value;
        if let Some(flag) = section.redis.as_ref().filter(|flag| flag.value)
            && raw
                .service
                .as_ref()
                .is_some_and(|service| !service.value.shares_redis())
        {
            problems.at(
                flag.referenced,
                "keys.redis",
                "there is none; add service.redis, such as { url: redis://127.0.0.1:6379 }",
            );
        }
        let models = raw.models.iter().flat_map(|list| &list.value);
        let aliases: Vec<&str> = models
            .filter_map(|model| model.value.name.as_ref())
            .map(|name| name.value.as_str())
            .collect();
        let anonymous = match &section.anonymous {
            Some(raw) => anonymous(raw, &aliases, problems).map(Some),
            None => Some(None),
        };
        let list = list(section, &aliases, problems);
        Some(Some(Self {
            anonymous: anonymous?,
            redis: section.redis.as_ref().is_some_and(|flag| flag.value),
            list: list?,
        }))
    }
}

fn anonymous(raw: &Spanned<raw::Key>, aliases: &[&str], problems: &mut Problems) -> Option<Holder> {
    const FIELD: &str = "keys.anonymous";
    let fields = &raw.value;
    let meaningless = [
        ("id", fields.id.as_ref().map(|text| text.referenced)),
        ("hash", fields.hash.as_ref().map(|text| text.referenced)),
        ("key", fields.key.as_ref().map(|any| any.referenced)),
        ("expires", fields.expires.as_ref().map(|text| text.referenced)),
        ("revoked", fields.revoked.as_ref().map(|flag| flag.referenced)),
    ];
    let mut right = true;
    for (field, place) in meaningless {
        let Some(place) = place else { continue };
        problems.at(
            place,
            format!("{FIELD}.{field}"),
            "means nothing for those who have no key",
        );
        right = false;
    }
    if let Some(admin) = fields.admin.as_ref().filter(|admin| admin.value) {
        problems.at(
            admin.referenced,
            format!("{FIELD}.admin"),
            "would show everyone what others have used; give a key to whoever may see it",
        );
        right = false;
    }
    let holder = holder_of(raw, FIELD, aliases, problems)?;
    right.then_some(holder)
}

fn list(section: &raw::Keys, aliases: &[&str], problems: &mut Problems) -> Option<Vec<Key>> {
    let Some(list) = &section.list else {
        return Some(Vec::new());
    };
    if list.value.len() > MOST_LISTED {
        let message = format!(
            "{} keys; list at most {MOST_LISTED} and keep the others in Redis",
            list.value.len()
        );
        problems.at(list.referenced, "keys.list", message);
        return None;
    }
    let (mut ids, mut hashes) = (HashMap::new(), HashMap::new());
    let mut keys = Vec::new();
    for (index, raw) in list.value.iter().enumerate() {
        let path = format!("keys.list[{index}]");
        let Some(key) = key(raw, &path, aliases, problems) else {
            continue;
        };
        let place = |text: &raw::Text| text.as_ref().map_or(raw.referenced, |text| text.referenced);
        if let Some(first) = ids.insert(key.id.clone(), index) {
            let message = format!(
                "{:?} is the id of keys.list[{first}] already; choose another",
                key.id
            );
            problems.at(place(&raw.value.id), format!("{path}.id"), message);
        } else if let Some(first) = hashes.insert(key.hash, index) {
            let message = format!("is the hash of keys.list[{first}] already; every entry needs its own key");
            problems.at(place(&raw.value.hash), format!("{path}.hash"), message);
        } else {
            keys.push(key);
        }
    }
    (keys.len() == list.value.len()).then_some(keys)
}

fn key(raw: &Spanned<raw::Key>, path: &str, aliases: &[&str], problems: &mut Problems) -> Option<Key> {
    let (here, fields) = (raw.referenced, &raw.value);
    if let Some(literal) = &fields.key {
        problems.at(literal.referenced, format!("{path}.key"), WRITE_HASH);
    }
    let id = id(&fields.id, here, path, problems);
    let hash = match &fields.hash {
        None => Err((here, "missing; write the hash that `penstock keys new` prints")),
        // What is no hash may be the key itself, so it is not repeated.
        Some(text) => KeyHash::parse(&text.value).ok_or((
            text.referenced,
            "not sha256: and 64 hexadecimal digits; write its hash, as `penstock keys new` prints it, never the key",
        )),
    };
    let hash = hash
        .map_err(|(place, message)| problems.at(place, format!("{path}.hash"), message))
        .ok();
    let expires = match &fields.expires {
        None => Some(None),
        Some(text) => expiry(text, &format!("{path}.expires"), problems).map(Some),
    };
    let holder = holder_of(raw, path, aliases, problems);
    let key = Key {
        id: id?,
        hash: hash?,
        expires_ms: expires?,
        revoked: fields.revoked.as_ref().is_some_and(|flag| flag.value),
        holder: holder?,
    };
    fields.key.is_none().then_some(key)
}

fn id(text: &raw::Text, here: Location, path: &str, problems: &mut Problems) -> Option<String> {
    let field = format!("{path}.id");
    let Some(text) = text else {
        problems.at(here, field, "missing; give the key an id");
        return None;
    };
    let valid = holder::is_word(&text.value);
    if !valid {
        problems.at(text.referenced, field, holder::NOT_A_WORD);
    }
    valid.then(|| text.value.clone())
}

/// Milliseconds since the Unix epoch.
fn expiry(text: &Spanned<String>, field: &str, problems: &mut Problems) -> Option<u64> {
    let parsed: Option<jiff::Timestamp> = text.value.parse().ok();
    let expiry = parsed.and_then(|time| u64::try_from(time.as_millisecond()).ok());
    if expiry.is_none() {
        let message = format!(
            "{:?} is not a time; write it with its zone, such as 2027-01-01T00:00:00Z",
            text.value
        );
        problems.at(text.referenced, field, message);
    }
    expiry
}

fn holder_of(
    raw: &Spanned<raw::Key>,
    path: &str,
    aliases: &[&str],
    problems: &mut Problems,
) -> Option<Holder> {
    let (here, fields) = (raw.referenced, &raw.value);
    let text = |text: &raw::Text| text.as_ref().map(|text| text.value.clone());
    let Some(tenant) = text(&fields.tenant) else {
        problems.at(
            here,
            format!("{path}.tenant"),
            "missing; say whose contract it is",
        );
        return None;
    };
    let limits = fields.limits.as_ref().map(|limits| &limits.value);
    let limit = |of: fn(&raw::KeyLimits) -> &raw::Number| {
        limits
            .and_then(|limits| of(limits).as_ref())
            .map(|number| number.value)
    };
    let holder = Holder {
        tenant,
        team: text(&fields.team),
        agent: text(&fields.agent),
        models: fields
            .models
            .as_ref()
            .map(|list| list.value.iter().map(|model| model.value.clone()).collect()),
        region: text(&fields.region),
        tags: fields
            .tags
            .iter()
            .flat_map(|tags| &tags.value)
            .map(|(name, value)| (name.clone(), value.value.clone()))
            .collect(),
        // What does not fit is out of range, whatever it becomes.
        priority: fields.priority.as_ref().map_or(0, |number| {
            u8::try_from(number.value).unwrap_or(holder::HIGHEST_PRIORITY + 1)
        }),
        admin: fields.admin.as_ref().is_some_and(|flag| flag.value),
        limits: KeyLimits {
            requests_per_minute: limit(|limits| &limits.requests_per_minute),
            tokens_per_minute: limit(|limits| &limits.tokens_per_minute),
            tokens_per_day: limit(|limits| &limits.tokens_per_day),
        },
    };
    let faults = holder.faults();
    for fault in &faults {
        let place = place(fields, &fault.field).unwrap_or(here);
        problems.at(place, format!("{path}.{}", fault.field), fault.message.clone());
    }
    let known = models_exist(fields, path, aliases, problems);
    (faults.is_empty() && known).then_some(holder)
}

fn models_exist(fields: &raw::Key, path: &str, aliases: &[&str], problems: &mut Problems) -> bool {
    let mut known = true;
    for (index, model) in fields.models.iter().flat_map(|list| &list.value).enumerate() {
        if !aliases.contains(&model.value.as_str()) {
            let remedy = suggest::remedy(&model.value, aliases.iter().copied());
            problems.at(
                model.referenced,
                format!("{path}.models[{index}]"),
                format!("no model {:?} in models; {remedy}", model.value),
            );
            known = false;
        }
    }
    known
}

/// Where the field of a fault stands in the file.
fn place(fields: &raw::Key, field: &str) -> Option<Location> {
    let number = |number: &raw::Number| number.as_ref().map(|number| number.referenced);
    let text = |text: &raw::Text| text.as_ref().map(|text| text.referenced);
    if let Some(index) = field
        .strip_prefix("models[")
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let index: usize = index.parse().ok()?;
        return Some(fields.models.as_ref()?.value.get(index)?.referenced);
    }
    if let Some(name) = field.strip_prefix("tags.") {
        return Some(fields.tags.as_ref()?.value.get(name)?.referenced);
    }
    if let Some(name) = field.strip_prefix("limits.") {
        let limits = &fields.limits.as_ref()?.value;
        return match name {
            "requests_per_minute" => number(&limits.requests_per_minute),
            "tokens_per_minute" => number(&limits.tokens_per_minute),
            _ => number(&limits.tokens_per_day),
        };
    }
    match field {
        "tenant" => text(&fields.tenant),
        "team" => text(&fields.team),
        "agent" => text(&fields.agent),
        "region" => text(&fields.region),
        "priority" => number(&fields.priority),
        "models" => fields.models.as_ref().map(|list| list.referenced),
        "tags" => fields.tags.as_ref().map(|tags| tags.referenced),
        _ => None,
    }
}
