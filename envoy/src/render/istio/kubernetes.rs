//! Pieces that resources of Kubernetes are made of.

use super::super::node::{Node, list, map};

/// A resource with what identifies it.
pub(super) fn resource(version: &str, kind: &str, namespace: &str, name: &str) -> Node {
    map! {
        "apiVersion" => version,
        "kind" => kind,
        "metadata" => map! {
            "name" => name,
            "namespace" => namespace,
            "labels" => map! { "app.kubernetes.io/part-of" => "penstock" },
        },
    }
}

/// Labels of the pods of one part.
pub(super) fn labels(app: &str) -> Node {
    map! { "app" => app }
}

/// What selects the pods of one part.
pub(super) fn selector(app: &str) -> Node {
    map! { "matchLabels" => labels(app) }
}

/// What a container may do, which is to run.
pub(super) fn confined() -> Node {
    map! {
        "allowPrivilegeEscalation" => false,
        "readOnlyRootFilesystem" => true,
        "runAsNonRoot" => true,
        "capabilities" => map! { "drop" => list!["ALL"] },
    }
}

/// A service account whose token no pod needs.
pub(super) fn account(namespace: &str, name: &str) -> Node {
    resource("v1", "ServiceAccount", namespace, name)
}

/// Small files that are no secret.
pub(super) fn config_map(namespace: &str, name: &str, data: Vec<(String, Node)>) -> Node {
    resource("v1", "ConfigMap", namespace, name).with("data", Node::Map(data))
}

/// A port of a Service.
pub(super) fn port(name: &str, number: u16, protocol: &str) -> Node {
    map! { "name" => name, "port" => number, "targetPort" => number, "appProtocol" => protocol }
}

/// A volume with all of a ConfigMap.
pub(super) fn config_volume(name: &str, map: &str) -> Node {
    map! { "name" => name, "configMap" => map! { "name" => map } }
}

/// A volume with some keys of a Secret as files. Its pod waits until it is there.
pub(super) fn secret_volume(name: &str, secret: &str, keys: &[String]) -> Node {
    let items: Vec<Node> = keys
        .iter()
        .map(|key| map! { "key" => key.as_str(), "path" => key.as_str() })
        .collect();
    map! { "name" => name, "secret" => map! { "secretName" => secret, "items" => items } }
}

/// Where a container finds a volume.
pub(super) fn mount(name: &str, path: &str) -> Node {
    map! { "name" => name, "mountPath" => path, "readOnly" => true }
}

/// A variable whose value is in a Secret, under its own name.
pub(super) fn secret_env(name: &str, secret: &str) -> Node {
    map! {
        "name" => name,
        "valueFrom" => map! { "secretKeyRef" => map! { "name" => secret, "key" => name } },
    }
}

/// What a container is given, and how much memory at most. CPU is not limited: a limit delays answers.
pub(super) fn resources(cpu: &str, memory: &str) -> Node {
    map! {
        "requests" => map! { "cpu" => cpu, "memory" => memory },
        "limits" => map! { "memory" => memory },
    }
}
