"""Each failure raises the right exception, with the status and the body that a client of that SDK knows how to read."""

import anthropic
import httpx2
import openai
import pytest

from conftest import model
from ways import Way, user

# What each SDK makes of a failure: exception, status, `type` and, for OpenAI, `code`.
BAD_REQUEST = {
    "openai": (openai.BadRequestError, 400, "invalid_request_error", None),
    "anthropic": (anthropic.BadRequestError, 400, "invalid_request_error"),
}
CONTEXT_LENGTH = {
    "openai": (openai.BadRequestError, 400, "invalid_request_error", "context_length_exceeded"),
    "anthropic": (anthropic.BadRequestError, 400, "invalid_request_error"),
}
CONTENT_POLICY = {
    "openai": (openai.BadRequestError, 400, "invalid_request_error", "content_policy_violation"),
    "anthropic": (anthropic.BadRequestError, 400, "invalid_request_error"),
}
UNKNOWN_MODEL = {
    "openai": (openai.NotFoundError, 404, "invalid_request_error", "model_not_found"),
    "anthropic": (anthropic.NotFoundError, 404, "not_found_error"),
}
TOO_LARGE = {
    "openai": (openai.APIStatusError, 413, "invalid_request_error", "request_too_large"),
    "anthropic": (anthropic.ContentTooLargeError, 413, "request_too_large"),
}
RATE_LIMITED = {
    "openai": (openai.RateLimitError, 429, "rate_limit_error", "rate_limit_exceeded"),
    "anthropic": (anthropic.RateLimitError, 429, "rate_limit_error"),
}
BAD_GATEWAY = {
    "openai": (openai.InternalServerError, 502, "server_error", "bad_gateway"),
    "anthropic": (anthropic.InternalServerError, 502, "api_error"),
}
UNAVAILABLE = {
    "openai": (openai.InternalServerError, 503, "server_error", "service_unavailable"),
    "anthropic": (anthropic.ServiceUnavailableError, 503, "api_error"),
}
OVERLOADED = {
    "openai": (openai.InternalServerError, 503, "server_error", "overloaded"),
    "anthropic": (anthropic.OverloadedError, 529, "overloaded_error"),
}
TIMED_OUT = {
    "openai": (openai.InternalServerError, 504, "server_error", "timeout"),
    "anthropic": (anthropic.GatewayTimeoutError, 504, "timeout_error"),
}

# What the only target does, and the failure that it is: at an OpenAI and at an Anthropic provider, whose errors do not
# say the same.
FAULTS = {
    "status:400": (BAD_REQUEST, BAD_REQUEST),
    "context-length": (CONTEXT_LENGTH, CONTEXT_LENGTH),
    "content-policy": (CONTENT_POLICY, CONTENT_POLICY),
    # The gateway's credential or configuration is wrong, which the client cannot mend.
    "status:401": (BAD_GATEWAY, BAD_GATEWAY),
    "status:403": (BAD_GATEWAY, BAD_GATEWAY),
    "status:404": (BAD_GATEWAY, BAD_GATEWAY),
    "status:429,retry-after:60": (RATE_LIMITED, RATE_LIMITED),
    "status:500": (BAD_GATEWAY, BAD_GATEWAY),
    "status:503": (UNAVAILABLE, OVERLOADED),
    "status:529": (OVERLOADED, OVERLOADED),
    "reset-before-headers": (UNAVAILABLE, UNAVAILABLE),
    "silence": (TIMED_OUT, TIMED_OUT),
    "html": (BAD_GATEWAY, BAD_GATEWAY),
    "error-in-200": (BAD_GATEWAY, OVERLOADED),
}
# What goes wrong after the first words have reached the client.
BREAKS = ("cut:5", "error-midstream:5", "malformed-event:5")
# The same in the middle of an answer that is not streamed, which has no events to count.
TORN = ("cut:0", "cut:1", "reset-midstream:1")
PROVIDERS = ("primary", "primary-anthropic")


def alias(fault, provider):
    return f"{fault.partition(',')[0].replace(':', '-')}-at-{provider}"


MODELS = [
    *(
        # Soon over where the provider says nothing.
        model(
            alias(fault, provider),
            f"{provider}/fault={fault}",
            timeouts={"first_token": "500ms", "answer": "500ms"},
        )
        for fault in FAULTS
        for provider in PROVIDERS
    ),
    *(
        # With pauses, as otherwise the break may be seen before the first words are passed on, and is no break then.
        model(alias(fault, provider), f"{provider}/fault={fault},interval:20ms")
        for fault in (*BREAKS, "reset-midstream:5", *TORN)
        for provider in PROVIDERS
    ),
    model("unreachable", "closed/x"),
    model("silent", "primary/fault=silence"),
]


async def failure(way, clients, target, messages, **params):
    """The exception that a request raises."""
    sdk = {"openai": openai, "anthropic": anthropic}[way.sdk]
    with pytest.raises(sdk.APIError) as raised:
        await way.ask(clients, target, messages, **params)
    return raised.value


def described(sdk, error):
    """An exception the way the tables above have it."""
    kind = (error.type, error.code) if sdk == "openai" else (error.type,)
    return (type(error), error.status_code, *kind)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_failure_of_the_last_provider(way, fault, provider, clients):
    error = await failure(way, clients, alias(fault, provider), user("x"))
    assert described(way.sdk, error) == FAULTS[fault][PROVIDERS.index(provider)][way.sdk]
    assert error.request_id
    assert error.response.headers["x-penstock-attempts"].startswith(f"{provider}:")


async def test_unreachable_provider(way, clients):
    error = await failure(way, clients, "unreachable", user("x"))
    assert described(way.sdk, error) == UNAVAILABLE[way.sdk]
    assert error.response.headers["x-penstock-attempts"] == "closed:connect-failure"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_rate_limit_says_when_to_come_back(way, provider, clients):
    error = await failure(way, clients, alias("status:429", provider), user("x"))
    assert error.response.headers["retry-after"] == "60"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_prompt_that_does_not_fit_is_worded_as_clients_expect(anthropic_way, provider, clients):
    # Anthropic's clients tell this case from other bad requests by these words.
    error = await failure(anthropic_way, clients, alias("context-length", provider), user("x"))
    assert error.api_message.startswith("prompt is too long")


async def test_content_policy_keeps_the_providers_reason(way, target, clients):
    provider = {"to-openai": "primary", "to-anthropic": "primary-anthropic"}[target]
    reason = {"to-openai": "rejected as a result of our safety system", "to-anthropic": "content filtering policy"}
    error = await failure(way, clients, alias("content-policy", provider), user("x"))
    assert reason[target] in error.message


async def test_unknown_model(way, clients):
    error = await failure(way, clients, "nothing", user("x"))
    assert described(way.sdk, error) == UNKNOWN_MODEL[way.sdk]
    assert "nothing" in error.message
    assert error.request_id


async def test_body_over_the_limit(way, target, clients):
    error = await failure(way, clients, target, user("x" * 1_100_000))
    assert described(way.sdk, error) == TOO_LARGE[way.sdk]
    assert "1048576" in error.message


BAD = {
    "no messages": ([], {}, "messages"),
    "an unknown role": ([{"role": "poet", "content": "x"}], {}, "messages[0].role"),
    "a number as text": ([{"role": "user", "content": 7}], {}, "messages[0].content"),
    "a limit that is no number": (user("x"), {"max_tokens": "many"}, "max_tokens"),
}


@pytest.mark.parametrize("bad", BAD)
async def test_bad_request_names_the_field(way, target, bad, clients):
    messages, params, field = BAD[bad]
    error = await failure(way, clients, target, messages, **params)
    assert described(way.sdk, error) == BAD_REQUEST[way.sdk]
    if way.sdk == "openai":
        assert error.param == field
    assert field in error.message


async def test_client_that_does_not_wait_gets_its_own_timeout(way, clients):
    sdk = {"openai": openai, "anthropic": anthropic}[way.sdk]
    with pytest.raises(sdk.APITimeoutError):
        await way.ask(clients, "silent", user("x"), timeout=0.1)


# A stream raises with the words of the error event, since its status was 200; the SDKs differ in the class.
IN_STREAM = {"openai": openai.APIError, "anthropic": anthropic.APIStatusError}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", BREAKS)
async def test_stream_that_breaks_off_raises_at_its_error_event(streaming_way, fault, provider, clients):
    error = await failure(streaming_way, clients, alias(fault, provider), user("one two three four five"))
    assert type(error) is IN_STREAM[streaming_way.sdk]
    if streaming_way.sdk == "openai":
        assert (error.type, error.body["message"]) == ("server_error", error.message)
    else:
        assert error.type in ("api_error", "overloaded_error")
        assert error.body["error"]["message"] == error.api_message


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_stream_that_is_reset_raises(streaming_way, provider, clients):
    # OpenAI's SDK has an exception of its own for it, Anthropic's shows that of its HTTP library.
    raises = {"openai": openai.APIConnectionError, "anthropic": httpx2.RemoteProtocolError}[streaming_way.sdk]
    with pytest.raises(raises):
        await streaming_way.ask(clients, alias("reset-midstream:5", provider), user("one two three four five"))


async def test_words_before_a_break_arrive(sdk, target, clients):
    provider = {"to-openai": "primary", "to-anthropic": "primary-anthropic"}[target]
    ask = {"model": alias("cut:5", provider), "messages": user("one two three four five"), "stream": True}
    words = []
    with pytest.raises(IN_STREAM[sdk]):
        if sdk == "openai":
            for chunk in clients[sdk, "sync"].chat.completions.create(**ask):
                words += [choice.delta.content for choice in chunk.choices if choice.delta.content]
        else:
            for event in clients[sdk, "sync"].messages.create(**ask, max_tokens=100):
                words += [event.delta.text] if event.type == "content_block_delta" else []
    assert words and "[primary] You said: one two three four five".startswith("".join(words))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", TORN)
async def test_part_of_a_whole_answer_is_never_shown(sdk, mode, fault, provider, clients):
    error = await failure(Way(sdk, mode, stream=False), clients, alias(fault, provider), user("x"))
    expected = UNAVAILABLE if fault.startswith("reset") else BAD_GATEWAY
    assert described(sdk, error) == expected[sdk]
