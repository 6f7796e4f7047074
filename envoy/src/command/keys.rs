//! `penstock keys`

use std::{
    io::Write as _,
    path::Path,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, anyhow, bail};
use penstock_config::{Config, Holder, Key, KeyLimits, RedisSource};
use penstock_keys::{
    expiry, line,
    secret::{self, Secret},
    shelf::{Shelf, ShelfError},
};
use tokio::runtime;

use crate::arguments::keys::{Action, Keys, List, New, Place, Revoke};

const DEFAULT_FILE: &str = "penstock.yaml";

pub(crate) fn run(arguments: Keys) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::New(new) => make(*new)?,
        Action::List(list) => show(&list)?,
        Action::Revoke(one) => revoke(&one)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn make(new: New) -> anyhow::Result<()> {
    let config = config(&new.place)?;
    let secret = Secret::generate()?;
    let shelf = new
        .redis
        .then(|| shelf(&new.place, config.as_ref()))
        .transpose()?;
    let key = key(new, &secret)?;
    if let Some(config) = &config {
        fits(&key, config)?;
    }
    match shelf {
        Some(shelf) => {
            wait(shelf.put(&key))?;
            eprintln!("key {:?} is in Redis; its text is shown this once:", key.id);
        }
        None => {
            eprintln!("add this to keys.list of the configuration; the text of the key is shown this once:");
            eprintln!("    {}", line::entry(&key));
        }
    }
    print(secret.reveal())
}

fn key(new: New, secret: &Secret) -> anyhow::Result<Key> {
    let id = match new.id {
        Some(id) => id,
        None => secret::new_id(&new.tenant)?,
    };
    let expires_ms = new
        .expires
        .map(|text| expiry::parse(&text, now_ms()).with_context(|| format!("--expires {text:?}")))
        .transpose()?;
    let key = Key {
        id,
        hash: secret.hash(),
        expires_ms,
        revoked: false,
        holder: Holder {
            tenant: new.tenant,
            team: new.team,
            agent: new.agent,
            models: (!new.models.is_empty()).then_some(new.models),
            region: new.region,
            tags: new.tags,
            priority: new.priority,
            admin: new.admin,
            limits: KeyLimits {
                requests_per_minute: new.requests_per_minute,
                tokens_per_minute: new.tokens_per_minute,
                tokens_per_day: new.tokens_per_day,
            },
        },
    };
    let faults: Vec<String> = key.faults().iter().map(ToString::to_string).collect();
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(key)
}

/// Whether the key makes sense beside the rest of the configuration.
fn fits(key: &Key, config: &Config) -> anyhow::Result<()> {
    if listed(config).iter().any(|other| other.id == key.id) {
        bail!(
            "{:?} is the id of a key in the configuration already; choose another",
            key.id
        );
    }
    for model in key.holder.models.iter().flatten() {
        if !config.models.iter().any(|other| other.name == *model) {
            let known: Vec<&str> = config.models.iter().map(|model| &*model.name).collect();
            bail!(
                "no model {model:?} in the configuration; known: {}",
                known.join(", ")
            );
        }
    }
    Ok(())
}

fn show(list: &List) -> anyhow::Result<()> {
    let config = config(&list.place)?;
    let mut lines = Vec::new();
    for key in config.iter().flat_map(listed) {
        lines.push(described("file", key));
    }
    if list.redis {
        let content = wait(shelf(&list.place, config.as_ref())?.load())?;
        lines.extend(content.keys.iter().map(|key| described("redis", key)));
        if content.unreadable > 0 {
            eprintln!("{} entries in Redis are no keys", content.unreadable);
        }
    }
    lines.sort();
    lines.iter().try_for_each(|line| print(line))
}

/// With the beginning of its hash only: enough to tell it apart.
fn described(place: &str, key: &Key) -> String {
    let entry = line::entry(key).replace(&key.hash.to_string(), &key.hash.short());
    let over = key.expires_ms.is_some_and(|end| end <= now_ms());
    let entry = entry.trim_start_matches("- ");
    format!("{place} {entry}{}", if over { " expired" } else { "" })
}

fn revoke(one: &Revoke) -> anyhow::Result<()> {
    let config = config(&one.place)?;
    let shelf = shelf(&one.place, config.as_ref())?;
    match wait(shelf.revoke(&one.id)) {
        Err(error) if matches!(error.downcast_ref(), Some(ShelfError::Missing { .. })) => {
            // Redis is asked more often than the file is rolled out, and the stricter of the two counts.
            let key = config
                .iter()
                .flat_map(listed)
                .find(|key| key.id == one.id)
                .ok_or(error)?;
            let revoked = Key {
                revoked: true,
                ..key.clone()
            };
            wait(shelf.put(&revoked))?;
        }
        done => done?,
    }
    eprintln!("key {:?} is revoked", one.id);
    Ok(())
}

fn listed(config: &Config) -> &[Key] {
    config.keys.as_ref().map_or(&[], |keys| &keys.list)
}

/// What was asked for, or what is there by default.
fn config(place: &Place) -> anyhow::Result<Option<Config>> {
    let file = match &place.file {
        Some(file) => file,
        None if Path::new(DEFAULT_FILE).is_file() => Path::new(DEFAULT_FILE),
        None => return Ok(None),
    };
    Ok(Some(Config::load(file)?))
}

fn shelf(place: &Place, config: Option<&Config>) -> anyhow::Result<Shelf> {
    let url = match &place.redis_url {
        Some(url) => url.clone(),
        None => configured(config)?,
    };
    // Its tasks need a runtime to stand on.
    let _runtime = runtime()?.enter();
    Ok(Shelf::at(&url)?)
}

fn configured(config: Option<&Config>) -> anyhow::Result<String> {
    let service = config.and_then(|config| config.service.as_ref());
    match service.and_then(|service| service.redis.as_ref()) {
        Some(redis) => match &redis.source {
            RedisSource::Url(url) => Ok(url.clone()),
            RedisSource::Env(name) => {
                std::env::var(name).with_context(|| format!("service.redis: environment variable {name}"))
            }
        },
        None => Err(anyhow!(
            "no Redis is known; write service.redis into the configuration, or give --redis-url or PENSTOCK_REDIS_URL"
        )),
    }
}

fn wait<T>(work: impl Future<Output = Result<T, ShelfError>>) -> anyhow::Result<T> {
    Ok(runtime()?.block_on(work)?)
}

/// One for the whole process: a connection lives on the runtime that made it.
fn runtime() -> anyhow::Result<&'static runtime::Runtime> {
    static RUNTIME: std::sync::OnceLock<std::io::Result<runtime::Runtime>> = std::sync::OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
        })
        .as_ref()
        .map_err(|error| anyhow!("no runtime: {error}"))
}

/// Standard output may be a pipe that nobody reads any more.
fn print(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
