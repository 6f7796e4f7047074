"""Both SDKs behind one face, so that a test which holds for every client is written once."""

import contextlib
import dataclasses
import inspect
import itertools
import json
from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState

SDKS = ("openai", "anthropic")
MODES = ("sync", "async")

# Anthropic's API demands a limit.
MAX_TOKENS = 1000


@dataclasses.dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: Any


@dataclasses.dataclass(frozen=True)
class Said:
    """What both SDKs can tell of an answer; `raw` is the SDK's own object."""

    text: str
    finish: str
    calls: list[Call]
    raw: Any


def user(content):
    """A conversation of one turn."""
    return [{"role": "user", "content": content}]


_numbers = itertools.count()


def marker(word):
    """A word that no other request contains."""
    return f"{word}-{next(_numbers)}z"


@dataclasses.dataclass(frozen=True)
class Way:
    """One of the ways to ask: which SDK, blocking or not, streaming or not."""

    sdk: str
    mode: str
    stream: bool

    def __str__(self):
        return "-".join([self.sdk, self.mode, "stream" if self.stream else "whole"])

    async def ask(self, clients, model, messages, **params):
        """Sends a request and reads the answer to its end."""
        client = clients[self.sdk, self.mode]
        params = {"model": model, "messages": messages, **params}
        if self.sdk == "openai":
            return _said_openai(await self._openai(client, params))
        return _said_anthropic(await self._anthropic(client, {"max_tokens": MAX_TOKENS, **params}))

    async def _openai(self, client, params):
        if not self.stream:
            return await settled(client.chat.completions.create(**params))
        params = {"stream_options": {"include_usage": True}, **params}
        chunks = await settled(client.chat.completions.create(**params, stream=True))
        # Not `.stream()`, which takes strict tools only; test_streaming.py has that.
        state = ChatCompletionStreamState()
        async for chunk in each(chunks):
            state.handle_chunk(chunk)
        return state.current_completion_snapshot

    async def _anthropic(self, client, params):
        if not self.stream:
            return await settled(client.messages.create(**params))
        async with entered(client.messages.stream(**params)) as stream:
            return await settled(stream.get_final_message())


WAYS = [Way(sdk, mode, stream) for sdk in SDKS for mode in MODES for stream in (False, True)]


async def settled(value):
    """What a call of a blocking or of an asynchronous client gives in the end."""
    return await value if inspect.isawaitable(value) else value


async def each(items):
    """Iterates over what either kind of client streams."""
    if hasattr(items, "__aiter__"):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


@contextlib.asynccontextmanager
async def entered(manager):
    """Enters the context manager of either kind of client."""
    if hasattr(manager, "__aenter__"):
        async with manager as inner:
            yield inner
    else:
        with manager as inner:
            yield inner


def _said_openai(completion):
    (choice,) = completion.choices
    calls = [
        Call(call.id, call.function.name, json.loads(call.function.arguments))
        for call in choice.message.tool_calls or []
    ]
    return Said(choice.message.content or "", choice.finish_reason, calls, completion)


def _said_anthropic(message):
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [Call(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"]
    return Said(text, message.stop_reason, calls, message)
