"""Tools: called in parallel, with arguments in fragments, and answered over a second turn."""

import json

import anthropic
import openai
import pydantic
import pytest

from conftest import model
from ways import each, entered, settled, user

MODELS = [
    model("torn-tools", "primary/fault=split:3"),
    model("torn-tools-anthropic", "primary-anthropic/fault=split:3"),
]

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
CITY = 'city %d "ü"'


def tools(sdk, *names):
    if sdk == "openai":
        return [
            {"type": "function", "function": {"name": name, "description": "d", "parameters": SCHEMA}}
            for name in names
        ]
    return [{"name": name, "description": "d", "input_schema": SCHEMA} for name in names]


CALLS = {"openai": "tool_calls", "anthropic": "tool_use"}


async def test_several_tools_are_called_at_once(way, target, clients):
    said = await way.ask(
        clients, target, user("weather, weather and clock"), tools=tools(way.sdk, "weather", "clock")
    )
    assert said.finish == CALLS[way.sdk]
    assert [(call.name, call.arguments) for call in said.calls] == [
        ("weather", {"city": CITY % 0, "days": 1}),
        ("weather", {"city": CITY % 1, "days": 2}),
        ("clock", {"city": CITY % 2, "days": 3}),
    ]
    assert len({call.id for call in said.calls}) == 3


@pytest.mark.parametrize("torn", ["torn-tools", "torn-tools-anthropic"])
async def test_arguments_in_fragments_torn_anywhere_are_whole(way, torn, clients):
    said = await way.ask(clients, torn, user("weather"), tools=tools(way.sdk, "weather"))
    assert [call.arguments for call in said.calls] == [{"city": CITY % 0, "days": 1}]


async def test_arguments_arrive_in_fragments(sdk, target, clients):
    ask = {"model": target, "messages": user("weather"), "tools": tools(sdk, "weather")}
    if sdk == "openai":
        stream = await clients[sdk, "async"].chat.completions.create(**ask, stream=True)
        deltas = [chunk.choices[0].delta async for chunk in stream if chunk.choices]
        fragments = [call.function.arguments for delta in deltas for call in delta.tool_calls or []]
    else:
        stream = await clients[sdk, "async"].messages.create(**ask, max_tokens=100, stream=True)
        events = [event async for event in stream]
        fragments = [event.delta.partial_json for event in events if event.type == "content_block_delta"]
    assert json.loads("".join(fragments)) == {"city": CITY % 0, "days": 1}
    assert len([fragment for fragment in fragments if fragment]) > 3


CHOICES = {
    "openai": [
        ("required", ["weather"]),
        ({"type": "function", "function": {"name": "clock"}}, ["clock"]),
        ("none", []),
        ("auto", []),
    ],
    "anthropic": [
        ({"type": "any"}, ["weather"]),
        ({"type": "tool", "name": "clock"}, ["clock"]),
        ({"type": "none"}, []),
        ({"type": "auto"}, []),
    ],
}


@pytest.mark.parametrize("choice", range(4), ids=["any", "named", "none", "auto"])
async def test_tool_choice_is_obeyed(way, target, choice, clients):
    value, called = CHOICES[way.sdk][choice]
    said = await way.ask(
        clients, target, user("hello"), tools=tools(way.sdk, "weather", "clock"), tool_choice=value
    )
    assert [call.name for call in said.calls] == called


ONE_AT_A_TIME = {
    "openai": {"parallel_tool_calls": False},
    "anthropic": {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
}


async def test_one_call_at_a_time_if_the_client_wants_it_so(way, target, clients):
    said = await way.ask(
        clients,
        target,
        user("weather and clock"),
        tools=tools(way.sdk, "weather", "clock"),
        **ONE_AT_A_TIME[way.sdk],
    )
    assert len(said.calls) == 1


def answered(sdk, said, results):
    """The assistant's turn and the results of its calls; None is a tool that failed."""
    texts = [(call.id, "no answer" if text is None else text, text is None) for call, text in zip(said.calls, results)]
    if sdk == "openai":
        # The SDK's object of a stream has members that the API does not take back.
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in said.calls
        ]
        return [
            {"role": "assistant", "content": None, "tool_calls": calls},
            *({"role": "tool", "tool_call_id": call, "content": text} for call, text, _ in texts),
        ]
    content = [
        {"type": "tool_result", "tool_use_id": call, "content": text, "is_error": failed}
        for call, text, failed in texts
    ]
    return [{"role": "assistant", "content": said.raw.content}, {"role": "user", "content": content}]


async def test_results_go_back_in_a_second_turn(way, target, clients):
    ask = {"tools": tools(way.sdk, "weather", "clock")}
    messages = user("weather and clock")
    first = await way.ask(clients, target, messages, **ask)
    messages = messages + answered(way.sdk, first, ["2 °C", "noon"])
    second = await way.ask(clients, target, messages, **ask)
    assert second.text == "[primary] The tools say: 2 °C; noon | turns: 2"


async def test_a_failed_tool_is_known_as_failed(way, target, clients):
    ask = {"tools": tools(way.sdk, "weather")}
    messages = user("weather")
    first = await way.ask(clients, target, messages, **ask)
    second = await way.ask(clients, target, messages + answered(way.sdk, first, [None]), **ask)
    # OpenAI has no field for it: its clients write it into the text, and so does the gateway.
    told = {
        ("openai", "to-openai"): "no answer",
        ("openai", "to-anthropic"): "no answer",
        ("anthropic", "to-openai"): "[tool error] no answer",
        ("anthropic", "to-anthropic"): "error no answer",
    }
    assert second.text == f"[primary] The tools say: {told[way.sdk, target]} | turns: 2"


class Weather(pydantic.BaseModel):
    """The weather of a city."""

    city: str
    days: int


async def test_openai_parses_the_arguments_of_strict_tools(mode, target, clients):
    ask = {"model": target, "messages": user("Weather and Weather"), "tools": [openai.pydantic_function_tool(Weather)]}
    client = clients["openai", mode]
    whole = await settled(client.chat.completions.parse(**ask))
    async with entered(client.chat.completions.stream(**ask)) as stream:
        done = [event async for event in each(stream) if event.type == "tool_calls.function.arguments.done"]
        streamed = await settled(stream.get_final_completion())
    expected = [Weather(city=CITY % 0, days=1), Weather(city=CITY % 1, days=2)]
    for completion in (whole, streamed):
        assert [call.function.parsed_arguments for call in completion.choices[0].message.tool_calls] == expected
    assert [event.parsed_arguments for event in done] == expected


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_anthropic_tool_runner_runs_the_tools(mode, stream, target, clients):
    ran = []

    def weather(city: str, days: int) -> str:
        """The weather.

        Args:
            city: which
            days: how many
        """
        ran.append((city, days))
        return f"{days} °C"

    async def weather_async(city: str, days: int) -> str:
        return weather(city, days)

    if mode == "sync":
        tool = anthropic.beta_tool(weather)
    else:
        tool = anthropic.beta_async_tool(weather_async, name="weather")
    runner = clients["anthropic", mode].beta.messages.tool_runner(
        model=target, max_tokens=100, messages=user("weather weather"), tools=[tool], stream=stream, thread=False
    )
    final = await settled(runner.until_done())
    assert ran == [(CITY % 0, 1), (CITY % 1, 2)]
    assert final.content[0].text == "[primary] The tools say: 1 °C; 2 °C | turns: 2"


async def test_anthropic_tool_runner_sends_whole_conversations_where_threads_are_refused(mode, target, clients):
    def weather(city: str) -> str:
        return f"{city}: 2 °C"

    async def weather_async(city: str) -> str:
        return weather(city)

    if mode == "sync":
        tool = anthropic.beta_tool(weather)
    else:
        tool = anthropic.beta_async_tool(weather_async, name="weather")
    # Without `thread=False` the SDK asks the API to hold the conversation and then sends the new messages only.
    runner = clients["anthropic", mode].beta.messages.tool_runner(
        model=target, max_tokens=100, messages=user("weather"), tools=[tool]
    )
    final = await settled(runner.until_done())
    assert final.content[0].text == f"[primary] The tools say: {CITY % 0}: 2 °C | turns: 2"
