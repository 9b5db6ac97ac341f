"""A server that we start gets what is written down for it, and nothing of ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from connectors import StdioToolset
from tests.connectors.conftest import ROOT, opened

COMMAND = [sys.executable, "-m", "tests.connectors.odd_server", "--stdio"]

# Set by the C library or the interpreter of the server itself, not inherited.
OWN = {"LC_CTYPE", "PYTHONSAFEPATH", "__CF_USER_TEXT_ENCODING"}


async def seen(toolset: StdioToolset) -> dict[str, str]:
    async with opened(toolset):
        found: dict[str, str] = (await toolset.call("environment", {}, key=None, timeout_s=20)).unwrap()
    return found


def is_there(folder: str) -> bool:
    return Path(folder).exists()


async def test_a_server_sees_only_the_environment_written_down_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HOME", "USER", "LOGNAME", "SHELL", "TERM", "PATH", "WEFT_OWNER_URL"):
        monkeypatch.setenv(name, os.environ.get(name) or "/ours")
    environment = {"PYTHONPATH": str(ROOT), "GREETING": "hello, world = yes"}
    found = await seen(StdioToolset("odd", COMMAND, environment, tmp_path / "place"))
    assert found.pop("(folder)") == str(tmp_path / "place")
    assert {name: value for name, value in found.items() if name not in OWN} == environment


async def test_a_home_that_is_written_down_is_passed_on(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT), "HOME": "/nowhere"}
    found = await seen(StdioToolset("odd", COMMAND, environment, tmp_path))
    assert found["HOME"] == "/nowhere"


async def test_the_unconfined_client_would_have_passed_ours_on() -> None:
    """The control: what the SDK does by itself."""
    from mcp import Client, StdioServerParameters

    parameters = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env={"PYTHONPATH": str(ROOT)})
    async with Client(parameters) as client:
        found = (await client.call_tool("environment", {})).structured_content
    assert found is not None
    assert found.get("PATH") == os.environ["PATH"]


async def test_without_a_folder_a_server_gets_one_that_goes_with_it() -> None:
    found = await seen(StdioToolset("odd", COMMAND, {"PYTHONPATH": str(ROOT)}))
    assert found["(folder)"] != str(ROOT)
    assert not is_there(found["(folder)"])


async def test_a_command_is_looked_up_on_its_own_path_and_not_on_ours(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "greeter"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.connectors.odd_server --stdio\n')
    program.chmod(0o700)
    environment = {"PYTHONPATH": str(ROOT), "PATH": f"{program.parent}:/usr/bin:/bin"}
    found = await seen(StdioToolset("odd", ["greeter"], environment))
    assert found["PATH"] == environment["PATH"]


async def test_what_a_server_prints_to_stderr_is_kept_in_its_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('my last words', file=sys.stderr)"]
    toolset = StdioToolset("odd", command, {}, tmp_path)
    with pytest.raises(Exception, match="not available"):
        await toolset.open()
    await toolset.close()
    assert (tmp_path / "server.log").read_text() == "my last words\n"
