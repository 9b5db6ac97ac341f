"""What a socket may send to the pages, and what of it may come to a log."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from engine.errors import Unavailable
from studio.shell import faults, inlet
from studio.shell.payload import fits
from studio.studio import app
from tests.security import handlers
from tests.studio.conftest import Tab

CANARY = "canary-of-a-prompt"
KNOWN = {"page.find"}


@pytest.mark.parametrize(
    "data",
    [
        CANARY,
        [CANARY],
        None,
        7,
        {"name": 5},
        {"name": "nobody.knows", "payload": {"text": CANARY}},
        {"name": "page.find", "payload": CANARY},
        {"name": "page.find", "router_data": [CANARY]},
        {"name": "page.find", "router_data": {"query": CANARY}},
        {"name": "page.find", "router_data": {"pathname": {"a": CANARY}}},
    ],
)
async def test_what_no_page_sends_is_dropped_and_not_written_down(
    data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    taken = await through(data, caplog)
    assert taken == []
    assert CANARY not in caplog.text


async def test_what_a_page_sends_comes_in(caplog: pytest.LogCaptureFixture) -> None:
    sent = {"name": "page.find", "payload": {"words": "a"}, "router_data": {"pathname": "/", "query": {}}}
    assert await through(sent, caplog) == [sent]


async def through(data: Any, caplog: pytest.LogCaptureFixture) -> list[Any]:
    caplog.set_level(logging.DEBUG)
    taken: list[Any] = []

    class Namespace:
        async def on_event(self, sid: str, data: Any) -> None:
            taken.append(data)

    namespace = Namespace()
    inlet._put(namespace, KNOWN)
    await namespace.on_event("sid", data)
    return taken


def test_the_studios_socket_has_the_check() -> None:
    assert app.event_namespace is not None
    assert app.event_namespace.on_event.__module__ == inlet.__name__


class Page:
    async def asked(self, text: str, count: int = 0) -> None: ...


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        ({"text": "a"}, True),
        ({"text": "a", "count": 2}, True),
        ({}, False),
        ({"text": 5}, False),
        ({"text": {"a": 1}}, False),
        ({"text": "a", "count": "2"}, False),
        ({"text": "a", "extra": 1}, False),
        ({"text": "half a character \ud800"}, False),
    ],
)
def test_a_payload_has_the_handlers_arguments_and_nothing_else(payload: Any, wanted: bool) -> None:
    assert fits(Page.asked, payload) is wanted


@pytest.mark.parametrize("name", sorted(handlers()))
async def test_no_handler_is_reached_by_values_of_another_type(
    signed_in: Tab, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    await signed_in.call(name, handlers()[name])
    assert "does not fit" in signed_in.scripts
    assert CANARY not in caplog.text


async def test_the_log_has_where_a_handler_failed_and_not_on_what(caplog: pytest.LogCaptureFixture) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        faults.in_handler(error)
    assert "ValueError" in caplog.text and "test_inlet.py" in caplog.text
    assert CANARY not in caplog.text
    assert "ValueError" not in str(faults.in_handler(ValueError(CANARY)))


def test_what_we_say_to_people_is_said() -> None:
    assert "away" in str(faults.in_handler(Unavailable("The database is away.")))


def test_a_browsers_report_is_one_short_line_and_not_too_many(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "_reports", type(faults._reports)(maxlen=faults.MOST_REPORTS))
    for _ in range(3 * faults.MOST_REPORTS):
        faults.in_browser(Exception("a\n\x1b[31mERROR all is lost" + "x" * 100_000))
    assert len(caplog.records) == faults.MOST_REPORTS
    line = caplog.records[0].getMessage()
    assert "\n" not in line and "\x1b" not in line and len(line) < 400
