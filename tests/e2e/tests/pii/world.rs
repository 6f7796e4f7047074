//! The gateway that these tests share.

use std::sync::LazyLock;

use penstock_test_support::client::{Request, Response};
use penstock_test_support::gateway::{Builder, Witness};
use penstock_test_support::{Gateway, Provider};
use serde_json::{Value, json};

use super::{actions, cuts, fallback, quota, refusals, report, thinking, transport};
use crate::ask::{Client, with};
use crate::world::{model, provider};

pub const KEY_VARIABLE: &str = "PII_TEST_KEY";
pub const KEY: &str = "key-of-the-placeholders-of-these-tests";

/// Providers, and the gateway with two workers in front of them.
pub struct World {
    /// `primary` and `primary-anthropic`.
    pub primary: Provider,
    /// `backup` and `backup-anthropic`.
    pub backup: Provider,
    pub gateway: Gateway,
}

static WORLD: LazyLock<World> = LazyLock::new(World::start);

/// The shared world, and what prints its logs if the test fails.
pub fn world() -> (&'static World, Witness<'static>) {
    let world = &*WORLD;
    (world, world.gateway.witness())
}

/// Models that answer with what they were sent.
pub const ECHOES: [&str; 2] = ["echo", "echo-anthropic"];

impl World {
    /// Sends a request to the gateway; the answer's transfer may end badly, its start may not.
    pub async fn send(&self, request: Request) -> Response {
        self.gateway.send(request).await.unwrap()
    }

    fn start() -> Self {
        let primary = Provider::start("primary").unwrap();
        let backup = Provider::start("backup").unwrap();
        let models = [
            actions::models(),
            cuts::models(),
            fallback::models(),
            quota::models(),
            refusals::models(),
            report::models(),
            thinking::models(),
            transport::models(),
        ];
        let gateway = gateway(&primary, &backup, &models.concat(), &quota::settings())
            .concurrency(2)
            .start()
            .unwrap();
        Self {
            primary,
            backup,
            gateway,
        }
    }
}

/// A gateway that masks, with a key.
pub fn gateway(primary: &Provider, backup: &Provider, models: &str, quota: &str) -> Builder {
    let both = |name: &str, at: &Provider| {
        provider(name, "openai", &format!("{}/v1", at.url()), "")
            + &provider(&format!("{name}-anthropic"), "anthropic", &at.url(), "")
    };
    let yaml = format!(
        "{SETTINGS}providers:\n{}{}models:\n{}{models}{PII}quota: {quota}\n",
        both("primary", primary),
        both("backup", backup),
        echo("echo", "", ""),
    );
    Gateway::builder(&yaml).env(KEY_VARIABLE, KEY)
}

/// Two models, of either API, that answer with what they were sent; reasoning is shown.
pub fn echo(name: &str, fault: &str, more: &str) -> String {
    let comma = if fault.is_empty() { "" } else { "," };
    let fault = format!("fault=echo,reasoning{comma}{fault}");
    model(name, &[("primary", &fault)], more)
        + &model(
            &format!("{name}-anthropic"),
            &[("primary-anthropic", &fault)],
            more,
        )
}

/// The line of Envoy's log that tells of a filter that has failed.
pub fn trap(gateway: &Gateway) -> Option<String> {
    let log = std::fs::read_to_string(gateway.directory().join("envoy.log")).unwrap_or_default();
    log.lines()
        .find(|line| line.contains("wasm failed") || line.contains("Proxy-Wasm plugin in-VM backtrace"))
        .map(str::to_owned)
}

const SETTINGS: &str = "limits: { request_body: 16MiB, stream_stall: 2s }
defaults: { timeouts: { first_token: 5s, answer: 20s } }
";

const PII: &str = r#"identity: { tenant: { header: x-tenant } }
pii:
  key: { env: PII_TEST_KEY }
  patterns: [ { name: BADGE, regex: 'B"\d{4}\\Ω', score: 0.9 } ]
  deny_lists: [ { name: PROJECT, words: [bluebird] } ]
  allow: [ support@example.com ]
"#;

/// The body with a tool on offer that takes a text.
pub fn with_tool(client: Client, body: Value) -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let tool = match client {
        Client::OpenAi => json!({"type": "function", "function": {"name": "weather", "parameters": schema}}),
        Client::Anthropic => json!({"name": "weather", "input_schema": schema}),
    };
    with(body, "tools", json!([tool]))
}

/// The body of a request for reasoning.
pub fn with_reasoning(client: Client, body: Value) -> Value {
    match client {
        Client::OpenAi => with(
            with(body, "reasoning_effort", json!("low")),
            "max_completion_tokens",
            json!(8000),
        ),
        Client::Anthropic => with(
            with(
                body,
                "thinking",
                json!({"type": "enabled", "budget_tokens": 2000}),
            ),
            "max_tokens",
            json!(8000),
        ),
    }
}
