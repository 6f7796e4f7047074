"""The streaming helpers of the SDKs: which events they see, in which order, and what they make of them."""

import asyncio

import pytest

from conftest import model
from ways import MODES, Way, each, entered, marker, settled, user

MODELS = [
    model("slow-events", "primary/fault=events:3,interval:100ms"),
    model("slow-events-anthropic", "primary-anthropic/fault=events:3,interval:100ms"),
    model("torn-events", "primary/fault=split:1"),
    model("torn-events-anthropic", "primary-anthropic/fault=split:1"),
]


async def openai_chunks(client, target, **params):
    ask = {"model": target, "messages": user("one two"), "stream": True, **params}
    stream = await settled(client.chat.completions.create(**ask))
    return [chunk async for chunk in each(stream)]


async def test_openai_chunks_have_one_id_one_role_and_one_end(mode, target, clients):
    chunks = await openai_chunks(clients["openai", mode], target)
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert [choice.delta.role for choice in choices if choice.delta.role] == ["assistant"]
    assert choices[0].delta.role == "assistant"
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert choices[-1].finish_reason == "stop"
    # One event for each of the provider's: nothing is gathered before it is passed on.
    texts = [choice.delta.content for choice in choices if choice.delta.content]
    assert texts == ["[primary] ", "You ", "said: ", "one ", "two"]


async def test_openai_usage_comes_only_if_asked_for(mode, target, clients):
    asked = {"stream_options": {"include_usage": True}}
    with_usage = await openai_chunks(clients["openai", mode], target, **asked)
    assert [chunk.usage for chunk in with_usage[:-1]] == [None] * (len(with_usage) - 1)
    assert with_usage[-1].choices == []
    assert (with_usage[-1].usage.prompt_tokens, with_usage[-1].usage.completion_tokens) == (2, 5)

    for not_asked in ({}, {"stream_options": {"include_usage": False}}):
        without = await openai_chunks(clients["openai", mode], target, **not_asked)
        assert [chunk for chunk in without if "usage" in chunk.model_fields_set or not chunk.choices] == []


async def test_openai_stream_helper_tells_deltas_and_the_whole(mode, target, clients):
    helper = clients["openai", mode].chat.completions.stream(model=target, messages=user("one two"))
    async with entered(helper) as stream:
        events = [event async for event in each(stream)]
        final = await settled(stream.get_final_completion())
    deltas = [event.delta for event in events if event.type == "content.delta"]
    (done,) = [event.content for event in events if event.type == "content.done"]
    assert "".join(deltas) == done == final.choices[0].message.content == "[primary] You said: one two"
    assert final.choices[0].finish_reason == "stop"


BLOCK = ["content_block_start", "content_block_delta", "content_block_stop"]


def runs(names):
    """Each name once for each run of it."""
    return [name for n, name in enumerate(names) if n == 0 or names[n - 1] != name]


async def test_anthropic_events_come_in_their_order(mode, target, clients):
    ask = {"model": target, "max_tokens": 100, "messages": user("one two"), "stream": True}
    stream = await settled(clients["anthropic", mode].messages.create(**ask))
    events = [event async for event in each(stream)]
    assert runs([event.type for event in events]) == ["message_start", *BLOCK, "message_delta", "message_stop"]
    texts = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert texts == ["[primary] ", "You ", "said: ", "one ", "two"]
    (end,) = [event for event in events if event.type == "message_delta"]
    assert (end.delta.stop_reason, end.usage.output_tokens) == ("end_turn", 5)


async def test_anthropic_stream_helper_tells_text_and_the_whole(mode, target, clients):
    ask = {"model": target, "max_tokens": 100, "messages": user("one two")}
    async with entered(clients["anthropic", mode].messages.stream(**ask)) as stream:
        text = "".join([piece async for piece in each(stream.text_stream)])
        final = await settled(stream.get_final_message())
        assert stream.request_id
    assert text == final.content[0].text == "[primary] You said: one two"
    assert (final.role, final.stop_reason) == ("assistant", "end_turn")
    assert (final.usage.input_tokens, final.usage.output_tokens) == (2, 5)


async def test_anthropic_stream_helper_fires_its_events(mode, target, clients):
    ask = {"model": target, "max_tokens": 100, "messages": user("one")}
    async with entered(clients["anthropic", mode].messages.stream(**ask)) as stream:
        names = [event.type async for event in each(stream)]
    assert {"text", "content_block_stop", "message_stop"} <= set(names)
    assert names[-1] == "message_stop"


@pytest.mark.parametrize("torn", ["torn-events", "torn-events-anthropic"])
async def test_events_torn_anywhere_come_out_whole(way, torn, clients):
    text = f"ü € {marker('torn')}"
    assert (await way.ask(clients, torn, user(text))).text == f"[primary] You said: {text}"


@pytest.mark.parametrize("slow", ["slow-events", "slow-events-anthropic"])
async def test_events_arrive_one_by_one_while_the_provider_still_speaks(sdk, slow, clients):
    client = clients[sdk, "async"]
    if sdk == "openai":
        stream = await client.chat.completions.create(model=slow, messages=user("x"), stream=True)
    else:
        stream = await client.messages.create(model=slow, max_tokens=100, messages=user("x"), stream=True)
    loop = asyncio.get_running_loop()
    times = [loop.time() async for _ in stream]
    # Three pauses of 100 ms at least lie between the provider's first and last event.
    assert times[-1] - times[0] > 0.2


async def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(sdk, target, clients):
    for mode in MODES:
        client = clients[sdk, mode]
        ask = {"model": "slow-events", "messages": user("x")}
        if sdk == "openai":
            manager = client.chat.completions.stream(**ask)
        else:
            manager = client.messages.stream(max_tokens=100, **ask)
        async with entered(manager) as stream:
            async for _ in each(stream):
                break
        assert (await Way(sdk, mode, stream=True).ask(clients, target, user("next"))).text.endswith("next")
