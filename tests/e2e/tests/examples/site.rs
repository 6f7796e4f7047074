//! An example as it is checked in: only addresses and credentials of providers, and the hashes of keys, are replaced, and
//! the service has more time, since tests share the machine.

use std::collections::BTreeMap;

use penstock_test_support::client::{Request, Response};
use penstock_test_support::gateway::root;
use penstock_test_support::{Gateway, Provider, Service};
use sha2::{Digest, Sha256};

/// The `penstock.yaml` of an example, and what its environment has.
pub struct Example {
    yaml: String,
    env: BTreeMap<String, String>,
    secrets: Vec<(String, String)>,
    workers: u32,
}

/// A running example.
pub struct Site {
    /// None where the example has none.
    pub service: Option<Service>,
    pub envoy: Gateway,
}

impl Example {
    /// Reads `examples/{folder}/penstock.yaml`.
    pub fn read(folder: &str) -> Self {
        let path = root().join("examples").join(folder).join("penstock.yaml");
        let yaml = std::fs::read_to_string(path).unwrap();
        // The harness says where the access log goes.
        let yaml: String = yaml
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("access_log: "))
            .collect();
        assert!(
            !yaml.contains("timeout: 5s"),
            "the example says how long the service may take"
        );
        Self {
            yaml: yaml.replacen("service: {", "service: { timeout: 5s, ", 1),
            env: BTreeMap::new(),
            secrets: Vec::new(),
            workers: 2,
        }
    }

    /// A scripted provider in the place of what is at `origin`.
    pub fn provider(self, origin: &str, provider: &Provider) -> Self {
        self.address(origin, &provider.url())
    }

    /// Another `scheme://host:port` in the place of `origin`.
    pub fn address(mut self, origin: &str, url: &str) -> Self {
        let yaml = self
            .yaml
            .replace(&format!("url: {origin}"), &format!("url: {url}"));
        assert_ne!(yaml, self.yaml, "nothing is at {origin}");
        self.yaml = yaml;
        self
    }

    /// A variable of Envoy and of the service.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        assert!(self.yaml.contains(name), "the example does not name {name}");
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A file that the example names as `secrets/{name}`.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        assert!(
            self.yaml.contains(&format!("secrets/{name}")),
            "no secrets/{name}"
        );
        self.secrets.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A key that somebody has, in the place of the `number`th hash.
    pub fn key(mut self, number: usize, key: &str) -> Self {
        let digest: String = Sha256::digest(key.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let yaml = self.yaml.replace(&format!("{number:064}"), &digest);
        assert_ne!(yaml, self.yaml, "there is no key {number}");
        self.yaml = yaml;
        self
    }

    /// Starts the service, if the example has one, and Envoy.
    pub async fn start(self) -> Site {
        let service = if self.has_service() {
            let service = Service::start_with_env(&self.yaml, &self.env).await;
            Some(service.unwrap())
        } else {
            None
        };
        let envoy = self.envoy(service.as_ref());
        Site { service, envoy }
    }

    /// An Envoy alone, which asks this service.
    pub fn envoy(&self, service: Option<&Service>) -> Gateway {
        let yaml = match service {
            Some(service) => {
                let urls = format!("service: {{ urls: [\"{}\"], ", service.url());
                self.yaml.replacen("service: {", &urls, 1)
            }
            None => self.yaml.clone(),
        };
        let mut builder = Gateway::builder(&yaml).concurrency(self.workers);
        for (name, value) in &self.env {
            builder = builder.env(name, value);
        }
        for (name, value) in &self.secrets {
            builder = builder.secret(name, value);
        }
        builder.start().unwrap()
    }

    fn has_service(&self) -> bool {
        self.yaml.lines().any(|line| line.starts_with("service:"))
    }
}

impl Site {
    /// Sends a request; the answer's transfer may end badly, its start may not.
    pub async fn send(&self, request: Request) -> Response {
        self.envoy.send(request).await.unwrap()
    }

    pub fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }
}

/// What the first demo provider of most examples is reached at.
pub const FIRST: &str = "http://127.0.0.1:18081";
/// And the second.
pub const SECOND: &str = "http://127.0.0.1:18082";

/// What an example's README says.
pub fn readme(folder: &str) -> String {
    std::fs::read_to_string(root().join("examples").join(folder).join("README.md")).unwrap()
}
