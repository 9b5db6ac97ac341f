"""`weft model`: what the environment connects and what it can, in words and as JSON, and never a key."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.commands.model import setting
from engine.model import Capabilities, ModelSettings
from studio.designer.scripted import Say, ScriptedModel, Status
from tests.engine_model.kit import KEY


@pytest.fixture(autouse=True)
def nothing_connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WEFT_HOME", str(tmp_path))
    monkeypatch.setenv("WEFT_MODEL_KEY", KEY)
    for name in ("WEFT_MODEL_URL", "WEFT_MODEL", "WEFT_MODEL_PROVIDER", "WEFT_MODEL_CAN"):
        monkeypatch.delenv(name, raising=False)


async def test_a_probe_says_what_a_model_can_and_how_to_do_without(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async with ScriptedModel([Say("x")], can={"tools", "vllm"}, passes_over=True) as server:
        tmp_path.joinpath("engine.env").write_text("WEFT_MODEL=m\nWEFT_MODEL_TIERS=fast=m\n")
        monkeypatch.setenv("WEFT_MODEL_URL", server.url)
        assert await asyncio.to_thread(main, ["model", "--probe"]) == 0
        shown = capsys.readouterr().out
        assert await asyncio.to_thread(main, ["model", "--probe", "--json"]) == 0
    assert f"m: openai protocol at 127.0.0.1:{server.port}, with a key, for fast, price not set" in shown
    assert "yes  Takes a grammar, as structured_outputs (vLLM)." in shown
    assert "no   Takes no JSON Schema" in shown
    assert 'WEFT_MODEL_CAN="tools, grammar=vllm"' in shown
    printed = capsys.readouterr().out
    (told,) = json.loads(printed)
    assert told["can"] == {"tools": True, "grammar": "vllm", "json_schema": False}
    assert KEY not in shown + printed


async def test_a_model_that_does_not_answer_is_an_exit_of_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Locked(ScriptedModel):
        def _line(self, request: object) -> Status:
            return Status(401)

    async with Locked([]) as server:
        monkeypatch.setenv("WEFT_MODEL_URL", server.url)
        monkeypatch.setenv("WEFT_MODEL", "m")
        assert await asyncio.to_thread(main, ["model", "--probe"]) == 1
    assert "refused the key" in capsys.readouterr().out


def test_without_a_probe_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEFT_MODEL_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("WEFT_MODEL", "a, b")
    monkeypatch.setenv("WEFT_MODEL_CAN", "tools")
    assert main(["model"]) == 0
    shown = capsys.readouterr().out
    assert [line.split(":")[0] for line in shown.splitlines() if line[0] != " "] == ["a", "b"]
    assert "set to: tools" in shown


@pytest.mark.parametrize("key", ["", "sk canary"])
def test_no_model_and_a_setting_that_cannot_be_read_are_told(
    key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEFT_MODEL_KEY", key)
    monkeypatch.setenv("WEFT_MODEL", "m")
    assert main(["model"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("weft: ") and "canary" not in told


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/v1", "✓ Language model: m at 127.0.0.1:9"),
        ("127.0.0.1:9", "✗ Language model: WEFT_MODEL_URL is not an address"),
    ],
)
def test_the_doctor_looks_at_the_settings(
    url: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEFT_MODEL_URL", url)
    monkeypatch.setenv("WEFT_MODEL", "m")
    main(["doctor"])
    shown = capsys.readouterr().out
    assert says in shown and KEY not in shown


@pytest.mark.parametrize(
    "can",
    [
        Capabilities(),
        Capabilities(tools=True, json_schema=True),
        Capabilities(grammar="vllm-guided"),
    ],
)
def test_what_is_printed_can_be_set(can: Capabilities) -> None:
    settings = ModelSettings.from_environment(
        {"WEFT_MODEL_URL": "http://localhost:1", "WEFT_MODEL": "m", "WEFT_MODEL_CAN": setting(can)}
    )
    assert settings is not None and settings.can == can
