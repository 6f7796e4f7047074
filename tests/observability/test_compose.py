"""The compose file holds to its specification and to what it promises. No container engine is needed, and none is asked: what only
one can show is said in the example's README."""

import re
import subprocess
import sys

import compose_spec
import pytest
import yaml

from places import QUICKSTART, ROOT

TEXT = (QUICKSTART / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
CONFIG = yaml.safe_load((QUICKSTART / "penstock.yaml").read_text())
DOCKERFILE = (QUICKSTART / "Dockerfile").read_text()
each_service = pytest.mark.parametrize("name", SERVICES)


def read(text):
    """As the Compose Specification has it; unknown fields and references to nothing are errors."""
    # Merge keys are YAML's, and resolved here: the extensions at the top have them, too.
    compose = compose_spec.PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(text)))
    compose.validate()
    return compose


def test_the_file_is_as_the_specification_has_it():
    assert set(read(TEXT).service_names()) == set(SERVICES)


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("healthcheck:", "healthchek:"),
        ("condition: service_healthy", "condition: service_fine"),
    ],
)
def test_a_file_that_is_not_is_noticed(right, wrong):
    with pytest.raises(Exception, match="."):
        read(TEXT.replace(right, wrong, 1))


def test_what_is_there():
    images = {service["image"].split(":")[0] for service in SERVICES.values()}
    assert images == {
        "penstock", "envoyproxy/envoy", "redis", "prom/prometheus", "grafana/grafana", "otel/opentelemetry-collector-contrib",
    }


@each_service
def test_images_are_pinned(name):
    image, _, tag = SERVICES[name]["image"].partition(":")
    assert image == "penstock" and "build" in SERVICES[name] or re.fullmatch(r"v?\d+\.\d+\.\d+(-\w+)?", tag)


def test_envoy_and_rust_are_those_of_the_repository():
    envoy = (ROOT / ".envoy-version").read_text().strip()
    assert SERVICES["envoy"]["image"] == f"envoyproxy/envoy:v{envoy}"
    (rust,) = re.findall(r'^channel = "(.+)"$', (ROOT / "rust-toolchain.toml").read_text(), flags=re.MULTILINE)
    assert f"FROM rust:{rust}-slim-bookworm AS build" in DOCKERFILE


@each_service
def test_nobody_may_do_more_than_it_must(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service and "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not str(service.get("user", "65532")).startswith(("0", "root"))
    assert service["restart"] == ("no" if name == "render" else "unless-stopped")


def test_ports_are_open_on_this_machine_only():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


@each_service
def test_health_is_asked_for_where_somebody_can_answer(name):
    # `pod` and `render` serve nothing; the collector's image has nothing to ask with.
    assert ("healthcheck" in SERVICES[name]) == (name not in {"pod", "render", "collector"})


def test_nobody_waits_for_the_health_of_what_has_none():
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            expected = "service_healthy" if "healthcheck" in SERVICES[other] else "service_completed_successfully"
            assert how["condition"] == expected


def test_the_configuration_is_that_of_make_run_and_its_addresses_are_in_one_namespace():
    mounted = "./penstock.yaml:/etc/penstock/penstock.yaml:ro"
    assert [name for name, service in SERVICES.items() if mounted in service.get("volumes", [])] == ["render", "service"]
    assert "config=$examples/quickstart/penstock.yaml" in (QUICKSTART / "run").read_text()
    inside = {name for name, service in SERVICES.items() if service.get("network_mode") == "service:pod"}
    assert inside == {"primary", "backup", "service", "envoy", "prometheus", "collector"}
    listening = {SERVICES[name]["command"][2] for name in ("primary", "backup")}
    wanted = {re.match(r"http://([^/]+)", provider["base_url"])[1] for provider in CONFIG["providers"]}
    assert listening == wanted
    collector = yaml.safe_load((QUICKSTART / "otel" / "collector.yaml").read_text())
    endpoint = collector["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"]
    assert CONFIG["ledger"]["otlp"]["url"] == f"http://{endpoint}"
    assert CONFIG["telemetry"]["traces"]["otlp"]["url"] == f"http://{endpoint}"


def test_prometheus_scrapes_where_the_configuration_listens():
    scrapes = yaml.safe_load((QUICKSTART / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"]
    targets = {scrape["job_name"]: scrape["static_configs"][0]["targets"] for scrape in scrapes}
    assert targets == {"penstock": ["127.0.0.1:9902"], "envoy": [CONFIG["admin"]]}
    assert "admin" not in CONFIG["service"], "then its address belongs into prometheus.yaml"


def test_what_is_mounted_is_there():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (QUICKSTART / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_no_secret_is_in_the_files():
    for text in (TEXT, DOCKERFILE):
        assert not re.search(r"(?i)(password|secret|token|api_?key)\s*[:=]", text)


def test_the_build_sees_sources_only():
    ignored = (QUICKSTART / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert allowed == {"Cargo.toml", "Cargo.lock", ".cargo", "envoy", "ext-proc", "filters", "tests"}
    # Every member of the workspace is sent along, or cargo does not begin.
    (members,) = re.findall(r"^members = \[(.*?)\]", (ROOT / "Cargo.toml").read_text(), flags=re.MULTILINE | re.DOTALL)
    for member in re.findall(r'"(.+?)"', members):
        assert member.split("/")[0] in allowed


def test_hadolint_has_nothing_against_the_dockerfile():
    hadolint = sys.executable.rsplit("/", 1)[0] + "/hadolint"
    done = subprocess.run([hadolint, QUICKSTART / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
