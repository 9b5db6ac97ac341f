"""What a trigger makes of an event: a run, nothing, or a problem in words."""

from __future__ import annotations

from typing import Any

import pytest

import dsl
from dsl.catalog import Catalog
from engine.fitting import Interface
from engine.triggers.firing import Decision, Fire, Skipped, Takes, Unfit, decide
from tests.engine_triggers.kit import written

HOOK = 'trigger hook: webhook POST "/paid" verify hmac_sha256(event, secrets.key)'
BODY = {"method": "POST", "path": "/paid", "headers": {}, "query": {}, "body": {"id": "A-1", "amount": 250}}


def decided(head: str, event: Any, inputs: str = "id: string, amount: float = 1.0") -> Decision:
    text = written("w", "config { least: float = 100.0 }", head, inputs=inputs)
    plan = dsl.lower(dsl.parse(text), Catalog())
    takes = Takes(Interface("", plan.input_schema, plan.input_defaults), plan.config)
    return decide(plan.triggers[0], takes, event)


@pytest.mark.parametrize(
    ("head", "event", "decision"),
    [
        (HOOK, BODY, Fire({"id": "A-1", "amount": 250.0})),
        (f"{HOOK} with (id: event.body.id)", BODY, Fire({"id": "A-1", "amount": 1.0})),
        (f"{HOOK} when event.body.amount > config.least with (id: event.body.id)", BODY,
         Fire({"id": "A-1", "amount": 1.0})),
        (f"{HOOK} when event.body.amount > 1000", BODY, Skipped("the condition is not true")),
        ('trigger t: event "paid" when event.id != ""', {"id": "A-2"}, Fire({"id": "A-2", "amount": 1.0})),
        ('trigger t: event "paid"', {"id": 5},
         Unfit("the input does not fit: id must be a text, not the number 5")),
        ('trigger t: schedule "0 9 * * *" timezone "UTC" with (id: event.scheduled_at)',
         {"scheduled_at": "2026-06-01T09:00:00Z", "fired_at": "2026-06-01T09:00:01Z"},
         Fire({"id": "2026-06-01T09:00:00Z", "amount": 1.0})),
        ('trigger t: schedule "0 9 * * *" timezone "UTC" '
         'when timestamp(event.scheduled_at).getDayOfMonth("Europe/Paris") > 0 with (id: "x")',
         {"scheduled_at": "2026-06-01T09:00:00Z"}, Skipped("the condition is not true")),
        ("trigger t: manual", {"id": "A-3"}, Fire({"id": "A-3", "amount": 1.0})),
    ],
)  # fmt: skip
def test_an_event_becomes_a_run_or_it_does_not(head: str, event: Any, decision: Decision):
    assert decided(head, event) == decision


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ('trigger t: event "paid" when event.nothing > 1', "its condition cannot be computed"),
        ('trigger t: event "paid" when event.id', "its condition cannot be computed"),
        ('trigger t: event "paid" with (id: event.nothing)', "the input `id` cannot be computed"),
        ('trigger t: event "paid" with (id: "A", amount: event.id)', "the input does not fit: amount"),
    ],
)
def test_what_cannot_be_computed_is_a_problem_in_words_and_never_an_error(head: str, problem: str):
    found = decided(head, {"id": "A-1"})
    assert isinstance(found, Unfit) and found.problem.startswith(problem)


def test_a_body_that_is_no_object_is_a_problem():
    found = decided(HOOK, BODY | {"body": "just text"})
    assert found == Unfit("the input does not fit: must be an object with a field for each input")
