//! A proxy of a mesh in front of scripted providers.

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use penstock_config::Config;
use penstock_envoy::render::istio::{Filters, Manifests, Options, Shape, Version, manifests};
use penstock_test_support::{
    Gateway, Request,
    client::Response,
    gateway::{Builder, DIRECTORY, wasm_dir},
};
use serde_json::{Value, json};

use crate::istiod::{Proxy, of_kind};

/// Where the rendering says that files are mounted.
const MOUNTED: [&str; 2] = ["/etc/penstock/sds", "/etc/penstock/credentials"];

/// What is rendered for a configuration, as a list of resources.
pub fn rendered(yaml: &str, shape: Shape, filters: Filters) -> (Vec<Value>, Manifests) {
    let config = Config::from_yaml_str(yaml, Path::new("/etc/penstock/penstock.yaml")).unwrap();
    let options = Options {
        shape,
        version: Version::NEWEST,
        namespace: "penstock".into(),
        selector: None,
        host: "*".into(),
        tls_secret: None,
        secret: "penstock-credentials".into(),
        image: "penstock-ext-proc:test".into(),
        filters_image: "penstock-filters:test".into(),
        filters,
        configuration: yaml.into(),
    };
    let manifests = manifests(&config, &options).unwrap();
    let resources = manifests
        .files
        .iter()
        .filter(|(name, _)| !["kustomization.yaml", "workload-patch.yaml"].contains(name))
        .flat_map(|(_, text)| serde_saphyr::from_multiple::<Value>(text).unwrap())
        .collect();
    (resources, manifests)
}

/// Filters of this checkout, mounted where they are.
pub fn mounted() -> Filters {
    Filters::Mounted(std::path::absolute(wasm_dir()).unwrap())
}

/// A proxy that has been given the resources, before it is started.
pub fn proxy(yaml: &str, shape: Shape, filters: Filters, service: Option<SocketAddr>) -> Builder {
    let (resources, _) = rendered(yaml, shape, filters);
    let named = "outbound|50051||penstock-ext-proc.penstock.svc.cluster.local".to_owned();
    let services: BTreeMap<String, SocketAddr> = service.map(|address| (named, address)).into_iter().collect();
    let proxy = match shape {
        Shape::Gateway => Proxy::gateway(&resources, &services),
        Shape::Sidecar => Proxy::sidecar(&resources, &services),
    }
    .patched(&resources);
    assert!(proxy.idle.is_empty(), "nothing is matched by {:#?}", proxy.idle);
    let mut more = json!({});
    let mut sds = BTreeMap::new();
    for map in of_kind(&resources, "ConfigMap") {
        let data = map["data"].as_object().unwrap();
        match map["metadata"]["name"].as_str().unwrap() {
            "penstock-bootstrap" => more = serde_json::from_str(data["custom_bootstrap.json"].as_str().unwrap()).unwrap(),
            "penstock-sds" => sds.extend(data.clone()),
            _ => {}
        }
    }
    let here = |text: &str| {
        let place = format!("{DIRECTORY}/secrets");
        MOUNTED.iter().fold(text.to_owned(), |text, path| text.replace(path, &place))
    };
    let bootstrap = serde_json::to_string_pretty(&proxy.bootstrap(&more)).unwrap();
    let mut builder = Gateway::builder(yaml).bootstrap(&here(&bootstrap));
    for (name, content) in sds {
        builder = builder.secret(&name, &here(content.as_str().unwrap()));
    }
    builder
}

/// Asks for an answer to a text.
pub fn ask(model: &str, text: &str) -> Request {
    let body = json!({"model": model, "messages": [{"role": "user", "content": text}]});
    Request::post("/v1/chat/completions", &body)
}

/// Asserts that it was answered by this provider.
pub fn answered(response: &Response, provider: &str) {
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("x-penstock-provider"), Some(provider), "{response:?}");
    assert!(response.json()["choices"][0]["message"]["content"].is_string());
}
