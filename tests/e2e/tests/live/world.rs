//! A gateway whose policy changes, with the service beside it.

use penstock_config::Config;
use penstock_envoy::xds::Published;
use penstock_test_support::client::{Request, Response, Streaming};
use penstock_test_support::{Gateway, Provider, Service};
use sha2::{Digest, Sha256};

use crate::ask::Client;
use crate::world::{model, provider};

/// What the tests change.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Requests per minute for the model `counted`.
    pub limit: u64,
    /// How many of them are used before the first change.
    pub used: u64,
    /// The provider `backup` is there, first for `plain`, and has models of its own.
    pub added: bool,
    /// The model `removed` is gone.
    pub removed: bool,
    /// Who may come in.
    pub keys: Vec<&'static str>,
    /// Further providers.
    pub more: &'static str,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            limit: 1_000,
            used: 0,
            added: false,
            removed: false,
            keys: vec!["key-load", "key-one"],
            more: "",
        }
    }
}

pub struct World {
    pub gateway: Gateway,
    primary: Provider,
    backup: Provider,
    service: Service,
    yaml: String,
}

impl World {
    pub async fn start(policy: &Policy) -> Self {
        let primary = Provider::start("primary").unwrap();
        let backup = Provider::start("backup").unwrap();
        let yaml = policy.yaml(&primary, &backup);
        let service = Service::start(&yaml).await.unwrap();
        let gateway = Gateway::builder(&asking(&yaml, &service)).concurrency(2).live();
        Self {
            gateway: gateway.start().unwrap(),
            primary,
            backup,
            service,
            yaml,
        }
    }

    /// Gives Envoy and the service another policy.
    pub async fn change(&mut self, policy: &Policy) -> Published {
        self.try_change(policy).await.unwrap()
    }

    pub async fn try_change(&mut self, policy: &Policy) -> anyhow::Result<Published> {
        let yaml = policy.yaml(&self.primary, &self.backup);
        let published = self.gateway.take_up(&asking(&yaml, &self.service)).await?;
        self.service.write(&yaml)?;
        self.yaml = yaml;
        Ok(published)
    }

    /// The version of the policy that was given last.
    pub fn policy_version(&self) -> String {
        let file = self.gateway.directory().join("penstock.yaml");
        Config::load(&file).unwrap().policy_version().to_owned()
    }

    pub async fn ask(&self, model: &str, text: &str) -> Response {
        self.ask_with("key-load", model, text).await
    }

    pub async fn ask_with(&self, key: &str, model: &str, text: &str) -> Response {
        self.gateway.send(request(key, model, text, false)).await.unwrap()
    }

    pub async fn open(&self, model: &str, text: &str) -> Streaming {
        let request = request("key-load", model, text, true);
        request.open(self.gateway.address()).await.unwrap()
    }
}

/// A request with one of the keys.
pub fn request(key: &str, model: &str, text: &str, stream: bool) -> Request {
    let request = Client::OpenAi.ask(model, text, stream);
    request.header("authorization", &format!("Bearer {}", secret(key)))
}

fn secret(key: &str) -> String {
    format!("psk-{key:0>43}")
}

/// The same for Envoy, which is told where the service is.
fn asking(yaml: &str, service: &Service) -> String {
    yaml.replacen(
        "service: {",
        &format!("service: {{ urls: ['{}'], ", service.url()),
        1,
    )
}

impl Policy {
    fn yaml(&self, primary: &Provider, backup: &Provider) -> String {
        const SLOW: &str = "fault=events:300,interval:20ms";
        let at = |provider: &Provider| format!("{}/v1", provider.url());
        let mut providers = provider("primary", "openai", &at(primary), "");
        let mut models = [
            model("counted", &[("primary", "good")], ""),
            model("slow", &[("primary", SLOW)], ""),
        ]
        .concat();
        if self.added {
            providers += &provider("backup", "openai", &at(backup), "");
            models += &model("plain", &[("backup", "good"), ("primary", "good")], "");
            models += &model("added", &[("backup", "good")], "");
            models += &model("slow-added", &[("backup", SLOW)], "");
        } else {
            models += &model("plain", &[("primary", "good")], "");
        }
        if !self.removed {
            models += &model("removed", &[("primary", "good")], "");
        }
        let key = |key: &&str| {
            let digest = Sha256::digest(secret(key).as_bytes());
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("    - {{ id: {key}, hash: 'sha256:{digits}', tenant: acme }}\n")
        };
        format!(
            "service: {{ failure_mode: deny }}\nproviders:\n{providers}{}models:\n{models}quota:\n  limits:\n    \
             - {{ name: counted, match: {{ model: [counted] }}, requests_per_minute: {} }}\n    \
             - {{ name: streams, match: {{ model: [slow-added] }}, concurrent_requests: 100 }}\nkeys:\n  list:\n{}",
            self.more,
            self.limit,
            self.keys.iter().map(key).collect::<String>(),
        )
    }
}
