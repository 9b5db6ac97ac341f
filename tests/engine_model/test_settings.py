"""The environment as a list of models, and what cannot be one."""

from __future__ import annotations

import pytest

from engine.model import Capabilities, ModelEntry, ModelSettings, Price, Times
from engine.settings import BadSettings

LOCAL = {"WEFT_MODEL_URL": "http://localhost:11434/v1/", "WEFT_MODEL": "qwen3"}


def entries(**environment: str) -> tuple[ModelEntry, ...]:
    settings = ModelSettings.from_environment(environment)
    return () if settings is None else settings.entries()


def test_without_an_address_and_without_a_key_no_model_is_connected() -> None:
    assert ModelSettings.from_environment({"WEFT_MODEL": "m"}) is None


@pytest.mark.parametrize(
    ("environment", "provider", "url"),
    [
        (LOCAL, "openai", "http://localhost:11434/v1"),
        ({"WEFT_MODEL_KEY": "sk-1", "WEFT_MODEL": "m"}, "openai", "https://api.openai.com/v1"),
        ({"WEFT_MODEL_KEY": "sk-ant-1", "WEFT_MODEL": "m"}, "anthropic", "https://api.anthropic.com"),
        (
            {"WEFT_MODEL_URL": "https://api.anthropic.com/v1", "WEFT_MODEL": "m"},
            "anthropic",
            "https://api.anthropic.com/v1",
        ),
        ({**LOCAL, "WEFT_MODEL_PROVIDER": "Anthropic"}, "anthropic", "http://localhost:11434/v1"),
        ({**LOCAL, "WEFT_MODEL_KEY": "sk-ant-1"}, "openai", "http://localhost:11434/v1"),
    ],
)
def test_the_provider_is_said_or_seen_by_the_address_or_the_key(
    environment: dict[str, str], provider: str, url: str
) -> None:
    (one,) = entries(**environment)
    assert (one.provider, one.url) == (provider, url)


def test_several_servers_are_tried_in_the_order_of_their_numbers() -> None:
    found = entries(
        **LOCAL,
        WEFT_MODEL_TIERS="fast=qwen3, best=qwen3-max",
        WEFT_MODEL_PRICES="qwen3=0.15/0.6",
        WEFT_MODEL_TIMES="first=120, total=300",
        WEFT_MODEL_CAN="tools, grammar=llguidance",
        WEFT_MODEL_KEY_3="sk-ant-3",
        WEFT_MODEL_3="claude",
        WEFT_MODEL_PRICES_3="claude=3/15/0.3/3.75",
        WEFT_MODEL_CAN_3="nothing",
    )
    local = "http://localhost:11434/v1"
    times, can = Times(first_s=120, total_s=300), Capabilities(tools=True, grammar="llguidance")
    assert found == (
        ModelEntry("openai", local, "qwen3", "", ("fast",), Price(0.15, 0.6), can, times),
        ModelEntry("openai", local, "qwen3-max", "", ("best",), None, can, times),
        ModelEntry(
            "anthropic",
            "https://api.anthropic.com",
            "claude",
            "sk-ant-3",
            (),
            Price(3, 15, 0.3, 3.75),
            Capabilities(),
        ),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"WEFT_MODEL_PROVIDER": "google"},
        {"WEFT_MODEL_URL": "localhost:11434"},
        {"WEFT_MODEL_URL": "http://user:sk-canary@localhost/v1"},
        {"WEFT_MODEL_URL": "http://localhost/v1?key=sk-canary"},
        {"WEFT_MODEL_URL": "http://localhost:port/v1"},
        {"WEFT_MODEL_KEY": "sk-canary\nsk-second"},
        {"WEFT_MODEL_KEY": "sk-canäry-canary"},
        {"WEFT_MODEL": " , "},
        {"WEFT_MODEL_TIMES": "first=0"},
        {"WEFT_MODEL_TIMES": "sometime=3"},
        {"WEFT_MODEL_TIMES": "first=soon"},
        {"WEFT_MODEL_CAN": "grammar=gbnf"},
        {"WEFT_MODEL_CAN": "fly"},
        {"WEFT_MODEL_PRICES": "qwen3=1/2/3/4/5"},
        {"WEFT_MODEL_KEY_2": "sk-canary", "WEFT_MODEL_2": ""},
    ],
)
def test_what_cannot_be_read_says_what_to_write_and_shows_no_key(wrong: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as refused:
        entries(**{**LOCAL, **wrong})
    assert refused.value.help
    assert "canary" not in str(refused.value) + refused.value.help + repr(refused.value.__cause__)


def test_an_entry_shows_neither_its_key_nor_its_address() -> None:
    (one,) = entries(**LOCAL, WEFT_MODEL_KEY="sk-canary")
    assert "canary" not in repr(one) and "11434" not in repr(one)
    assert one.where == "localhost:11434"
