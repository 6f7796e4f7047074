//! The service in pods of its own.

use penstock_config::{Config, Credential, DecisionService, RedisSource};

use super::{
    super::node::{Node, list, map},
    IstioError, Options, gateway,
    kubernetes::{
        account, config_map, config_volume, confined, labels, mount, port, resource, resources, secret_env,
        selector,
    },
    names::SERVICE,
};

const CONFIG_DIR: &str = "/etc/penstock";
const FILE: &str = "penstock.yaml";
const DATA: &str = "data";
/// An account that no one has.
const USER: u32 = 65_532;
/// Longer than the service gives running requests by itself.
const GRACE_SECONDS: u32 = 30;

/// What the pods of the service are made of.
pub(super) struct Pods<'a> {
    pub(super) config: &'a Config,
    pub(super) service: &'a DecisionService,
    pub(super) options: &'a Options,
}

impl Pods<'_> {
    /// Refuses what would not work in a pod.
    pub(super) fn check(&self) -> Result<(), IstioError> {
        for (field, address) in [("listen", self.service.listen), ("admin", self.service.admin)] {
            if address.ip().is_loopback() {
                return Err(IstioError::Loopback { field, address });
            }
        }
        if !self.service.data.is_absolute() || self.service.data.starts_with(CONFIG_DIR) {
            return Err(IstioError::Data(self.service.data.clone()));
        }
        Ok(())
    }

    /// Names of the Secret's keys that the service reads from its environment.
    pub(super) fn keys(&self) -> Vec<&str> {
        let redis = match self.service.redis.as_ref().map(|redis| &redis.source) {
            Some(RedisSource::Env(name)) => Some(name.as_str()),
            _ => None,
        };
        let approval = self
            .config
            .money
            .as_ref()
            .and_then(|money| money.approval.as_ref());
        let approval = match approval.map(|approval| &approval.key) {
            Some(Credential::Env(name)) => Some(name.as_str()),
            _ => None,
        };
        let otlp = self.config.ledger.otlp.as_ref();
        let headers = otlp.and_then(|otlp| otlp.headers_env.as_deref());
        redis.into_iter().chain(approval).chain(headers).collect()
    }

    pub(super) fn resources(&self) -> Vec<Node> {
        let namespace = self.options.namespace.as_str();
        let text = Node::Block(self.options.configuration.clone());
        let mut nodes = vec![
            config_map(namespace, SERVICE, vec![(FILE.to_owned(), text)]),
            account(namespace, SERVICE),
        ];
        if !self.is_shared() {
            nodes.push(claim(namespace));
        }
        nodes.push(self.deployment());
        let ports = list![
            port("grpc", self.service.listen.port(), "grpc"),
            port("http-admin", self.service.admin.port(), "http"),
        ];
        nodes.push(
            resource("v1", "Service", namespace, SERVICE)
                .with("spec", map! { "selector" => labels(SERVICE), "ports" => ports }),
        );
        nodes.extend(self.guards());
        nodes
    }

    /// Whether several replicas share their state.
    pub(super) fn is_shared(&self) -> bool {
        self.service.redis.is_some()
    }

    fn deployment(&self) -> Node {
        let namespace = self.options.namespace.as_str();
        let metadata = map! {
            "labels" => labels(SERVICE).with_all(map! {
                "app.kubernetes.io/part-of" => "penstock",
                "sidecar.istio.io/inject" => "true",
            }),
        };
        let pod = map! {
            "serviceAccountName" => SERVICE,
            "automountServiceAccountToken" => false,
            "terminationGracePeriodSeconds" => GRACE_SECONDS,
            "securityContext" => map! {
                "runAsNonRoot" => true,
                "runAsUser" => USER,
                "runAsGroup" => USER,
                "fsGroup" => USER,
                "seccompProfile" => map! { "type" => "RuntimeDefault" },
            },
            "containers" => list![self.container()],
            "volumes" => list![config_volume("configuration", SERVICE), self.data()],
        };
        let (replicas, strategy) = match &self.service.redis {
            Some(redis) => (redis.replicas, "RollingUpdate"),
            // Two at once would have one directory.
            None => (1, "Recreate"),
        };
        let spec = map! {
            "replicas" => replicas,
            "strategy" => map! { "type" => strategy },
            "selector" => selector(SERVICE),
            "template" => map! { "metadata" => metadata, "spec" => pod },
        };
        resource("apps/v1", "Deployment", namespace, SERVICE).with("spec", spec)
    }

    fn container(&self) -> Node {
        let probe = |path: &str| {
            map! {
                "httpGet" => map! { "path" => path, "port" => self.service.admin.port() },
                "periodSeconds" => 5_u32,
            }
        };
        let env: Vec<Node> = self
            .keys()
            .into_iter()
            .map(|name| secret_env(name, &self.options.secret))
            .collect();
        let file = format!("{CONFIG_DIR}/{FILE}");
        let data = self.service.data.to_string_lossy();
        let number = |number: u16| map! { "containerPort" => number };
        let container = map! {
            "name" => SERVICE,
            "image" => self.options.image.as_str(),
            "args" => list!["--file", file.as_str()],
            "ports" => list![number(self.service.listen.port()), number(self.service.admin.port())],
            "resources" => resources("250m", "512Mi"),
            "securityContext" => confined(),
            "startupProbe" => probe("/healthz").with("failureThreshold", 24_u32),
            "livenessProbe" => probe("/healthz"),
            "readinessProbe" => probe("/readyz"),
            "volumeMounts" => list![
                mount("configuration", CONFIG_DIR),
                map! { "name" => DATA, "mountPath" => data.as_ref() },
            ],
        };
        match env.is_empty() {
            true => container,
            false => container.with("env", env),
        }
    }

    fn data(&self) -> Node {
        let source = match self.is_shared() {
            true => map! { "emptyDir" => map! {} },
            false => map! { "persistentVolumeClaim" => map! { "claimName" => SERVICE } },
        };
        map! { "name" => DATA }.with_all(source)
    }

    /// The service asks nobody who they are, so the mesh does.
    fn guards(&self) -> Vec<Node> {
        let namespace = self.options.namespace.as_str();
        let selector = map! { "matchLabels" => labels(SERVICE) };
        let (listen, admin) = (self.service.listen.port(), self.service.admin.port());
        let caller = match self.options.selector {
            // Whose gateway it is, nobody has said; it is in this namespace.
            Some(_) => map! { "namespaces" => list![namespace] },
            None => map! { "principals" => list![format!("*/ns/{namespace}/sa/{}", gateway::NAME)] },
        };
        let ports = |port: u16| list![map! { "operation" => map! { "ports" => list![port.to_string()] } }];
        let peers = map! {
            "selector" => selector.clone(),
            "mtls" => map! { "mode" => "STRICT" },
            // Prometheus may be outside of the mesh.
            "portLevelMtls" => map! { admin.to_string() => map! { "mode" => "PERMISSIVE" } },
        };
        let rules = list![
            map! { "from" => list![map! { "source" => caller }], "to" => ports(listen) },
            map! { "to" => ports(admin) },
        ];
        let policy = map! { "selector" => selector, "action" => "ALLOW", "rules" => rules };
        vec![
            resource("security.istio.io/v1", "PeerAuthentication", namespace, SERVICE).with("spec", peers),
            resource("security.istio.io/v1", "AuthorizationPolicy", namespace, SERVICE).with("spec", policy),
        ]
    }
}

/// The disk of the one replica that there is without Redis.
fn claim(namespace: &str) -> Node {
    let spec = map! {
        "accessModes" => list!["ReadWriteOnce"],
        "resources" => map! { "requests" => map! { "storage" => "10Gi" } },
    };
    resource("v1", "PersistentVolumeClaim", namespace, SERVICE).with("spec", spec)
}
