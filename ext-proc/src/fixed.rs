//! What is read once, at the start: a file in which any of it differs is not taken up while the service runs.

use penstock_config::{Cache, Config, DecisionService};

/// The fields in which `new` differs from `old`, as the file names them. Both have a service.
pub fn changed(new: &Config, old: &Config) -> Vec<&'static str> {
    let service = |differs: fn(&DecisionService, &DecisionService) -> bool| {
        let both = new.service.as_ref().zip(old.service.as_ref());
        both.is_none_or(|(new, old)| differs(new, old))
    };
    let cache = |differs: fn(&Cache, &Cache) -> bool| {
        let both = new.cache.as_ref().zip(old.cache.as_ref());
        both.is_some_and(|(new, old)| differs(new, old))
    };
    let fields = [
        ("service.listen", service(|new, old| new.listen != old.listen)),
        ("service.admin", service(|new, old| new.admin != old.admin)),
        ("service.redis", service(|new, old| new.redis != old.redis)),
        ("service.data", service(|new, old| new.data != old.data)),
        ("service.timeout", service(|new, old| new.timeout != old.timeout)),
        // The longest message that is taken.
        (
            "limits.request_body",
            new.limits.request_body.0 != old.limits.request_body.0,
        ),
        ("ledger.retention", new.ledger.retention != old.ledger.retention),
        ("ledger.flush", new.ledger.flush != old.ledger.flush),
        ("ledger.otlp", new.ledger.otlp != old.ledger.otlp),
        (
            "telemetry.metrics",
            new.telemetry.metrics != old.telemetry.metrics,
        ),
        ("cache", new.cache.is_some() != old.cache.is_some()),
        ("cache.store", cache(|new, old| new.store != old.store)),
        ("cache.embedder", cache(|new, old| new.embedder != old.embedder)),
        // Envoy asks for keys by a filter that it has or has not.
        ("keys", new.keys.is_some() != old.keys.is_some()),
    ];
    let changed = fields.into_iter().filter(|(_, differs)| *differs);
    changed.map(|(field, _)| field).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FILE: &str = "\
providers: [ { name: p, api: openai, base_url: 'https://api.openai.com/v1', credential: { client: true } } ]
models: [ { name: m, targets: [ { provider: p, model: a } ] } ]
";

    fn config(more: &str) -> Config {
        let service = if more.contains("service:") {
            ""
        } else {
            "service: {}\n"
        };
        let text = format!("{FILE}{service}{more}\n");
        Config::from_yaml_str(&text, Path::new("penstock.yaml")).unwrap()
    }

    #[test]
    fn what_is_read_once_is_told_and_the_rest_is_taken_up() {
        let before = config("");
        for (more, expected) in [
            ("service: { listen: '127.0.0.1:1' }", &["service.listen"][..]),
            ("service: { admin: '127.0.0.1:1' }", &["service.admin"]),
            ("service: { data: elsewhere }", &["service.data"]),
            ("service: { redis: { url: 'redis://r:1' } }", &["service.redis"]),
            ("service: { timeout: 1s }", &["service.timeout"]),
            ("limits: { request_body: 1MiB }", &["limits.request_body"]),
            (
                "ledger: { retention: 1d, flush: 1s, otlp: { url: 'http://c:4317' } }",
                &["ledger.retention", "ledger.flush", "ledger.otlp"],
            ),
            ("keys: { anonymous: { tenant: t } }", &["keys"]),
            ("health: { open: 5s }", &[]),
            (
                "money: { prices: [ { provider: p, model: a, input: 1, output: 1 } ] }",
                &[],
            ),
        ] {
            assert_eq!(changed(&config(more), &before), expected, "{more}");
            assert_eq!(changed(&before, &config(more)), expected, "{more}");
        }
        let cache = |inside: &str| config(&format!("cache: {inside}"));
        for (inside, expected) in [
            ("{ entries: 10 }", &["cache.store"][..]),
            ("{ embedder: { budget: 5ms } }", &["cache.embedder"]),
            ("{ ttl: 5m, threshold: 0.9 }", &[]),
        ] {
            assert_eq!(changed(&cache(inside), &cache("{}")), expected, "{inside}");
            assert_eq!(changed(&cache(inside), &before), ["cache"], "{inside}");
        }
        let keys = |tenant: &str| config(&format!("keys: {{ anonymous: {{ tenant: {tenant} }} }}"));
        assert!(changed(&keys("a"), &keys("b")).is_empty());
    }
}
