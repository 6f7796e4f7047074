"""Real processes for the whole session: two providers, one that tests may kill, and the gateway before them.

A test module says in `MODELS` which models of `penstock.yaml` it needs; `model()` writes one. The `quota` is what one of
them says in `QUOTA`, the `pii` what one says in `PII`, with variables of the gateway's environment in `ENV`.
"""

import contextlib
import types

import anthropic
import openai
import pytest

from processes import Gateway, Provider
from ways import MODES, SDKS, WAYS

# What the clients send; the gateway must not pass it on.
CLIENT_KEY = "key-of-the-client"

TARGETS = ("to-openai", "to-anthropic")


def model(name, *targets, **more):
    """A model of `penstock.yaml`; a target is `provider/model`, or that and its further fields."""
    targets = [target if isinstance(target, tuple) else (target, {}) for target in targets]
    targets = [dict(zip(("provider", "model"), target.split("/", 1)), **fields) for target, fields in targets]
    return {"name": name, "targets": targets, **more}


MODELS = [model("to-openai", "primary/gpt-5"), model("to-anthropic", "primary-anthropic/claude-sonnet-4-5")]


# What a test that names one of these runs with.
MATRIX = {
    "way": WAYS,
    "openai_way": [way for way in WAYS if way.sdk == "openai"],
    "anthropic_way": [way for way in WAYS if way.sdk == "anthropic"],
    "streaming_way": [way for way in WAYS if way.stream],
    "sdk": SDKS,
    "mode": MODES,
    "target": TARGETS,
}


def pytest_generate_tests(metafunc):
    for name, values in MATRIX.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=str)


@pytest.fixture(scope="session")
def world(request, tmp_path_factory):
    """Everything that runs."""
    with contextlib.ExitStack() as stack:
        names = ("primary", "backup", "mortal")
        providers = [Provider(name, api_key=f"key-of-{name}") for name in names]
        for provider in providers:
            stack.callback(provider.stop)
        modules = {item.module.__name__: item.module for item in request.session.items}
        models = [*MODELS, *(model for name in sorted(modules) for model in getattr(modules[name], "MODELS", []))]
        quota = next((module.QUOTA for module in modules.values() if hasattr(module, "QUOTA")), {})
        config = {
            "providers": [entry for provider in providers for entry in _both_apis(provider)] + [CLOSED],
            "models": models,
            "defaults": {"timeouts": {"first_token": "10s", "answer": "20s"}},
            "limits": {"request_body": "1MiB"},
            "identity": {"tenant": {"header": "x-tenant"}},
            "quota": quota,
            **_pii(modules),
        }
        env = {name: value for module in modules.values() for name, value in getattr(module, "ENV", {}).items()}
        env |= {_key_variable(provider): provider.api_key for provider in providers}
        gateway = Gateway(config, tmp_path_factory.mktemp("gateway"), env)
        stack.callback(gateway.stop)
        request.session.stash[GATEWAY] = gateway
        yield types.SimpleNamespace(gateway=gateway, models=models, **dict(zip(names, providers)))


def _pii(modules):
    """The section, if a module of this session has one."""
    return next(({"pii": module.PII} for module in modules.values() if hasattr(module, "PII")), {})


# Nobody listens there.
CLOSED = {"name": "closed", "api": "openai", "base_url": "http://127.0.0.1:1/v1"}


def _both_apis(provider):
    credential = {"env": _key_variable(provider)}
    return [
        {"name": provider.name, "api": "openai", "base_url": f"{provider.url}/v1", "credential": credential},
        {
            "name": f"{provider.name}-anthropic",
            "api": "anthropic",
            "base_url": provider.url,
            "credential": credential,
        },
    ]


def _key_variable(provider):
    return f"SDK_TEST_KEY_OF_{provider.name.upper()}"


@pytest.fixture(scope="session")
async def clients(world):
    """The SDKs' clients by SDK and mode; none retries, so that a test sees each failure."""
    url, options = world.gateway.url, {"api_key": CLIENT_KEY, "max_retries": 0, "timeout": 20}
    async with (
        openai.AsyncOpenAI(base_url=f"{url}/v1", **options) as async_openai,
        anthropic.AsyncAnthropic(base_url=url, **options) as async_anthropic,
    ):
        with (
            openai.OpenAI(base_url=f"{url}/v1", **options) as sync_openai,
            anthropic.Anthropic(base_url=url, **options) as sync_anthropic,
        ):
            yield {
                ("openai", "sync"): sync_openai,
                ("openai", "async"): async_openai,
                ("anthropic", "sync"): sync_anthropic,
                ("anthropic", "async"): async_anthropic,
            }


GATEWAY = pytest.StashKey[Gateway]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the end of the gateway's log, Envoy's and the access log included, with each failure."""
    report = yield
    gateway = item.session.stash.get(GATEWAY, None)
    if report.failed and gateway:
        report.sections.append(("gateway", "\n".join(list(gateway.process.lines)[-8:])))
    return report
