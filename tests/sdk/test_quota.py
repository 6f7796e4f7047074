"""What both SDKs make of limits: the right exception, its headers, streams that end in order, and token counts.

`QUOTA` is the gateway's for the whole session: every limit names the models of this module.
"""

import anthropic
import openai
import pytest

from conftest import model
from ways import MAX_TOKENS, Way, marker, user

# One request in a minute for each tenant.
ONCE = "once"
# No request with an answer of MAX_TOKENS fits.
TINY = "tiny"
# A stream that outgrows its reservation is ended.
CUT = "cut-short"
PROVIDERS = ("primary", "primary-anthropic")
# Text events of the answers that are too long, each of two tokens.
EVENTS = 400
ROOM = 200

MODELS = [
    model(ONCE, "primary/good"),
    model(TINY, "primary/good"),
    *(
        model(f"{CUT}-{provider}", f"{provider}/fault=events:{EVENTS},interval:1ms", default_output_tokens=50)
        for provider in PROVIDERS
    ),
]
QUOTA = {
    "limits": [
        {"name": ONCE, "per": ["tenant"], "match": {"model": [ONCE]}, "requests_per_minute": 1},
        {"name": TINY, "match": {"model": [TINY]}, "tokens_per_minute": MAX_TOKENS},
        {
            "name": CUT,
            "per": ["tenant"],
            "match": {"model": [f"{CUT}-{provider}" for provider in PROVIDERS]},
            "tokens_per_day": ROOM,
            # A maximum above the limit could not be reserved in full.
            "reserve": "learned",
            "on_overrun": "cut",
        },
    ],
}

MODULES = {"openai": openai, "anthropic": anthropic}


def tenant():
    return {"extra_headers": {"x-tenant": marker("sdk")}}


async def test_over_a_limit_raises_a_rate_limit_error_that_tells_when_to_come_back(way, clients):
    caller = tenant()
    await way.ask(clients, ONCE, user("hello"), **caller)
    with pytest.raises(MODULES[way.sdk].RateLimitError) as raised:
        await way.ask(clients, ONCE, user("hello"), **caller)
    error, headers = raised.value, raised.value.response.headers
    assert error.status_code == 429
    assert error.type == "rate_limit_error"
    assert f"`{ONCE}`" in str(error)
    assert 1 <= int(headers["retry-after"]) <= 60
    if way.sdk == "openai":
        assert error.code == "rate_limit_exceeded"
        names = [f"x-ratelimit-{part}-requests" for part in ("limit", "remaining", "reset")]
    else:
        names = [f"anthropic-ratelimit-requests-{part}" for part in ("limit", "remaining", "reset")]
    limit, remaining, reset = (headers[name] for name in names)
    assert (limit, remaining) == ("1", "0")
    assert reset.endswith("s" if way.sdk == "openai" else "Z")
    assert error.request_id == headers["x-penstock-request-id"]


async def test_a_request_that_can_never_fit_raises_a_bad_request_error(way, clients):
    with pytest.raises(MODULES[way.sdk].BadRequestError) as raised:
        await way.ask(clients, TINY, user("hello"), max_tokens=MAX_TOKENS)
    assert raised.value.type == "invalid_request_error"
    assert f"`{TINY}`" in str(raised.value)
    assert "retry-after" not in raised.value.response.headers


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_stream_that_outgrows_its_limit_ends_as_one_that_was_long_enough(sdk, provider, clients):
    params = {"max_tokens": EVENTS} if sdk == "anthropic" else {}
    said = await Way(sdk, "sync", True).ask(clients, f"{CUT}-{provider}", user("hello"), **params, **tenant())
    assert said.finish == ("length" if sdk == "openai" else "max_tokens")
    words = said.text.split()
    assert words == [str(n) for n in range(len(words))]
    assert ROOM / 4 < len(words) < ROOM / 2


async def test_anthropics_sdk_counts_tokens(clients):
    client = clients["anthropic", "sync"]
    few = client.messages.count_tokens(model=TINY, messages=user("hello")).input_tokens
    many = client.messages.count_tokens(
        model=TINY,
        messages=user("hello " * 100),
        system="be brief",
        tools=[{"name": "f", "description": "does it", "input_schema": {"type": "object", "properties": {}}}],
    ).input_tokens
    assert 0 < few < 20
    assert 100 < many < 200


async def test_counting_for_a_model_that_does_not_exist_raises_not_found(clients):
    with pytest.raises(anthropic.NotFoundError) as raised:
        clients["anthropic", "sync"].messages.count_tokens(model="nobody", messages=user("hello"))
    assert raised.value.type == "not_found_error"


async def test_counting_what_is_no_message_raises_a_bad_request_error(clients):
    with pytest.raises(anthropic.BadRequestError) as raised:
        clients["anthropic", "sync"].messages.count_tokens(model=TINY, messages="hello")
    assert raised.value.type == "invalid_request_error"
