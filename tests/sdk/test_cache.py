"""Kept answers as the official SDKs read them: whoever asked first, in every way."""

import contextlib
import re
import socket
import time
import urllib.request

import anthropic
import openai
import pytest

from conftest import CLIENT_KEY, model
from processes import Gateway, Provider
from ways import WAYS, marker, user

MODEL = model("kept", "primary/gpt-5", cache={"tools": True})
TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FILL_SECONDS = 10


@pytest.fixture(scope="module")
async def kept(tmp_path_factory):
    """A gateway with a cache, its provider, the clients, and how many answers it has kept."""
    with contextlib.ExitStack() as stack:
        provider = Provider("kept", api_key="key-of-kept")
        stack.callback(provider.stop)
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        listen, admin = ("127.0.0.1:%d" % held.getsockname()[1] for held in sockets)
        for held in sockets:
            held.close()
        config = {
            "service": {"listen": listen, "admin": admin},
            "cache": {"semantic": False},
            "providers": [
                {"name": "primary", "api": "openai", "base_url": f"{provider.url}/v1", "credential": {"env": "KEPT_KEY"}}
            ],
            "models": [MODEL],
        }
        gateway = Gateway(config, tmp_path_factory.mktemp("kept"), {"KEPT_KEY": provider.api_key})
        stack.callback(gateway.stop)
        options = {"api_key": CLIENT_KEY, "max_retries": 0, "timeout": 20}
        async with (
            openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", **options) as async_openai,
            anthropic.AsyncAnthropic(base_url=gateway.url, **options) as async_anthropic,
        ):
            with (
                openai.OpenAI(base_url=f"{gateway.url}/v1", **options) as sync_openai,
                anthropic.Anthropic(base_url=gateway.url, **options) as sync_anthropic,
            ):
                clients = {
                    ("openai", "sync"): sync_openai,
                    ("openai", "async"): async_openai,
                    ("anthropic", "sync"): sync_anthropic,
                    ("anthropic", "async"): async_anthropic,
                }
                yield clients, provider, lambda: stored(admin)


def stored(admin):
    with urllib.request.urlopen(f"http://{admin}/metrics") as response:
        lines = re.findall(r'^penstock_cache_fills_total\{reason="stored"\} (\d+)', response.read().decode(), re.M)
    return int(lines[0]) if lines else 0


async def keep(kept, way, text, **params):
    """The answer to the first who asks, once it is kept."""
    clients, _, count = kept
    before = count()
    said = await way.ask(clients, "kept", user(text), **params)
    end = time.monotonic() + FILL_SECONDS
    while count() == before:
        assert time.monotonic() < end, "the answer was not kept"
    return said


async def test_an_answer_is_read_in_every_way_whoever_asked_first(way, kept):
    clients, provider, _ = kept
    text = marker("kept")
    first = await keep(kept, way, text, max_tokens=1000)
    for other in WAYS:
        said = await other.ask(clients, "kept", user(text), max_tokens=1000)
        assert said.text == first.text != ""
        assert said.finish == {"openai": "stop", "anthropic": "end_turn"}[other.sdk]
        usage = said.raw.usage
        assert (usage.completion_tokens if other.sdk == "openai" else usage.output_tokens) > 0
    assert len(provider.requests(text)) == 1


def tools(way):
    if way.sdk == "openai":
        return [{"type": "function", "function": {"name": "weather", "parameters": TOOL}}]
    return [{"name": "weather", "input_schema": TOOL}]


async def test_a_call_of_a_tool_is_read_in_every_way(way, kept):
    clients, provider, _ = kept
    text = marker("weather")
    first = await keep(kept, way, text, max_tokens=1000, tools=tools(way))
    assert [call.name for call in first.calls] == ["weather"]
    for other in WAYS:
        said = await other.ask(clients, "kept", user(text), max_tokens=1000, tools=tools(other))
        assert [(call.name, call.arguments) for call in said.calls] == [
            (call.name, call.arguments) for call in first.calls
        ]
    assert len(provider.requests(text)) == 1
