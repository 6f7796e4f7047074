"""Personal data through both SDKs: the provider has placeholders, the caller has the values.

`PII` is the gateway's for the whole session: it looks into nothing but what the models of this module say.
"""

import json

import anthropic
import openai
import pydantic
import pytest

from conftest import model
from ways import each, entered, marker, settled, user

# The provider answers with what it was sent, in pieces that cut every placeholder.
ECHO = "fault=echo,piece:7,reasoning"
MASK = {"action": "mask"}
ECHOES = ("echo-openai", "echo-anthropic")
DENIES = "denies-cards"

MODELS = [
    model("echo-openai", f"primary/{ECHO}", pii=MASK),
    model("echo-anthropic", f"primary-anthropic/{ECHO}", pii=MASK),
    model(DENIES, f"primary/{ECHO}", pii={"entities": {"CREDIT_CARD": {"action": "deny"}}}),
]
KEY_VARIABLE = "SDK_TEST_PII_KEY"
PII = {
    "key": {"env": KEY_VARIABLE},
    "action": "ignore",
    # A value that JSON has to escape.
    "patterns": [{"name": "BADGE", "regex": r'B"\d{4}\\'}],
}
ENV = {KEY_VARIABLE: "key-of-the-placeholders-of-the-sdk-tests"}

VALUES = ("jane.doe@example.org", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", 'B"1234\\')
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def letter(word):
    return f"{word}: weather for {' and '.join(VALUES)}, ü."


def tools(sdk):
    if sdk == "openai":
        return [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    return [{"name": "weather", "input_schema": SCHEMA}]


def arrived(world, word):
    """The requests with this word, none of which holds a value."""
    requests = world.primary.requests(word)
    assert requests
    for request in requests:
        text = request["body"]
        assert not [value for value in VALUES if value in text or json.dumps(value)[1:-1] in text]
        assert "[EMAIL_" in text and "[BADGE_" in text
    return requests


@pytest.mark.parametrize("echo", ECHOES)
async def test_values_of_the_prompt_come_back_in_the_text(way, echo, clients, world):
    word = marker("text")
    said = await way.ask(clients, echo, user(letter(word)))
    assert said.text == letter(word)
    arrived(world, word)


@pytest.mark.parametrize("echo", ECHOES)
async def test_arguments_of_calls_parse_and_hold_the_values(way, echo, clients, world):
    word = marker("call")
    said = await way.ask(clients, echo, user(letter(word)), tools=tools(way.sdk))
    assert [call.arguments for call in said.calls] == [{"city": letter(word)}]
    arrived(world, word)


@pytest.mark.parametrize("echo", ECHOES)
async def test_a_conversation_with_tools_is_masked_in_every_turn(way, echo, clients, world):
    word = marker("turns")
    messages = user(letter(word))
    first = await way.ask(clients, echo, messages, tools=tools(way.sdk))
    (call,) = first.calls
    if way.sdk == "openai":
        function = {"name": call.name, "arguments": json.dumps(call.arguments)}
        messages += [
            {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"at": VALUES[0], "badge": VALUES[3]})},
        ]
    else:
        result = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps({"at": VALUES[0]})}
        messages += [{"role": "assistant", "content": first.raw.content}, *user([result])]
    second = await way.ask(clients, echo, messages, tools=tools(way.sdk))
    assert not second.calls
    assert len(arrived(world, word)) == 2


@pytest.mark.parametrize("echo", ECHOES)
async def test_streamed_text_adds_up_event_by_event(sdk, mode, echo, clients):
    text = letter(marker("events"))
    client, pieces = clients[sdk, mode], []
    if sdk == "openai":
        async with entered(client.chat.completions.stream(model=echo, messages=user(text))) as stream:
            pieces = [event.delta async for event in each(stream) if event.type == "content.delta"]
            final = (await settled(stream.get_final_completion())).choices[0].message.content
    else:
        async with entered(client.messages.stream(model=echo, messages=user(text), max_tokens=1000)) as stream:
            pieces = [piece async for piece in each(stream.text_stream)]
            final = await settled(stream.get_final_text())
    assert "".join(pieces) == final == text
    assert len(pieces) > 3
    for value in VALUES:
        assert value in final


class Weather(pydantic.BaseModel):
    """The weather of a city."""

    city: str


@pytest.mark.parametrize("echo", ECHOES)
async def test_openai_parses_the_arguments_of_strict_tools(mode, echo, clients):
    text = letter(marker("strict")).replace("weather", "Weather")
    ask = {"model": echo, "messages": user(text), "tools": [openai.pydantic_function_tool(Weather)]}
    client = clients["openai", mode]
    whole = await settled(client.chat.completions.parse(**ask))
    async with entered(client.chat.completions.stream(**ask)) as stream:
        done = [event async for event in each(stream) if event.type == "tool_calls.function.arguments.done"]
    assert whole.choices[0].message.tool_calls[0].function.parsed_arguments == Weather(city=text)
    assert [event.parsed_arguments for event in done] == [Weather(city=text)]


async def test_signed_thinking_comes_back_to_its_provider_as_it_was_signed(anthropic_way, clients, world):
    word = marker("thinks")
    ask = {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 2000}, "tools": tools("anthropic")}
    messages = user(letter(word))
    first = await anthropic_way.ask(clients, "echo-anthropic", messages, **ask)
    thought, call = first.raw.content
    assert thought.thinking == letter(word)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "2 °C"}
    messages += [{"role": "assistant", "content": first.raw.content}, *user([result])]
    # The scripted provider refuses a signature of other words.
    await anthropic_way.ask(clients, "echo-anthropic", messages, **ask)
    assert len(arrived(world, word)) == 2


@pytest.mark.parametrize("echo", ECHOES)
async def test_reasoning_is_shown_to_openais_client_with_its_values(openai_way, echo, clients):
    text = letter(marker("reasons"))
    said = await openai_way.ask(clients, echo, user(text), reasoning_effort="low", max_completion_tokens=8000)
    message = said.raw.choices[0].message
    assert (message.reasoning_content, message.content) == (text, text)


MODULES = {"openai": openai, "anthropic": anthropic}


async def test_what_must_not_be_sent_raises_a_bad_request_error(way, clients, world):
    word = marker("denied")
    with pytest.raises(MODULES[way.sdk].BadRequestError) as raised:
        await way.ask(clients, DENIES, user(letter(word)))
    error = raised.value
    assert error.status_code == 400
    assert error.type == "invalid_request_error"
    assert "CREDIT_CARD in messages[0].content at characters " in str(error)
    assert not [value for value in VALUES if value in error.response.text]
    assert error.response.headers["x-penstock-pii"] == "CREDIT_CARD=1"
    if way.sdk == "openai":
        assert (error.code, error.param) == ("personal_data", "messages[0].content")
    assert not world.primary.requests(word)


async def test_models_without_a_policy_are_not_looked_into(way, target, clients):
    text = f"{marker('ignored')} {VALUES[0]}"
    assert text in (await way.ask(clients, target, user(text))).text
