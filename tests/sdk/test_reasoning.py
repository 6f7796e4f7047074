"""Reasoning: shown, signed, and taken back over the next turn."""

import anthropic
import pytest

from conftest import model
from ways import user

MODELS = [
    # One generation takes a budget, the other decides by itself.
    model("thinks-on-a-budget", "primary-anthropic/claude-sonnet-4-5"),
    model("thinks-as-it-likes", "primary-anthropic/claude-opus-4-7"),
    model("reasons-in-the-open", "primary/fault=reasoning"),
]


# The scripted provider refuses a signature that is not its own, and says how many it was given back.
ANTHROPIC_ASKS = [
    ("thinks-on-a-budget", {"type": "enabled", "budget_tokens": 2000}),
    ("thinks-as-it-likes", {"type": "adaptive", "display": "summarized"}),
]
THOUGHT = "The user wants: why weather"
TURN_2 = "[primary] The tools say: 2 °C | turns: 2 | thoughts: 1"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.mark.parametrize("thinker, thinking", ANTHROPIC_ASKS, ids=["budget", "adaptive"])
async def test_anthropic_client_gives_signed_thinking_back_with_tool_results(anthropic_way, thinker, thinking, clients):
    ask = {
        "max_tokens": 4000,
        "thinking": thinking,
        "tools": [{"name": "weather", "input_schema": SCHEMA}],
    }
    first = await anthropic_way.ask(clients, thinker, user("why weather"), **ask)
    thought, call = first.raw.content
    assert (thought.type, thought.thinking) == ("thinking", THOUGHT)
    assert thought.signature
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "2 °C"}
    messages = [*user("why weather"), {"role": "assistant", "content": first.raw.content}, *user([result])]
    assert (await anthropic_way.ask(clients, thinker, messages, **ask)).text == TURN_2


async def test_a_forged_signature_is_refused(anthropic_way, clients):
    forged = {"type": "thinking", "thinking": "never thought", "signature": "c2lnbmVk"}
    turn = {"role": "assistant", "content": [forged, {"type": "text", "text": "x"}]}
    with pytest.raises(anthropic.BadRequestError, match="signature"):
        await anthropic_way.ask(
            clients,
            "thinks-on-a-budget",
            [*user("one"), turn, *user("two")],
            max_tokens=4000,
            thinking={"type": "enabled", "budget_tokens": 2000},
        )


def given_back(message):
    """All of the assistant's turn but what the SDK adds of its own."""
    members = message.to_dict()
    calls = [
        {"id": call["id"], "type": call["type"], "function": {k: call["function"][k] for k in ("name", "arguments")}}
        for call in members.pop("tool_calls", None) or []
    ]
    kept = ("role", "content", "refusal", "reasoning_content", "thinking_blocks")
    turn = {name: members[name] for name in kept if name in members}
    return {**turn, "tool_calls": calls} if calls else turn


@pytest.mark.parametrize("thinker", ["thinks-on-a-budget", "thinks-as-it-likes"])
async def test_openai_client_gives_thinking_blocks_back_with_tool_results(openai_way, thinker, clients):
    ask = {
        "max_completion_tokens": 8000,
        "reasoning_effort": "medium",
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
    }
    first = await openai_way.ask(clients, thinker, user("why weather"), **ask)
    message = first.raw.choices[0].message
    assert message.reasoning_content == THOUGHT
    (block,) = message.thinking_blocks
    assert (block["type"], block["thinking"]) == ("thinking", THOUGHT)
    assert block["signature"]
    messages = [
        *user("why weather"),
        given_back(message),
        {"role": "tool", "tool_call_id": first.calls[0].id, "content": "2 °C"},
    ]
    assert (await openai_way.ask(clients, thinker, messages, **ask)).text == TURN_2


async def test_thinking_blocks_do_not_reach_a_provider_that_does_not_know_them(openai_way, clients):
    first = await openai_way.ask(
        clients, "thinks-on-a-budget", user("why"), max_completion_tokens=8000, reasoning_effort="medium"
    )
    message = given_back(first.raw.choices[0].message)
    assert message["thinking_blocks"]
    # The scripted provider refuses members that OpenAI's API does not have.
    second = await openai_way.ask(clients, "to-openai", [*user("why"), message, *user("so?")])
    assert second.text == "[primary] You said: so? | turns: 3"


async def test_open_reasoning_of_an_openai_compatible_provider_is_shown(way, clients):
    ask = {
        "openai": {"reasoning_effort": "low"},
        "anthropic": {"thinking": {"type": "adaptive"}},
    }
    said = await way.ask(clients, "reasons-in-the-open", user("why"), **ask[way.sdk])
    if way.sdk == "openai":
        assert said.raw.choices[0].message.reasoning_content == "The user wants: why"
    else:
        assert [block.type for block in said.raw.content] == ["thinking", "text"]
        assert said.raw.content[0].thinking == "The user wants: why"
