//! A provider, the service and Envoys that ask it.

use penstock_test_support::{Gateway, Provider, Service};

use crate::world::provider;

/// Two providers, the service, and an Envoy that asks it.
pub struct World {
    pub primary: Provider,
    pub backup: Provider,
    pub service: Service,
    pub envoy: Gateway,
    yaml: String,
}

impl World {
    /// `section` is what stands in the section `service`, `more` the rest of the file behind the providers `primary`
    /// and `backup`.
    pub async fn start(section: &str, more: &str) -> Self {
        Self::start_with(section, more, ["", ""]).await
    }

    /// The same, with further fields of the providers.
    pub async fn start_with(section: &str, more: &str, fields: [&str; 2]) -> Self {
        let primary = Provider::start("primary").unwrap();
        let backup = Provider::start("backup").unwrap();
        let yaml = format!(
            "service: {{ {section} }}\nproviders:\n{}{}{more}",
            provider("primary", "openai", &format!("{}/v1", primary.url()), fields[0]),
            provider("backup", "openai", &format!("{}/v1", backup.url()), fields[1]),
        );
        let service = Service::start(&yaml).await.unwrap();
        let envoy = envoy(&yaml, &[&service], 1);
        Self {
            primary,
            backup,
            service,
            envoy,
            yaml,
        }
    }

    /// Gives the service another configuration, whole.
    pub fn rewrite(&mut self, change: impl FnOnce(&str) -> String) {
        self.yaml = change(&self.yaml);
        self.service.write(&self.yaml).unwrap();
    }

    /// One more service with the same configuration.
    pub async fn replica(&self) -> Service {
        Service::start(&self.yaml).await.unwrap()
    }

    /// One more Envoy, which asks these services.
    pub fn envoy(&self, services: &[&Service]) -> Gateway {
        envoy(&self.yaml, services, 2)
    }
}

fn envoy(yaml: &str, services: &[&Service], workers: u32) -> Gateway {
    let urls: Vec<String> = services.iter().map(|service| service.url()).collect();
    let yaml = yaml.replacen("service: {", &format!("service: {{ urls: {urls:?}, "), 1);
    Gateway::builder(&yaml)
        .concurrency(workers)
        .env("PII_TEST_KEY", "key-of-the-placeholders-of-these-tests")
        .start()
        .unwrap()
}
