"""A gateway with everything switched on, and requests of every kind for it: answers, streams, fallbacks, refusals, answers
from the cache, budgets, personal data, answers that break off and limits that are exceeded."""

import contextlib
import json
import socket
import subprocess
import urllib.error
import urllib.request

import yaml

from processes import BINARIES, Gateway, Provider

SECRETS = {"OBSERVED_PRIMARY": "key-of-primary", "OBSERVED_BACKUP": "key-of-backup", "OBSERVED_PII": "0123456789abcdef0123"}


class World:
    """Two providers, the gateway before them, and two callers with keys."""

    def __init__(self, directory):
        with contextlib.ExitStack() as stack:
            primary = Provider("primary", SECRETS["OBSERVED_PRIMARY"])
            stack.callback(primary.stop)
            backup = Provider("backup", SECRETS["OBSERVED_BACKUP"])
            stack.callback(backup.stop)
            self.search, search = new_key("--team", "search")
            self.hr, hr = new_key("--team", "hr", "--region", "eu", *models("large", "abroad", "talkative"))
            listen, self.service_admin, self.envoy_admin = free_addresses(3)
            config = {
                "admin": self.envoy_admin,
                "service": {
                    "listen": listen, "admin": self.service_admin, "data": str(directory / "data"),
                    "timeout": "10s",  # on a busy machine
                },
                "keys": {"list": [search, hr]},
                "providers": [
                    provider(primary, "primary", "openai", f"{primary.url}/v1", region="eu"),
                    provider(backup, "backup", "anthropic", backup.url, region="us"),
                ],
                **POLICY,
            }
            self.gateway = Gateway(config, directory, SECRETS)
            stack.callback(self.gateway.stop)
            self.stop = stack.pop_all().close

    def ask(self, model, text, key=None, **fields):
        """Asks in OpenAI's dialect and reads as much of the answer as there is; its status, or None where it broke off."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
        headers = {"content-type": "application/json", "authorization": f"Bearer {key or self.search}"}
        request = urllib.request.Request(
            f"{self.gateway.url}/v1/chat/completions", json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                response.read()
                return response.status
        except urllib.error.HTTPError as error:
            error.read()
            return error.code
        except OSError:
            return None
        except Exception as error:  # http.client says IncompleteRead for a transfer that is aborted.
            if type(error).__name__ == "IncompleteRead":
                return None
            raise

    def round(self, number):
        """One request of each kind, or as many as it takes. Each key may exceed its limit once in a minute, so they take turns."""
        talker = (self.search, self.hr)[number % 2]
        return {
            "answer": [self.ask("large", "Hello") for _ in range(3)],
            "stream": [self.ask("large", "Hello", stream=True) for _ in range(3)],
            "fallback": [self.ask("flaky", "Hello", stream=stream) for stream in (False, True)],
            "failure": [self.ask("down", "Hello") for _ in range(4)],
            "break": [self.ask("broken", "Hello", stream=True)],
            "loss": [self.ask("abroad", "Hello", seed=7, logit_bias={"1": 1})],
            "cache": [self.ask("faq", f"Question {number}?") for _ in range(3)],
            "masked": [self.ask("large", "Write to jane.doe@example.org or john@example.org")],
            "denied": [self.ask("large", "My card is 4111 1111 1111 1111")],
            "unknown key": [self.ask("large", "Hello", key="psk-" + "A" * 43)],
            "not its model": [self.ask("faq", "Hello", key=self.hr)],
            "no target": [self.ask("abroad", "Hello", key=self.hr)],
            "overrun": [self.ask("talkative", "Hello", key=talker, stream=True)],
            "over the limit": [self.ask("talkative", "Hello", key=talker) for _ in range(2)],
        }


EXPECTED = {
    "answer": {200}, "stream": {200}, "fallback": {200}, "failure": {500, 502, 503}, "break": {None}, "loss": {200},
    "cache": {200}, "masked": {200}, "denied": {400}, "unknown key": {401}, "not its model": {403}, "no target": {503},
    "overrun": {200}, "over the limit": {429},
}


def target(provider, model, **fields):
    return {"provider": provider, "model": model, "context_window": 200000, "max_output_tokens": 4096, **fields}


POLICY = {
    "models": [
        {"name": "large", "targets": [target("primary", "gpt-5"), target("backup", "claude-sonnet-4-5")]},
        {"name": "flaky", "targets": [target("primary", "fault=status:503"), target("backup", "claude-sonnet-4-5")]},
        {"name": "down", "targets": [target("primary", "fault=status:500")]},
        {"name": "broken", "targets": [target("primary", "fault=reset-midstream:4")]},
        {"name": "abroad", "targets": [target("backup", "claude-sonnet-4-5")]},
        {"name": "faq", "targets": [target("primary", "gpt-5")], "cache": {"enabled": True}},
        {
            "name": "talkative",
            "targets": [target("primary", "fault=events:300,interval:1ms")],
            "default_output_tokens": 60,
        },
    ],
    "cache": {"enabled": False, "semantic": False},
    "quota": {
        "tenants": ["acme"],
        # Nobody leases there, so a stream that outgrows the limit does so at once.
        "service": {"url": "http://127.0.0.1:1", "initial_share": 100},
        "limits": [
            {"name": "talkative-minute", "per": ["key"], "match": {"model": ["talkative"]}, "tokens_per_minute": 200, "reserve": "learned"}
        ],
    },
    "pii": {"key": {"env": "OBSERVED_PII"}, "entities": {"CREDIT_CARD": {"action": "deny"}}},
    "money": {
        "prices": [
            {"provider": "primary", "model": model, "input": 2.0, "output": 10.0}
            for model in ("gpt-5", "fault=status:503", "fault=status:500", "fault=reset-midstream:4", "fault=events:300,interval:1ms")
        ] + [{"provider": "backup", "model": "claude-sonnet-4-5", "input": 3.0, "output": 15.0}],
        "budgets": [{"name": "all-month", "amount": 100.0, "period": "month"}],
    },
}


def provider(process, name, api, base_url, **fields):
    credential = {"env": f"OBSERVED_{name.upper()}"}
    return {"name": name, "api": api, "base_url": base_url, "credential": credential, **fields}


def models(*names):
    return [word for name in names for word in ("--model", name)]


def new_key(*arguments):
    """A key, and its entry in `keys.list`."""
    done = subprocess.run(
        [BINARIES / "penstock", "keys", "new", "--tenant", "acme", *arguments], capture_output=True, text=True, check=True
    )
    # The entry, below a line that says where it belongs.
    (entry,) = yaml.safe_load(done.stderr.split("\n", 1)[1])
    return done.stdout.strip(), entry


def free_addresses(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = ["127.0.0.1:%d" % held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return addresses
