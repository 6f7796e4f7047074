//! Secrets that the configuration names: read here, shown nowhere.

use anyhow::{Context as _, bail};
use penstock_config::{Config, Credential, DecisionService, RedisSource};

/// The key that approvals are signed with, if any request needs one.
///
/// # Errors
/// When it is not where the configuration says.
pub fn approve_key(config: &Config) -> anyhow::Result<Option<Vec<u8>>> {
    const FIELD: &str = "money.approve_key";
    let approval = config.money.as_ref().and_then(|money| money.approval.as_ref());
    let key = match approval.map(|approval| &approval.key) {
        None | Some(Credential::None | Credential::Client) => return Ok(None),
        Some(Credential::Env(name)) => variable(name, FIELD)?.into_bytes(),
        Some(Credential::File(path)) => {
            let path = config.resolve(path);
            let text =
                std::fs::read(&path).with_context(|| format!("{FIELD}: cannot read {}", path.display()))?;
            // Whoever wrote it with an editor did not mean the line end.
            text.trim_ascii_end().to_vec()
        }
    };
    Ok(Some(key))
}

/// Where Redis is, if replicas share one.
///
/// # Errors
/// When it is not where the configuration says.
pub fn redis_url(settings: &DecisionService) -> anyhow::Result<Option<String>> {
    let Some(redis) = &settings.redis else {
        return Ok(None);
    };
    match &redis.source {
        RedisSource::Url(url) => Ok(Some(url.clone())),
        RedisSource::Env(name) if redis.optional && std::env::var_os(name).is_none() => Ok(None),
        RedisSource::Env(name) => variable(name, "service.redis").map(Some),
    }
}

/// What is sent along to the collector at `field`; nothing if the variable is not set.
///
/// # Errors
/// When the variable is no text.
pub fn collector_headers(name: Option<&str>, field: &str) -> anyhow::Result<String> {
    match name.map(std::env::var) {
        None | Some(Err(std::env::VarError::NotPresent)) => Ok(String::new()),
        Some(Ok(headers)) => Ok(headers),
        Some(Err(_)) => bail!("{field}: the environment variable of its headers is no text"),
    }
}

fn variable(name: &str, field: &str) -> anyhow::Result<String> {
    match std::env::var(name) {
        Ok(value) => Ok(value),
        Err(_) => bail!("{field}: environment variable {name} is not set"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn settings(redis: &str) -> DecisionService {
        let file = format!(
            "service: {{ redis: {redis} }}\nproviders: [{{ name: p, api: openai, base_url: 'http://127.0.0.1:1/v1' }}]\nmodels: [{{ name: m, targets: [{{ provider: p, model: m }}] }}]\n"
        );
        Config::from_yaml_str(&file, Path::new("penstock.yaml"))
            .unwrap()
            .service
            .unwrap()
    }

    #[test]
    fn only_an_optional_redis_may_be_named_nowhere() {
        let optional = settings("{ env: PENSTOCK_TEST_NEVER_SET, optional: true }");
        assert_eq!(redis_url(&optional).unwrap(), None);
        let needed = settings("{ env: PENSTOCK_TEST_NEVER_SET }");
        let error = redis_url(&needed).unwrap_err().to_string();
        assert_eq!(
            error,
            "service.redis: environment variable PENSTOCK_TEST_NEVER_SET is not set"
        );
        let there = settings("{ url: 'redis://r:1' }");
        assert_eq!(redis_url(&there).unwrap().as_deref(), Some("redis://r:1"));
    }
}
