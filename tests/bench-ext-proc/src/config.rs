//! The configuration of the measured service: many keys, budgets of money, a strict limit, two targets.

use std::fmt::Write;

use penstock_config::KeyHash;

/// Keys in the file; it takes no more.
pub const KEYS: u64 = 10_000;
const TENANTS: u64 = 100;
/// The alias that is asked for.
pub const ALIAS: &str = "default";
/// Its first target.
pub const TARGET: (&str, &str) = ("primary", "gpt-4o");

/// The text of a key.
pub fn key(number: u64) -> String {
    format!("psk-{number:043}")
}

/// `penstock.yaml`; `service` is what stands in its section `service`.
pub fn penstock_yaml(service: &str) -> String {
    let (provider, model) = TARGET;
    let mut yaml = format!(
        r#"service: {{ failure_mode: deny{service} }}
providers:
  - {{ name: {provider}, api: openai, base_url: "http://127.0.0.1:1/v1" }}
  - {{ name: backup, api: anthropic, base_url: "http://127.0.0.1:1" }}
models:
  - name: {ALIAS}
    targets:
      - {{ provider: {provider}, model: {model}, context_window: 128000, max_output_tokens: 16384 }}
      - {{ provider: backup, model: claude-sonnet-5-5, context_window: 200000, max_output_tokens: 64000 }}
money:
  budgets:
    - {{ name: of-each-key, per: [key], amount: 100000.00, period: month }}
quota:
  limits:
    - {{ name: of-each-tenant, strict: true, per: [tenant], tokens_per_minute: 1000000000000 }}
keys:
  list:
"#
    );
    for number in 0..KEYS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            yaml,
            "    - {{ id: key-{number}, hash: \"{}\", tenant: tenant-{}, team: team-{} }}",
            KeyHash::of(&key(number)),
            number % TENANTS,
            number % 7,
        );
    }
    yaml
}
