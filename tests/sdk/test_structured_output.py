"""Structured output: the SDK makes a JSON schema of a type and an object of the answer."""

import openai
import pydantic
import pytest

from ways import each, entered, marker, settled, user


class Day(pydantic.BaseModel):
    weather: str
    degrees: float


class Trip(pydantic.BaseModel):
    """A trip."""

    city: str
    nights: int
    days: list[Day]


# What the scripted provider makes of the schema.
TRIP = Trip(city='city 0 "ü"', nights=1, days=[Day(weather='weather 0 "ü"', degrees=1.5)])


async def test_openai_parses_the_answer(mode, target, clients):
    ask = {"model": target, "messages": user("x"), "response_format": Trip}
    answer = await settled(clients["openai", mode].chat.completions.parse(**ask))
    assert answer.choices[0].message.parsed == TRIP


async def test_openai_parses_a_stream(mode, target, clients):
    ask = {"model": target, "messages": user("x"), "response_format": Trip}
    async with entered(clients["openai", mode].chat.completions.stream(**ask)) as stream:
        (done,) = [event async for event in each(stream) if event.type == "content.done"]
        final = await settled(stream.get_final_completion())
    assert done.parsed == final.choices[0].message.parsed == TRIP


async def test_anthropic_parses_the_answer(mode, target, clients):
    ask = {"model": target, "max_tokens": 1000, "messages": user("x"), "output_format": Trip}
    answer = await settled(clients["anthropic", mode].messages.parse(**ask))
    assert answer.parsed_output == TRIP


async def test_anthropic_parses_a_stream(mode, target, clients):
    ask = {"model": target, "max_tokens": 1000, "messages": user("x"), "output_format": Trip}
    async with entered(clients["anthropic", mode].messages.stream(**ask)) as stream:
        final = await settled(stream.get_final_message())
    assert final.parsed_output == TRIP


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORMAT = {
    "openai": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": SCHEMA}}
    },
    "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
}


async def test_a_schema_arrives_as_it_was_sent(way, target, world, clients):
    text = marker("schema")
    said = await way.ask(clients, target, user(text), **FORMAT[way.sdk])
    assert said.text == '{"city":"city 0 \\"ü\\""}'
    sent = world.primary.requests(text)[0]["json"]
    if target == "to-openai":
        assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    else:
        assert sent["output_config"]["format"]["schema"] == SCHEMA


async def test_openai_refuses_to_parse_an_answer_that_was_cut(mode, target, clients):
    ask = {"model": target, "messages": user("x"), "response_format": Trip, "max_completion_tokens": 2}
    with pytest.raises(openai.LengthFinishReasonError):
        await settled(clients["openai", mode].chat.completions.parse(**ask))
