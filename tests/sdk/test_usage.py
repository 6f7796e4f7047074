"""Token counts, as each SDK shows them, cached and reasoning tokens included."""

from conftest import model
from ways import user

MODELS = [
    model("reasons-openai", "primary/fault=reasoning"),
    model("reasons-anthropic", "primary-anthropic/claude-sonnet-4-5"),
]


async def test_input_and_output_tokens_are_the_providers(way, target, clients):
    usage = (await way.ask(clients, target, user("one two three"))).raw.usage
    if way.sdk == "openai":
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 6, 9)
    else:
        assert (usage.input_tokens, usage.output_tokens) == (3, 6)


# The scripted provider counts 5 tokens as read from the cache and 3 as written to it for each mark. OpenAI's API has
# marks too, which its SDK passes on; between the two APIs they are lost, and caching goes by the provider's own rules.
MARKED = {
    "anthropic": [{"type": "text", "text": "one two", "cache_control": {"type": "ephemeral"}}],
    "openai": [{"type": "text", "text": "one two", "prompt_cache_breakpoint": {"mode": "explicit"}}],
}
SAME = {"openai": "to-openai", "anthropic": "to-anthropic"}


async def test_cached_tokens_are_told(way, clients):
    usage = (await way.ask(clients, SAME[way.sdk], user(MARKED[way.sdk]))).raw.usage
    if way.sdk == "openai":
        # OpenAI counts cached tokens among the input tokens, Anthropic beside them.
        assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (2 + 5 + 3, 5)
    else:
        counts = (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
        assert counts == (2, 5, 3)


REASON = {
    "openai": {"reasoning_effort": "medium", "max_completion_tokens": 8000},
    "anthropic": {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 8000},
}


async def test_reasoning_tokens_are_told(way, target, clients):
    usage = (await way.ask(clients, target.replace("to", "reasons"), user("why"), **REASON[way.sdk])).raw.usage
    if way.sdk == "openai":
        assert usage.completion_tokens_details.reasoning_tokens == 4
        assert usage.completion_tokens == 4 + 4
    else:
        assert usage.output_tokens_details.thinking_tokens == 4
        assert usage.output_tokens == 4 + 4
