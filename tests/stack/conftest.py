"""One installation for the whole session, and a browser on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.commands.test import find_browser
from tests.stack.stack import Stack, installation

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
    """A running studio with its engine ready."""
    patience = "# For the tests: nobody waits long.\nWEFT_RUNNERS_DOWN_DELAY_S = 4\n"
    with installation(settings=patience) as running:
        running.wait_for_engine()
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield chromium
        chromium.close()
