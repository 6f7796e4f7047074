"""`models.list()` and `.retrieve()`: what the configuration offers, in either SDK's form."""

import anthropic
import openai
import pytest

from conftest import TARGETS, model
from ways import each, settled

MODELS = [model("org/with a slash", "primary/gpt-5")]


async def test_models_are_listed_in_the_order_of_the_file(sdk, mode, world, clients):
    page = await settled(clients[sdk, mode].models.list())
    assert [entry.id async for entry in each(page)] == [entry["name"] for entry in world.models]


@pytest.mark.parametrize("name", [*TARGETS, "org/with a slash"])
async def test_a_model_is_retrieved_by_its_name(sdk, mode, name, clients):
    entry = await settled(clients[sdk, mode].models.retrieve(name))
    assert entry.id == name
    # The SDKs build their objects unchecked; this says which members they promise and were not given.
    entry.model_validate(entry.to_dict())


NOT_FOUND = {"openai": openai.NotFoundError, "anthropic": anthropic.NotFoundError}


async def test_an_unknown_model_is_not_found(sdk, mode, clients):
    with pytest.raises(NOT_FOUND[sdk]) as raised:
        await settled(clients[sdk, mode].models.retrieve("nothing"))
    assert raised.value.status_code == 404
