//! The gateway and the providers that most tests share.

use std::sync::LazyLock;

use penstock_test_support::client::{Request, Response};
use penstock_test_support::gateway::Witness;
use penstock_test_support::provider::{Flavor, Options};
use penstock_test_support::{Gateway, Provider};

use crate::{commit, credentials, errors, fallback, plans, translation};

/// Providers and the gateway in front of them.
pub struct World {
    /// `primary` and `primary-anthropic`: takes the key `key-of-primary`.
    pub primary: Provider,
    /// `backup` and `backup-anthropic`: takes the key `key-of-backup`.
    pub backup: Provider,
    /// `azure`: takes the key `key-of-azure`.
    pub azure: Provider,
    /// `open`, `client` and `rotating`: takes any key.
    pub open: Provider,
    /// One worker.
    pub gateway: Gateway,
    /// `vllm`: wants no key.
    _vllm: Provider,
}

static WORLD: LazyLock<World> = LazyLock::new(World::start);

/// The shared world, and what prints its logs if the test fails.
pub fn world() -> (&'static World, Witness<'static>) {
    let world = &*WORLD;
    (world, world.gateway.witness())
}

impl World {
    /// Sends a request to the gateway; the answer's transfer may end badly, its start may not.
    pub async fn send(&self, request: Request) -> Response {
        self.gateway.send(request).await.unwrap()
    }

    fn start() -> Self {
        let primary = Options::new("primary").api_key("key-of-primary").start().unwrap();
        let backup = Options::new("backup").api_key("key-of-backup").start().unwrap();
        let vllm = Options::new("vllm").flavor(Flavor::Vllm).start().unwrap();
        let azure = Options::new("azure").api_key("key-of-azure").start().unwrap();
        let open = Provider::start("open").unwrap();
        let models = [
            MODELS.to_owned(),
            translation::models(),
            fallback::models(),
            commit::models(),
            credentials::models(),
            errors::models(),
            plans::models(),
        ];
        let yaml = format!(
            "{LIMITS}providers:\n{}{}{}{}{}{}{}{}{}{}{}{}models:\n{}",
            provider(
                "primary",
                "openai",
                &format!("{}/v1", primary.url()),
                "credential: { file: secrets/primary }"
            ),
            provider(
                "primary-anthropic",
                "anthropic",
                &primary.url(),
                "credential: { file: secrets/primary }"
            ),
            provider(
                "backup",
                "openai",
                &format!("{}/v1", backup.url()),
                "credential: { env: BACKUP_KEY }"
            ),
            provider(
                "backup-anthropic",
                "anthropic",
                &backup.url(),
                "credential: { env: BACKUP_KEY }"
            ),
            provider("vllm", "openai", &format!("{}/v1", vllm.url()), "flavor: vllm"),
            provider(
                "azure",
                "openai",
                &azure.url(),
                "flavor: azure, api_version: 2025-01-01, credential: { file: secrets/azure }",
            ),
            provider("open", "openai", &format!("{}/v1", open.url()), ""),
            provider(
                "client",
                "openai",
                &format!("{}/client/v1", open.url()),
                "credential: { client: true }"
            ),
            provider(
                "rotating",
                "openai",
                &format!("{}/v1", open.url()),
                "credential: { file: secrets/rotating }"
            ),
            provider(
                "keyless",
                "openai",
                &format!("{}/v1", primary.url()),
                "credential: { file: secrets/missing }"
            ),
            provider("closed", "openai", "http://127.0.0.1:1/v1", ""),
            provider("nowhere", "openai", "http://nowhere.invalid/v1", ""),
            models.concat(),
        );
        let gateway = Gateway::builder(&yaml)
            .secret("primary", "key-of-primary")
            .secret("azure", "key-of-azure")
            .secret("rotating", "first-key")
            .env("BACKUP_KEY", "key-of-backup")
            .start()
            .unwrap();
        Self {
            primary,
            backup,
            azure,
            open,
            gateway,
            _vllm: vllm,
        }
    }
}

const LIMITS: &str = "limits: { request_body: 16MiB, event: 256KiB, stream_stall: 2s }\ndefaults: { timeouts: { first_token: 3s, answer: 20s } }\n";

const MODELS: &str = r#"
  - { name: plain, targets: [ { provider: primary, model: gpt-5 } ] }
  - { name: plain-anthropic, targets: [ { provider: primary-anthropic, model: claude-sonnet-4-5 } ] }
"#;

/// A provider of the configuration.
pub fn provider(name: &str, api: &str, url: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!("  - {{ name: {name}, api: {api}, base_url: \"{url}\"{comma}{more} }}\n")
}

/// A model of the configuration, with its targets and further fields.
pub fn model(name: &str, targets: &[(&str, &str)], more: &str) -> String {
    let targets: Vec<_> = targets
        .iter()
        .map(|(provider, model)| match model.split_once(" window ") {
            Some((model, window)) => {
                format!("{{ provider: {provider}, model: \"{model}\", context_window: {window} }}")
            }
            None => format!("{{ provider: {provider}, model: \"{model}\" }}"),
        })
        .collect();
    let comma = if more.is_empty() { "" } else { ", " };
    format!(
        "  - {{ name: \"{name}\", targets: [ {} ]{comma}{more} }}\n",
        targets.join(", ")
    )
}
