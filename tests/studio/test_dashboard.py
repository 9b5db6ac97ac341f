"""Figures and alerts as the pages show them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from engine.alerts import KINDS
from engine.alerts.kinds import measured
from engine.alerts.rules import Form
from engine.errors import BadInput
from engine.figures import CallFigure, Figures, Moment, Now, QueueMoment, Sums, span_of
from studio.alerts.rows import fields_of, form_of
from studio.dashboard.shown import board, runs_at
from studio.dashboard.words import count, length, money, share

FLOW = "01a22cc0-5cd9-7989-9808-e59686bf5a92"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.0, "under 1 ms"),
        (0.0123, "12 ms"),
        (0.42, "420 ms"),
        (7.46, "7.5 s"),
        (90, "1 min 30 s"),
        (7200, "2 h"),
        (100_000, "1 d 3 h"),
        (3e9, "34,722 d 5 h"),
    ],
)
def test_lengths_are_said_in_few_words(seconds: float | None, words: str) -> None:
    assert length(seconds) == words


def test_a_share_is_all_or_nothing_only_when_it_is() -> None:
    assert [share(part) for part in (None, 0.0, 0.00001, 0.5, 0.99999, 1.0)] == [
        *("–", "0 %", "0.1 %", "50.0 %", "99.9 %", "100 %")
    ]
    assert (count(99_999), count(123_456), money(0), money(0.001)) == (
        *("99,999", "123.5k", "0 USD", "under 0.01 USD"),
    )


def shown(sums: Sums, before: Sums, now: Now) -> dict[str, dict[str, str]]:
    span = span_of("1h", datetime(2026, 11, 30, 13, 17, tzinfo=UTC))
    moments = tuple(Moment(span.at(slot), Sums()) for slot in range(span.slots))
    queue = tuple(QueueMoment(span.at(slot)) for slot in range(span.slots))
    call = CallFigure("shop", "refund", 10, 4, 0.2, (("timeout", 3), ("unavailable", 1)), 0.1)
    found = board(Figures(span, moments, sums, before, (), (), (call,), queue, now, True), FLOW)
    assert found["calls"][0]["codes"][0]["href"].startswith(
        f"/runs?workflow={FLOW}&error=timeout&ended_since="
    )
    assert found["outcomes"]["series"][1]["query"] == {"state": "failed"}
    assert found["queue"]["series"][0]["values"] == [None] * 60
    return {tile["key"]: tile for tile in found["tiles"]}


def test_tiles_say_what_changed_and_lead_to_the_runs() -> None:
    tiles = shown(Sums(20, 9, 1), Sums(10, 9, 0), Now(due=3, oldest_s=90))
    assert tiles["failed"]["href"] == (
        f"/runs?workflow={FLOW}&state=failed,timed_out"
        "&ended_since=2026-11-30T12:18:00.000Z&ended_until=2026-11-30T13:17:00.000Z&tests=none"
    )
    assert (tiles["started"]["note"], tiles["started"]["note_tone"]) == ("100 % more than before", "success")
    assert (tiles["success"]["value"], tiles["success"]["note_tone"]) == ("90.0 %", "danger")
    assert (tiles["queue"]["note"], tiles["queue"]["note_tone"]) == ("the first for 1 min 30 s", "warning")


def test_what_is_empty_is_left_out_of_an_address() -> None:
    assert (runs_at(""), runs_at("", state="failed")) == ("/runs", "/runs?state=failed")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_new_rule_s_dialog_shows_is_a_form(kind: str) -> None:
    said = {**fields_of(None, kind), "name": "mine", "workflow_id": FLOW, "connector": "shop"}
    form = form_of(said, kind, [])
    assert (form.kind, form.limit, form.cooldown_s) == (kind, KINDS[kind].usual, 300)
    assert form.workflow_id == (None if KINDS[kind].workflow == "never" else UUID(FLOW))
    assert measured(KINDS[kind], form.limit)


def test_what_is_no_number_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        form_of({**fields_of(None), "limit": "many"}, "failure_rate", [])
    assert list(caught.value.problems) == [("limit", "must be a number")]
    assert isinstance(form_of(fields_of(None), "failure_rate", []), Form)
