"""A studio without the engine, which the editor does not need, and a person signed in to it.

To look at a journey: ``WEFT_SHOTS=FOLDER`` keeps its pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.stack.conftest import browser
from tests.stack.person import Person
from tests.stack.stack import Stack, installation
from tests.stack.visitor import Visitor

__all__ = ["browser"]


@pytest.fixture(scope="session")
def studio() -> Iterator[Stack]:
    """A running studio, its database and the sample connectors; runs queue."""
    with installation("--no-engine") as running:
        yield running


@pytest.fixture
def person(studio: Stack, browser: Browser) -> Iterator[Person]:
    """Signed in, on the list of workflows. What the console complained of fails the test."""
    somebody = Person(browser, studio.url)
    somebody.sign_in(studio.email, studio.password)
    yield somebody
    somebody.context.close()
    assert somebody.complaints == []


@pytest.fixture
def api(studio: Stack) -> Iterator[Visitor]:
    """The same person by the HTTP API: for what a journey begins with, and for what is stored at its end."""
    with Visitor(studio) as visitor:
        yield visitor
