"""One installation for the whole session, and a browser on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.commands.test import find_browser
from tests.stack.stack import Stack

_LAST = ("test_scaling.py", "test_redeploy.py", "test_faults.py", "test_away.py")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Parts of the installation are killed last: the other tests count on an untouched sample business. The deaths
    that leave words in the logs come after the test that reads those."""
    items.sort(key=lambda item: _LAST.index(item.path.name) + 1 if item.path.name in _LAST else 0)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A running studio with its engine ready. As root the database's user must be able to walk to its folder."""
    home = Path(tempfile.mkdtemp(prefix="weft-stack-"))
    home.chmod(0o755)
    home.joinpath("engine.env").write_text(
        "# For the tests: nobody waits long.\nWEFT_RUNNERS_DOWN_DELAY_S = 4\n"
    )
    running = Stack(home)
    try:
        running.start()
        running.wait_for_engine()
        yield running
    finally:
        if running.process is not None:
            running.stop()
        if os.environ.get("WEFT_KEEP") is None:
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield chromium
        chromium.close()
