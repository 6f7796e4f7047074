//! The gateway that these tests share, and its tenants.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use penstock_test_support::client::{Request, Response, Streaming};
use penstock_test_support::gateway::Witness;
use penstock_test_support::wait::eventually;
use penstock_test_support::{Gateway, Provider};
use serde_json::{Value, json};

use super::{
    admission, bad_input, counting, disconnects, exits, learning, metrics, overrun, refusals, scopes, shadow,
};
use crate::ask::{Client, marker, with};
use crate::world::{model, provider};

/// What each tenant may use in a day: more than any test does.
pub const DAY: u64 = 100_000_000;

/// How long settling may take: it waits for Envoy to notice that somebody has left.
const SETTLED_WITHIN: Duration = Duration::from_secs(15);

/// A provider, and the gateway with two workers in front of it.
pub struct World {
    /// `primary` and `primary-anthropic`.
    pub primary: Provider,
    /// `backup` and `backup-anthropic`.
    _backup: Provider,
    pub gateway: Gateway,
}

static WORLD: LazyLock<World> = LazyLock::new(World::start);

/// The shared world, and what prints its logs if the test fails.
pub fn world() -> (&'static World, Witness<'static>) {
    let world = &*WORLD;
    (world, world.gateway.witness())
}

impl World {
    fn start() -> Self {
        let primary = Provider::start("primary").unwrap();
        let backup = Provider::start("backup").unwrap();
        let models = [
            MODELS.to_owned(),
            admission::models(),
            bad_input::models(),
            counting::models(),
            disconnects::models(),
            exits::models(),
            learning::models(),
            metrics::models(),
            overrun::models(),
            refusals::models(),
            scopes::models(),
            shadow::models(),
        ];
        let limits = [
            format!("    - {{ name: day, per: [tenant], tokens_per_day: {DAY} }}\n"),
            admission::limits(),
            bad_input::limits(),
            disconnects::limits(),
            exits::limits(),
            learning::limits(),
            metrics::limits(),
            overrun::limits(),
            refusals::limits(),
            scopes::limits(),
            shadow::limits(),
        ];
        let yaml = format!(
            "{SETTINGS}providers:\n{}models:\n{}{QUOTA}{}",
            providers(&primary, &backup),
            models.concat(),
            limits.concat()
        );
        let gateway = Gateway::builder(&yaml).concurrency(2).start().unwrap();
        Self {
            primary,
            _backup: backup,
            gateway,
        }
    }
}

/// The same providers for any gateway.
pub fn providers(primary: &Provider, backup: &Provider) -> String {
    let both = |name: &str, at: &Provider| {
        provider(name, "openai", &format!("{}/v1", at.url()), "")
            + &provider(&format!("{name}-anthropic"), "anthropic", &at.url(), "")
    };
    both("primary", primary)
        + &both("backup", backup)
        + &provider("closed", "openai", "http://127.0.0.1:1/v1", "")
}

/// A model that is counted exactly, whatever fault its name asks for.
pub fn exact(name: &str, targets: &[(&str, &str)], more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    model(name, targets, &format!("count_as: gpt-4o{comma}{more}"))
}

const SETTINGS: &str = "limits: { request_body: 16MiB, stream_stall: 2s }
defaults: { timeouts: { first_token: 3s, answer: 20s } }
";

const QUOTA: &str =
    "identity: { tenant: { header: x-tenant }, key: { header: x-key }, agent: { header: x-agent } }
quota:
  tenants: [acme, globex]
  limits:
";

/// `probe` costs nothing: its provider refuses everything.
const MODELS: &str = r#"
  - { name: plain, count_as: gpt-4o, targets: [ { provider: primary, model: good } ] }
  - { name: plain-anthropic, count_as: gpt-4o, targets: [ { provider: primary-anthropic, model: good } ] }
  - { name: probe, count_as: gpt-4o, targets: [ { provider: primary, model: "fault=status:400" } ] }
"#;

/// A caller.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub name: String,
}

impl Tenant {
    /// A caller that no other test knows.
    pub fn new(name: &str) -> Self {
        Self { name: marker(name) }
    }

    /// The request as this caller sends it.
    pub fn signed(&self, request: Request) -> Request {
        request.header("x-tenant", &self.name)
    }

    /// Sends a request; the answer's transfer may end badly, its start may not.
    pub async fn send(&self, request: Request) -> Response {
        let (world, _) = world();
        world.gateway.send(self.signed(request)).await.unwrap()
    }

    /// Sends a request and gives the answer once its headers are there.
    pub async fn open(&self, request: Request) -> anyhow::Result<Streaming> {
        let (world, _) = world();
        self.signed(request).open(world.gateway.address()).await
    }

    /// What is left of the tightest limit on tokens that `probe` falls under; none if a limit of another kind stands
    /// in the way. It costs nothing.
    pub async fn left(&self, probe: &str) -> Option<u64> {
        let body = with(
            Client::OpenAi.body(probe, "how much", false),
            "max_tokens",
            json!(1),
        );
        let response = self.send(Client::OpenAi.request(&body)).await;
        let remaining = number(&response, "x-ratelimit-remaining-tokens")?;
        match response.status {
            // Its own reservation is out.
            400 => Some(remaining + number(&response, "x-penstock-input-tokens")? + 1),
            _ => None,
        }
    }

    /// Waits until all of this caller's requests are settled, and no more and no less than `used` tokens of its day are
    /// used.
    pub async fn has_used(&self, used: u64) {
        self.has_used_one_of("probe", &[used]).await;
    }

    /// The same where any of several amounts is right, told by another model that costs nothing.
    pub async fn has_used_one_of(&self, probe: &str, used: &[u64]) {
        let start = Instant::now();
        loop {
            let left = self.left(probe).await;
            if used.iter().any(|used| left == Some(DAY - used)) {
                return;
            }
            assert!(
                start.elapsed() < SETTLED_WITHIN,
                "{} has used {:?}, not {used:?}",
                self.name,
                left.map(|left| DAY - left)
            );
        }
    }
}

/// A header's value as a number.
pub fn number(response: &Response, name: &str) -> Option<u64> {
    response.header(name)?.parse().ok()
}

/// The body with a limit on output tokens.
pub fn at_most(client: Client, alias: &str, text: &str, stream: bool, output: u64) -> Value {
    with(client.body(alias, text, stream), "max_tokens", json!(output))
}

/// What filters have left in filter state, as an access log line has it: `usage` or `quota`.
pub fn left_in(line: &Value, field: &str) -> Value {
    serde_json::from_str(line[field].as_str().unwrap_or_default()).unwrap_or_default()
}

/// What the provider has billed for a request, by the access log.
pub async fn billed(response: &Response) -> u64 {
    let (world, _) = world();
    let id = response.header("x-penstock-request-id").expect("an id");
    let line = world.gateway.logged(id).await;
    let usage = left_in(&line, "usage");
    let tokens = |field: &str| usage[field].as_u64();
    tokens("input_tokens")
        .zip(tokens("output_tokens"))
        .map_or_else(|| panic!("no usage in {line}"), |(input, output)| input + output)
}

/// What a request counts as, told by one that costs nothing.
pub async fn counted(client: Client, text: &str, stream: bool) -> u64 {
    let response = Tenant::new("counted")
        .send(client.ask("probe", text, stream))
        .await;
    number(&response, "x-penstock-input-tokens").expect("a count")
}

/// Waits until `condition` holds.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    eventually(SETTLED_WITHIN, what, async || condition().await.then_some(())).await;
}
