"""What a client says arrives, and what the provider answers comes back, in every way and pair."""

import re

import pytest

from conftest import CLIENT_KEY, model
from ways import Way, marker, user

MODELS = [model("to-older-anthropic", "primary-anthropic/claude-opus-4-0")]

PNG = "iVBORw0KGgo="
URL = "https://example.com/a.png"

END = {"openai": "stop", "anthropic": "end_turn"}
PATH = {"to-openai": "/v1/chat/completions", "to-anthropic": "/v1/messages"}


async def test_text_arrives_and_comes_back(way, target, world, clients):
    text = f"hello ü {marker('chat')}"
    said = await way.ask(clients, target, user(text))
    assert said.text == f"[primary] You said: {text}"
    assert said.finish == END[way.sdk]
    (request,) = world.primary.requests(text)
    assert request["path"] == PATH[target]


async def test_only_the_gateways_credential_reaches_the_provider(way, target, world, clients):
    text = marker("credential")
    await way.ask(clients, target, user(text))
    (request,) = world.primary.requests(text)
    headers = dict(request["headers"])
    assert CLIENT_KEY not in str(headers)
    sent = {"to-openai": headers.get("authorization"), "to-anthropic": headers.get("x-api-key")}
    assert sent[target] in ("key-of-primary", "Bearer key-of-primary")
    assert not [name for name in headers if name.startswith("x-stainless")]


async def test_system_prompt_and_turns_arrive(way, target, clients):
    turns = [*user("one"), {"role": "assistant", "content": "two"}, *user("three")]
    if way.sdk == "openai":
        said = await way.ask(clients, target, [{"role": "system", "content": "be brief"}, *turns])
    else:
        said = await way.ask(clients, target, turns, system="be brief")
    assert said.text == "[primary] You said: three | system: be brief | turns: 3"


IMAGES = {
    "openai": [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "image_url", "image_url": {"url": URL}},
    ],
    "anthropic": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image", "source": {"type": "url", "url": URL}},
    ],
}


async def test_images_arrive_as_data_and_as_urls(way, target, clients):
    said = await way.ask(clients, target, user([{"type": "text", "text": "look"}, *IMAGES[way.sdk]]))
    assert said.text == f"[primary] You said: look | images: image/png,8B {URL}"


LIMITS = {"openai": ("max_tokens", "max_completion_tokens"), "anthropic": ("max_tokens",)}
CUT = {"openai": "length", "anthropic": "max_tokens"}


async def test_token_limit_ends_the_answer(way, target, clients):
    for field in LIMITS[way.sdk]:
        said = await way.ask(clients, target, user("one two three"), **{field: 4})
        assert (said.text, said.finish) == ("[primary] You said: one ", CUT[way.sdk]), field


STOP = {"openai": "stop", "anthropic": "stop_sequences"}


async def test_stop_sequence_ends_the_answer(way, target, clients):
    said = await way.ask(clients, target, user("one two three four"), **{STOP[way.sdk]: ["never", "three"]})
    assert said.text == "[primary] You said: one two "
    # OpenAI does not tell such an end from any other.
    sequence = way.sdk == "anthropic" and target == "to-anthropic"
    assert said.finish == ("stop_sequence" if sequence else END[way.sdk])
    if sequence:
        assert said.raw.stop_sequence == "three"


# Anthropic's SDK has no parameters for sampling any more, and its API takes them in the first version only.
FIRST_VERSION = {"anthropic-version": "2023-06-01"}
SAMPLING = {
    "openai": {"temperature": 0.5, "top_p": 0.25},
    "anthropic": {"extra_headers": FIRST_VERSION, "extra_body": {"temperature": 0.5, "top_p": 0.25}},
}


async def test_sampling_parameters_arrive(way, world, clients):
    text = marker("sampling")
    await way.ask(clients, "to-openai", user(text), **SAMPLING[way.sdk])
    # Newer models of Anthropic take one of the two; this one takes both.
    await way.ask(clients, "to-older-anthropic", user(text), **SAMPLING[way.sdk])
    requests = world.primary.requests(text)
    assert [(request["json"]["temperature"], request["json"]["top_p"]) for request in requests] == [(0.5, 0.25)] * 2


ODD = {"openai": {"seed": 7}, "anthropic": {"service_tier": "auto", "extra_body": {"top_k": 5}}}


@pytest.mark.parametrize("pair, lost", [(("openai", "to-anthropic"), "seed"), (("anthropic", "to-openai"), "top_k")])
def test_what_a_target_cannot_express_is_named_in_a_header(pair, lost, clients):
    sdk, target = pair
    client = clients[sdk, "sync"]
    if sdk == "openai":
        answer = client.chat.completions.with_raw_response.create(model=target, messages=user("x"), **ODD[sdk])
    else:
        answer = client.messages.with_raw_response.create(
            model=target, max_tokens=10, messages=user("x"), **ODD[sdk]
        )
    assert lost in answer.headers["x-penstock-loss"].split(", ")


async def test_each_answer_has_a_request_id(sdk, target, clients):
    for mode in ("sync", "async"):
        said = await Way(sdk, mode, stream=False).ask(clients, target, user("x"))
        assert re.fullmatch(r"[0-9a-f-]{36}", said.raw._request_id)
