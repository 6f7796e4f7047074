"""When a provider fails, the SDK gets the next one's answer and raises nothing."""

import asyncio

import anthropic
import httpx2
import openai
import pytest

from conftest import model
from ways import SDKS, WAYS, Way, marker, user

# What the first provider does, and how each of its attempts is told of.
FAULTS = {
    "status:429": ["429"],
    "status:429,retry-after:3600": ["429"],
    "status:500": ["500", "500"],
    "status:503": ["503", "503"],
    "status:529": ["529", "529"],
    "status:401": ["401"],
    "status:404": ["404"],
    "context-length": ["400"],
    "reset-before-headers": ["reset"],
    "html": ["malformed"],
    "error-in-200": ["error"],
    "empty-200": ["incomplete"],
    "cut:0": ["incomplete"],
}
# The same, but it takes the whole time that the provider is given.
SILENCES = ("silence", "slow-first-token:20s")
# In both orders of APIs.
ORDERS = {"openai-first": ("primary", "backup-anthropic"), "anthropic-first": ("primary-anthropic", "backup")}


def alias(fault, order):
    return f"{order}-{fault.replace(':', '-')}"


MODELS = [
    *(
        model(
            alias(fault, order),
            (f"{first}/fault={fault}", {"context_window": 8000}),
            (f"{second}/claude-sonnet-4-5", {"context_window": 200000}),
            timeouts={"first_token": "1s", "answer": "1s"},
        )
        for fault in (*FAULTS, *SILENCES)
        for order, (first, second) in ORDERS.items()
    ),
    model("closed-first", "closed/x", "backup-anthropic/claude-sonnet-4-5"),
    model("policy", "primary/fault=content-policy", "backup/gpt-5"),
    model("complete", "primary/fault=events:8,cut:5", "backup/gpt-5", commit="complete"),
    model("mortal-first", "mortal/gpt-5", "backup-anthropic/claude-sonnet-4-5"),
    model("mortal-anthropic-first", "mortal-anthropic/claude-sonnet-4-5", "backup/gpt-5"),
    model("mortal-slow", "mortal/fault=events:500,interval:10ms", "backup/gpt-5"),
    model("mortal-slow-anthropic", "mortal-anthropic/fault=events:500,interval:10ms", "backup/gpt-5"),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_second_provider_answers(way, fault, order, clients):
    text = marker("fallback")
    said = await way.ask(clients, alias(fault, order), user(text))
    assert said.text == f"[backup] You said: {text}"


def attempts(sdk, client, target):
    """What the answer's headers say of the attempts, by `with_raw_response`."""
    if sdk == "openai":
        raw = client.chat.completions.with_raw_response.create(model=target, messages=user("x"))
        assert raw.parse().choices[0].message.content == "[backup] You said: x"
    else:
        raw = client.messages.with_raw_response.create(model=target, max_tokens=100, messages=user("x"))
        assert raw.parse().content[0].text == "[backup] You said: x"
    return raw.headers["x-penstock-attempts"], raw.headers["x-penstock-provider"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_attempts_are_told(sdk, fault, order, clients):
    first, second = ORDERS[order]
    expected = ",".join([*(f"{first}:{outcome}" for outcome in FAULTS[fault]), f"{second}:200"])
    assert attempts(sdk, clients[sdk, "sync"], alias(fault, order)) == (expected, second)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("fault", SILENCES)
async def test_a_silent_provider_is_left_after_its_time(fault, order, clients):
    first, second = ORDERS[order]
    target = alias(fault, order)
    # All at once, since each takes that time.
    told = [asyncio.to_thread(attempts, sdk, clients[sdk, "sync"], target) for sdk in SDKS]
    said = [way.ask(clients, target, user("x")) for way in WAYS if way.mode == "async"]
    told, said = await asyncio.gather(asyncio.gather(*told), asyncio.gather(*said))
    assert told == [(f"{first}:timeout,{second}:200", second)] * len(SDKS)
    assert [answer.text for answer in said] == ["[backup] You said: x"] * 4


def test_a_refused_connection_is_told(sdk, clients):
    expected = ("closed:connect-failure,backup-anthropic:200", "backup-anthropic")
    assert attempts(sdk, clients[sdk, "sync"], "closed-first") == expected


async def test_a_refused_prompt_is_not_offered_to_the_next_provider(way, world, clients):
    text = marker("policy")
    with pytest.raises((openai.BadRequestError, anthropic.BadRequestError)):
        await way.ask(clients, "policy", user(text))
    assert world.backup.requests(text) == []


async def test_a_held_stream_that_breaks_off_is_rescued(streaming_way, clients):
    assert (await streaming_way.ask(clients, "complete", user("x"))).text == "[backup] You said: x"


@pytest.fixture
def mortal(world):
    """The provider that may be killed; it runs again for the next test."""
    yield world.mortal
    world.mortal.kill()
    world.mortal.start()


@pytest.mark.parametrize("doomed", ["mortal-first", "mortal-anthropic-first"])
async def test_killing_the_first_provider_between_two_requests_goes_unnoticed(way, doomed, mortal, clients):
    assert (await way.ask(clients, doomed, user("one"))).text == "[mortal] You said: one"
    mortal.kill()
    for text in ("two", "three"):
        assert (await way.ask(clients, doomed, user(text))).text == f"[backup] You said: {text}"
    mortal.start()
    assert (await way.ask(clients, doomed, user("four"))).text == "[mortal] You said: four"


BROKEN = {
    "openai": (openai.APIConnectionError, openai.APIError),
    "anthropic": (httpx2.RemoteProtocolError, anthropic.APIStatusError),
}


@pytest.mark.parametrize("doomed", ["mortal-slow", "mortal-slow-anthropic"])
async def test_killing_the_provider_in_the_middle_of_a_stream_raises(sdk, doomed, mortal, clients):
    client = clients[sdk, "async"]
    ask = {"model": doomed, "messages": user("x"), "stream": True}
    if sdk == "openai":
        stream = await client.chat.completions.create(**ask)
    else:
        stream = await client.messages.create(**ask, max_tokens=1000)
    heard = 0
    with pytest.raises(BROKEN[sdk]):
        async for _ in stream:
            heard += 1
            if heard == 5:
                mortal.kill()
    assert 5 <= heard < 500
    # The next request finds the one that is left.
    said = await Way(sdk, "async", stream=True).ask(clients, doomed, user("next"))
    assert said.text == "[backup] You said: next"
