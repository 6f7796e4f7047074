"""Manifests that are checked in, and ones that are rendered with every option, against the schemas."""

import copy
import os
import pathlib
import subprocess

import pytest
import yaml

from schemas import problems, resources

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# What is for tools that work on resources.
NO_RESOURCES = ("kustomization.yaml", "workload-patch.yaml", "penstock.yaml")

CHECKED_IN = sorted(
    path
    for directory in ("envoy/istio", "examples/istio")
    for path in (ROOT / directory).rglob("*.yaml")
    if path.name not in NO_RESOURCES
)

EVERY_FIELD = """
listen: 0.0.0.0:8443
access_log: /dev/stderr
service:
  listen: 0.0.0.0:50051
  admin: 0.0.0.0:9902
  data: /data
  redis: { env: REDIS, replicas: 5 }
keys: { anonymous: { tenant: t } }
providers:
  - { name: By_Name, api: openai, base_url: 'https://api.openai.com/v1', credential: { env: KEY }, tls: { server_name: h } }
  - { name: by-address, api: openai, flavor: vllm, base_url: 'http://10.0.0.1:8000/v1', connect_timeout: 500ms }
  - { name: own-authority, api: anthropic, base_url: 'https://h', credential: { file: a/key }, tls: { ca_file: ca.pem } }
models:
  - { name: 'a "name": with # signs', targets: [{ provider: By_Name, model: x }, { provider: by-address, model: y }] }
money: { approve_above: 5, approve_key: { env: APPROVE } }
ledger: { otlp: { url: 'https://collector:4317', headers: { env: HEADERS } } }
pii: { key: { env: PII } }
quota: { service: { url: 'http://penstock-ext-proc.penstock.svc.cluster.local:50051' } }
"""


def render(directory, *arguments):
    command = [TARGET / "debug/penstock", "render", "istio", "--file", directory / "penstock.yaml", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [resource for resource in yaml.safe_load_all(done.stdout) if resource]


@pytest.mark.parametrize("path", CHECKED_IN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_checked_in_manifest_is_valid(path):
    found = resources(path)
    assert found
    for resource in found:
        assert problems(resource) == [], resource["metadata"]["name"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tls-secret", "certificate", "--host", "llm.example.com", "--istio-version", "1.32.1"),
        ("--gateway-selector", "istio=ingressgateway", "--namespace", "istio-system", "--filters", "mount:/filters"),
        ("--shape", "sidecar", "--workload-selector", "app=shop", "--secret", "s"),
    ],
    ids=" ".join,
)
def test_what_every_option_renders_is_valid(tmp_path, arguments):
    (tmp_path / "penstock.yaml").write_text(EVERY_FIELD)
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    found = render(tmp_path, *arguments)
    assert len(found) > 8
    for resource in found:
        assert problems(resource) == [], resource["metadata"]["name"]


def test_resources_are_named_once_and_kustomizations_name_every_file():
    for kustomization in (ROOT / "envoy/istio").rglob("kustomization.yaml"):
        names = yaml.safe_load(kustomization.read_text())["resources"]
        beside = {path.name for path in kustomization.parent.glob("*.yaml")} - set(NO_RESOURCES)
        assert set(names) == beside
        found = [resource for name in names for resource in resources(kustomization.parent / name)]
        identities = [(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in found]
        assert len(identities) == len(set(identities))


BREAKS = {
    "EnvoyFilter": lambda spec: spec["configPatches"][0].update(applyto="CLUSTER"),
    "ServiceEntry": lambda spec: spec["ports"][0].update(number="443"),
    "DestinationRule": lambda spec: spec["trafficPolicy"]["connectionPool"]["http"].update(maxRetry=3),
    "Gateway": lambda spec: spec["servers"][0]["port"].update(portNumber=1),
    "VirtualService": lambda spec: spec["http"][0]["directResponse"].pop("status"),
    "PeerAuthentication": lambda spec: spec["mtls"].update(mode="STRICTLY"),
    "AuthorizationPolicy": lambda spec: spec["rules"][0].update(form=[]),
    "Deployment": lambda spec: spec["template"]["spec"]["containers"][0].update(readOnlyRootFilesystem=True),
    "Service": lambda spec: spec["ports"][0].pop("port"),
    "HorizontalPodAutoscaler": lambda spec: spec.update(minReplica=1),
    "PodDisruptionBudget": lambda spec: spec.update(maxUnavailable=[]),
    "NetworkPolicy": lambda spec: spec["egress"][0]["ports"][0].update(prot="TCP"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_resource_is_not_valid(kind):
    every = [resource for path in (ROOT / "examples/istio").rglob("*.yaml") for resource in resources(path)]
    sound = next(resource for resource in every if resource.get("kind") == kind)
    assert problems(sound) == []
    broken = copy.deepcopy(sound)
    BREAKS[kind](broken["spec"])
    assert problems(broken) != []
