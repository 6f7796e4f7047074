"""The gateway of the quickstart on free ports, with keys, a budget, limits and a cache, some requests of which everything is
known, and the system's Chromium to look at them. Chromium loads nothing from elsewhere; no browser is downloaded.
"""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import time
import types
import urllib.error
import urllib.parse
import urllib.request

import pytest
from playwright.sync_api import sync_playwright

from processes import Gateway, Provider

ADMIN = "psk-" + "A" * 43
SEARCH = "psk-" + "B" * 43
HOSTILE = "psk-" + "C" * 43
UNKNOWN = "psk-" + "D" * 43

# Would be seen at once, if it were taken for markup.
HOSTILE_NAME = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"


def _key(name, text, **holder):
    return {"id": name, "hash": "sha256:" + hashlib.sha256(text.encode()).hexdigest(), **holder}


PROVIDER_KEY = "key-of-the-provider"
ENV = {"CONSOLE_TEST_PROVIDER_KEY": PROVIDER_KEY}


def _config(provider, ports):
    credential = {"env": next(iter(ENV))}
    target = {"provider": "primary", "model": "gpt-4o"}
    backup = {"provider": "backup", "model": "claude-sonnet-4-5"}
    return {
        "service": {name: f"127.0.0.1:{port}" for name, port in zip(("listen", "admin"), ports)},
        "keys": {
            "anonymous": {"tenant": "demo"},
            "list": [
                _key("operator", ADMIN, tenant="operations", admin=True),
                _key("search-1", SEARCH, tenant="acme", team="search", limits={"requests_per_minute": 10}),
                _key("hostile-1", HOSTILE, tenant=HOSTILE_NAME, team=HOSTILE_NAME),
            ],
        },
        "providers": [
            {
                "name": "primary",
                "api": "openai",
                "base_url": f"{provider.url}/v1",
                "credential": credential,
                "limits": [{"requests_per_minute": 1000}],
            },
            {"name": "backup", "api": "anthropic", "base_url": provider.url, "credential": credential},
        ],
        "models": [
            {"name": "demo", "targets": [target, backup]},
            {"name": "flaky", "targets": [{"provider": "primary", "model": "fault=status:503"}, backup]},
            {"name": "kept", "targets": [target], "cache": {"semantic": False}},
            {"name": "far", "targets": [{**target, "region": "us-east-1", "context_window": 5}, backup]},
        ],
        "cache": {"semantic": False},
        "money": {
            "budgets": [
                {"name": "company", "amount": "5.00", "period": "day"},
                {"name": "team-day", "per": ["team"], "amount": "0.01", "period": "day"},
            ],
        },
    }


def chat(gateway, model, key=None, text="Hello there"):
    """Asks a model: the status and the id of the request."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 50})
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    request = urllib.request.Request(f"{gateway.url}/v1/chat/completions", body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            response.read()
            return response.status, response.headers["x-penstock-request-id"]
    except urllib.error.HTTPError as error:
        error.read()
        return error.code, error.headers["x-penstock-request-id"]


def fetch(url, key=None, **headers):
    """Status, headers and text at a URL."""
    if key:
        headers["authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


# What is said here is looked for in all that is shown: none of it may be.
SECRET_WORDS = "what nobody else may read"


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Everything that runs, and what was asked."""
    with contextlib.ExitStack() as stack:
        provider = Provider("primary", api_key=PROVIDER_KEY)
        stack.callback(provider.stop)
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        ports = [each.getsockname()[1] for each in held]
        for each in held:
            each.close()
        gateway = Gateway(_config(provider, ports), tmp_path_factory.mktemp("console"), ENV)
        stack.callback(gateway.stop)
        url = f"http://127.0.0.1:{ports[1]}/console"
        asked = {
            "demo": chat(gateway, "demo", SEARCH, SECRET_WORDS),
            "flaky": chat(gateway, "flaky", SEARCH),
            "kept": chat(gateway, "kept", SEARCH),
            "hit": chat(gateway, "kept", SEARCH),
            "hostile": chat(gateway, "demo", HOSTILE),
            "far": chat(gateway, "far", SEARCH),
            "unknown model": chat(gateway, HOSTILE_NAME, SEARCH),
            "anonymous": chat(gateway, "demo"),
        }
        ids = {name: request_id for name, (_, request_id) in asked.items()}
        _wait_for(lambda: all(i in fetch(url, ADMIN)[2] for i in map(_escaped, ids.values())), gateway)
        # What is spent is summed up anew every two seconds.
        _wait_for(lambda: "for 8 requests" in fetch(url, ADMIN)[2], gateway)
        yield types.SimpleNamespace(gateway=gateway, url=url, asked=asked, ids=ids)


def _escaped(request_id):
    return urllib.parse.urlencode({"id": request_id})


def _wait_for(condition, gateway, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "\n".join(list(gateway.process.lines)[-20:])
        time.sleep(0.1)


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "no chromium; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        # Whoever is root in a container has no other way.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Watched:
    """A page of which everything is noted that a browser complains about, and every request that it makes."""

    def __init__(self, context):
        self.complaints = []
        self.requests = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self._note(message))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("dialog", lambda dialog: (self.complaints.append("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, message):
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture
def open_page(browser, world):
    """Opens the console, signed in unless `key` is none; more is for the browser's context."""
    with contextlib.ExitStack() as stack:

        def opened(key=ADMIN, path="", **context):
            watched = Watched(stack.enter_context(contextlib.closing(browser.new_context(**context))))
            if key:
                watched.page.goto(world.url)
                # The status of a page that asks who it is.
                watched.complaints.clear()
                sign_in(watched.page, key)
            watched.page.goto(world.url + path)
            return watched

        yield opened


def sign_in(page, key):
    page.get_by_label("A key of this gateway").fill(key)
    page.get_by_role("button", name="Sign in").click()
