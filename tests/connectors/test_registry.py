"""Specifications: who may name what, and what a catalog learns from them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

import connectors
from connectors import ConnectorSpec, Health, Registry, describe
from tests.connectors.conftest import ROOT, Server


def spec(**transport: Any) -> ConnectorSpec:
    return ConnectorSpec.model_validate({"name": "shop", "title": "Shop", "transport": transport})


def test_an_account_cannot_name_a_command() -> None:
    registry = Registry()
    with pytest.raises(ValueError, match="only an operator may register one"):
        registry.put("shop", spec(kind="stdio", command=["sh"]))
    registry.put_operator("shop", spec(kind="stdio", command=["sh"]))
    assert registry.keys() == ("shop",)


@pytest.mark.parametrize(
    "variable", ["WEFT_OWNER_URL", "HOME", "weft_connector_x", "WEFT_CONNECTOR_", "WEFT_KEY_FILE"]
)
def test_a_header_cannot_carry_a_variable_of_ours_away(variable: str) -> None:
    with pytest.raises(ValidationError, match="may not be used for a header"):
        spec(kind="http", url="https://example.com/mcp", headers_env={"X": variable})


@pytest.mark.parametrize(
    "url", ["ftp://example.com", "https://user:pass@example.com/", "example.com", "https://a b/"]
)
def test_an_address_is_http_and_carries_no_password(url: str) -> None:
    with pytest.raises(ValidationError):
        spec(kind="http", url=url)


def test_a_specification_survives_being_stored() -> None:
    made = spec(
        kind="http", url="http://127.0.0.1:1/mcp", headers_env={"Authorization": "WEFT_CONNECTOR_SHOP"}
    )
    assert ConnectorSpec.model_validate_json(made.model_dump_json()) == made


async def test_describing_gives_definitions_and_health(shared_server: Server) -> None:
    found = await describe(spec(kind="http", url=f"{shared_server.url}/mail/mcp"))
    assert ([tool.name for tool in found.tools], found.health) == (["send", "list_outbox"], Health("ok"))


async def test_describing_what_is_down_says_so() -> None:
    found = await describe(spec(kind="http", url="http://127.0.0.1:9/mcp"))
    assert (found.tools, found.health.state) == ((), "down")
    assert "connector 'shop' is not available" in found.health.message


def test_the_front_door_is_what_it_says() -> None:
    assert all(hasattr(connectors, name) for name in connectors.__all__)
    assert connectors.__all__ == sorted(connectors.__all__, key=lambda name: (not name.isupper(), name))


def test_importing_it_leaves_the_root_logger_alone() -> None:
    code = "import connectors, logging; assert logging.getLogger().handlers == []"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
