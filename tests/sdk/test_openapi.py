"""What an OpenAI client gets, held against OpenAI's own OpenAPI document where that is at hand."""

import json

import jsonschema
import openai
import pytest
import referencing
import referencing.jsonschema
import yaml

from conftest import model
from processes import ROOT
from ways import user

SPEC = ROOT.parent / "shared/specs/openai-openapi.yaml"
URI = "urn:openai"

MODELS = [
    model("reasoned-anthropic", "primary-anthropic/claude-sonnet-4-5"),
    model("reasoned-openai", "primary/fault=reasoning"),
    model("refused-openai", "primary/fault=finish:content_filter"),
    model("refused-anthropic", "primary-anthropic/fault=finish:refusal"),
    model("cut-openai", "primary/fault=cut:5,interval:20ms"),
    model("cut-anthropic", "primary-anthropic/fault=cut:5,interval:20ms"),
    *(
        model(f"status-{status}-{suffix}", f"{provider}/fault=status:{status}")
        for status in (400, 401, 429, 500, 529)
        for suffix, provider in [("openai", "primary"), ("anthropic", "primary-anthropic")]
    ),
]


@pytest.fixture(scope="session")
def validator():
    """Checks a value against a schema of the document."""
    if not SPEC.is_file():
        pytest.skip(f"no {SPEC.relative_to(ROOT.parent)} beside the repository")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(SPEC.read_text(), loader)
    schemas = {"components": {"schemas": nullable(document["components"]["schemas"])}}
    resource = referencing.Resource(contents=schemas, specification=referencing.jsonschema.DRAFT202012)
    registry = referencing.Registry().with_resource(URI, resource)

    def validate(name, value):
        schema = {"$ref": f"{URI}#/components/schemas/{name}"}
        jsonschema.Draft202012Validator(schema, registry=registry).validate(value)

    return validate


def nullable(schema):
    """The schema with OpenAPI 3.0's `nullable`, which JSON schema does not have, written as a type."""
    if isinstance(schema, list):
        return [nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: nullable(value) for key, value in schema.items()}
    if schema.pop("nullable", None) is True:
        return {"anyOf": [{"type": "null"}, schema]}
    return schema


PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}]
FORMAT = {"type": "json_schema", "json_schema": {"name": "place", "schema": PARAMETERS}}

# Alias without its API, and the request.
ANSWERS = {
    "text": ("to", {"messages": user("hello")}),
    "tools": ("to", {"messages": user("weather, weather"), "tools": TOOLS}),
    "structured": ("to", {"messages": user("x"), "response_format": FORMAT}),
    "cut": ("to", {"messages": user("hello"), "max_completion_tokens": 2}),
    "reasoning": (
        "reasoned",
        {"messages": user("why"), "reasoning_effort": "medium", "max_completion_tokens": 8000},
    ),
    "refusal": ("refused", {"messages": user("hello")}),
}
APIS = pytest.mark.parametrize("api", ["openai", "anthropic"])


@pytest.fixture
def completions(clients):
    return clients["openai", "sync"].chat.completions


@APIS
@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_conform(answer, api, completions, validator):
    alias, ask = ANSWERS[answer]
    raw = completions.with_raw_response.create(model=f"{alias}-{api}", **ask)
    validator("CreateChatCompletionResponse", json.loads(raw.text))


def events(completions, **ask):
    """The data of a stream's events, as they come."""
    with completions.with_streaming_response.create(stream=True, **ask) as response:
        lines = [line for line in response.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    return [line.removeprefix("data: ") for line in lines]


@APIS
@pytest.mark.parametrize("usage", [True, False], ids=["with-usage", "without-usage"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_chunks_conform(answer, usage, api, completions, validator):
    alias, ask = ANSWERS[answer]
    options = {"stream_options": {"include_usage": True}} if usage else {}
    *chunks, done = events(completions, model=f"{alias}-{api}", **ask, **options)
    assert done == "[DONE]"
    assert len(chunks) > 2
    for chunk in chunks:
        validator("CreateChatCompletionStreamResponse", json.loads(chunk))


@APIS
@pytest.mark.parametrize("status", [400, 401, 429, 500, 529])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_errors_of_providers_conform(status, stream, api, completions, validator):
    with pytest.raises(openai.APIStatusError) as raised:
        completions.create(model=f"status-{status}-{api}", messages=user("x"), stream=stream)
    validator("ErrorResponse", raised.value.response.json())


@pytest.mark.parametrize(
    "ask",
    [{"model": "nothing", "messages": user("x")}, {"model": "to-openai", "messages": []}],
    ids=["unknown-model", "bad-request"],
)
def test_refusals_of_the_gateway_conform(ask, completions, validator):
    with pytest.raises(openai.APIStatusError) as raised:
        completions.create(**ask)
    validator("ErrorResponse", raised.value.response.json())


@APIS
def test_the_error_event_of_a_stream_conforms(api, completions, validator):
    *_, last = events(completions, model=f"cut-{api}", messages=user("one two three four five"))
    validator("ErrorResponse", json.loads(last))


def test_the_validator_refuses_what_does_not_conform(validator):
    for name in ("CreateChatCompletionResponse", "CreateChatCompletionStreamResponse", "ErrorResponse"):
        with pytest.raises(jsonschema.ValidationError):
            validator(name, {"id": "x", "error": {"message": 7}})
