mod approvals;
mod budgets;
mod pots;
mod prices;
mod spending;

use std::path::Path;

use penstock_config::Config;

use super::*;
use crate::caller::Caller;

/// 2026-03-29T12:00:00+02:00, the Sunday on which clocks went forward in Berlin.
const SUNDAY: u64 = 1_774_778_400_000;

fn money(section: &str) -> Money {
    let text = format!(
        "providers:
  - {{ name: openai, api: openai, base_url: 'https://api.openai.com/v1' }}
  - {{ name: claude, api: anthropic, base_url: 'https://api.anthropic.com' }}
  - {{ name: local, api: openai, base_url: 'http://127.0.0.1:8000/v1' }}
models:
  - {{ name: default, targets: [{{ provider: openai, model: gpt-5.5 }}, {{ provider: claude, model: claude-opus-5 }}] }}
  - {{ name: small, targets: [{{ provider: openai, model: gpt-5.4-mini }}] }}
  - {{ name: tiny, targets: [{{ provider: local, model: my-model }}] }}
service: {{}}
{section}
"
    );
    let config = Config::from_yaml_str(&text, Path::new("penstock.yaml"))
        .unwrap_or_else(|invalid| panic!("{invalid}"));
    Money::new(config.money.as_ref(), Some(b"0123456789abcdef")).unwrap()
}

fn caller(tenant: &str, key: &str) -> Caller {
    Caller {
        tenant: tenant.into(),
        key: (!key.is_empty()).then(|| key.into()),
        ..Caller::default()
    }
}

fn target(provider: &str, estimate: u64) -> Priced {
    Priced {
        provider: provider.into(),
        model: "m".into(),
        estimate: Some(MicroUsd(estimate)),
    }
}
