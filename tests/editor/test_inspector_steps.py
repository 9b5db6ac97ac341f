"""Clauses, branches, people and the workflow's own form: what a control says is what stands in the text."""

from __future__ import annotations

from typing import Any

import pytest

import dsl
from studio.editor.desk import Desk
from studio.editor.document import Change, Refused
from studio.editor.gesture import SetField
from studio.editor.inspection.field import Field, walked
from studio.editor.inspection.form import step_sections
from studio.editor.inspection.schedule import next_moments, problem_of, read_cron, spell_cron
from studio.editor.inspection.start import START, start_sections
from studio.editor.inspection.writing import field_edit
from tests.editor.conftest import CATALOG, REFUND
from tests.editor.moments import NOON

CONTROL = """workflow w {
  use shop: mcp "shop"

  input {
    /// Its number.
    id: string,
    late: bool = false,
  }
  secret token
  trigger hook: webhook POST "/x" with (id: event.id)

  step both: parallel {
    step one: call shop.get_order(order_id: input.id)
    step two: call shop.get_order(order_id: input.id)
      after one
    step three: let 3
  }
  step way: if input.late {
    step a: let 1
  } else if input.id == "x" {
    step b: let 2
  }
  step kind: switch input.id {
    case "p", "q" {
      step c: let 3
    }
  }
  step all: foreach item in [1, 2] {
    step d: let item
  }
  step again: loop until again.count > 3 max 5 {
    step e: let 1
  }
  step pause: wait 90m
  step helper: agent "fast" { prompt "Do it" output { ok: bool } }
}
"""


def opened(text: str = CONTROL) -> Desk:
    return Desk("w", text, CATALOG, "e")


def outcome(desk: Desk, step: str, key: str, value: str = "", **rest: Any) -> Refused | None:
    gesture = SetField(type="set", step=step, key=key, value=value, **{"mode": "plain", **rest})
    edit = field_edit(gesture, desk.reading, CATALOG)
    told = edit if isinstance(edit, Refused) else desk.apply(Change("canvas", desk.document.revision, edit))
    return told if isinstance(told, Refused) else None


def fields(desk: Desk, step: str) -> dict[str, Field]:
    place = desk.reading.steps.get(step)
    sections = (
        start_sections(desk.reading, NOON) if place is None else step_sections(place, desk.reading, CATALOG)
    )
    return {field.key: field for section in sections for field in walked(section.fields)}


@pytest.mark.parametrize(
    ("step", "key", "rest", "written"),
    [
        ("both.two", "clause:timeout", {"value": "45s"}, "timeout 45s"),
        ("both.two", "clause:retry.times", {"value": "3"}, "retry 3"),
        ("both.three", "clause:after", {"values": ("one", "two")}, "after one, two"),
        ("both.two", "clause:catch", {"op": "add"}, "catch as problem {"),
        ("both.two", "clause:compensate", {"op": "add"}, "compensate {"),
        ("both.two", "clause:key", {"value": "k-${input.id}"}, 'key "k-${input.id}"'),
        ("both", "expr:join", {"value": "settle"}, "parallel settle {"),
        ("way", "expr:arms", {"op": "add"}, "} else if false {"),
        ("way", "expr:arms[1].test", {"value": "true", "mode": "expression"}, "else if true {"),
        ("kind", "expr:arms[0].test", {"values": ("r", "s"), "control": "chips"}, 'case "r", "s" {'),
        ("kind", "expr:arms", {"op": "add"}, 'case "value 1" {'),
        ("all", "expr:concurrency", {"value": "4"}, "in [1, 2] concurrency 4 {"),
        ("all", "expr:variable", {"value": "number"}, "step d: let number"),
        ("again", "expr:mode", {"value": "while"}, "loop while again.count > 3 max 5"),
        ("again", "expr:max", {"value": "9"}, "max 9 {"),
        ("pause", "expr:ms", {"value": "2h"}, "wait 2h"),
        ("pause", "expr:sort", {"value": "event"}, 'wait event "name"'),
        (
            "helper",
            "expr:tools",
            {"values": ("mail.send", "shop.get_order")},
            "tools mail.send, shop.get_order",
        ),
        ("helper", "expr:output", {"op": "add"}, "output { ok: bool, answer: string }"),
        ("helper", "expr:output.base", {"at": (0,), "value": "float"}, "output { ok: float }"),
        ("helper", "expr:output.optional", {"at": (0,), "value": "true"}, "output { ok: bool? }"),
        ("helper", "expr:max_turns", {"value": "6"}, "max_turns 6"),
        (START, "input:id.name", {"value": "number"}, "input.number"),
        (START, "input:id.base", {"value": "int"}, "id: int,"),
        (START, "input:id.many", {"value": "true"}, "id: string[],"),
        (START, "input:late.optional", {"value": "true"}, "late: bool? = false"),
        (START, "input:late.default", {"value": "true", "control": "toggle"}, "late: bool = true"),
        (START, "input:late.doc", {"value": "Too late?"}, "/// Too late?\n    late: bool"),
        (START, "input", {"op": "add"}, "new_input: string"),
        (START, "config", {"op": "add"}, 'new_setting: string = ""'),
        (START, "secret", {"op": "add"}, "secret new_secret"),
        (START, "secret:token.name", {"value": "key"}, "secret key"),
        (START, "type", {"op": "add"}, "type NewType: { name: string }"),
        (START, "trigger:hook.method", {"value": "PUT"}, 'webhook PUT "/x" with (id: event.id)'),
        (START, "trigger:hook.path", {"value": "orders"}, 'webhook POST "/orders"'),
        (START, "trigger:hook.verify", {"value": "hmac_sha256(event, secrets.token)"}, "verify hmac_sha256("),
        (START, "trigger:hook.with", {"at": ("late",), "value": "true", "control": "toggle"}, "late: true)"),
        (START, "trigger:hook.sort", {"value": "manual"}, "trigger hook: manual"),
        (START, "name", {"value": "orders"}, "workflow orders {"),
        (START, "doc", {"value": "What it does"}, "/// What it does\nworkflow w"),
    ],
)
def test_a_control_that_is_set_is_in_the_text(
    step: str, key: str, rest: dict[str, Any], written: str
) -> None:
    desk = opened()
    assert outcome(desk, step, key, **rest) is None
    assert written in desk.document.text
    assert dsl.parse(desk.document.text).diagnostics == ()


def test_the_parts_of_a_retry_keep_each_other() -> None:
    desk = opened()
    for part, rest in (
        ("times", {"value": "3"}),
        ("longest", {"value": "1m"}),
        ("first", {"value": "500ms"}),
        ("on", {"values": ("timeout", "busy")}),
    ):
        assert outcome(desk, "both.one", f"clause:retry.{part}", **rest) is None
    assert 'retry 3 backoff 500ms to 1m on "timeout", "busy"' in desk.document.text
    assert outcome(desk, "both.one", "clause:retry.times", "") is None
    assert "retry" not in desk.document.text


def test_branches_change_places_with_their_steps_and_go_with_them() -> None:
    desk = opened()
    assert outcome(desk, "way", "expr:arms[1].test", op="up") is None
    text = desk.document.text
    assert text.index('if input.id == "x" {\n    step b') < text.index("else if input.late {\n    step a")
    assert outcome(desk, "way", "expr:arms[0].test", op="drop") is None
    assert "step way: if input.late {\n    step a" in desk.document.text
    assert outcome(desk, "way", "expr:arms[0].test", op="drop") is not None


def test_inputs_change_places_with_their_descriptions() -> None:
    desk = opened()
    assert outcome(desk, START, "input:late", op="up") is None
    assert "late: bool = false,\n    /// Its number.\n    id: string," in desk.document.text


@pytest.mark.parametrize(
    ("key", "rest", "written"),
    [
        ("expr:approvers", {"op": "add"}, 'by role "manager", role "manager"'),
        ("expr:approvers[0].by", {"value": "user"}, 'by user "name@example.com"'),
        ("expr:quorum", {"value": "2"}, "quorum 2"),
        ("expr:show", {"op": "add"}, "show order, eligibility, ineligible"),
        ("expr:show", {"op": "drop", "at": (0,)}, "show eligibility"),
        ("expr:on_reject", {"value": "go_on"}, "on reject {"),
        ("expr:escalate.after", {"value": "12h"}, 'escalate after 12h to role "manager"'),
    ],
)
def test_an_approval_is_a_form(key: str, rest: dict[str, Any], written: str) -> None:
    desk = opened(REFUND)
    assert outcome(desk, "gate.approval", key, **rest) is None
    assert written in desk.document.text


@pytest.mark.parametrize(
    ("step", "key", "value"),
    [
        ("both.one", "clause:timeout", "soon"),
        ("both.one", "clause:retry.times", "many"),
        ("pause", "expr:ms", "a while"),
        ("again", "expr:max", "x"),
        (START, "input:id.name", "not a name"),
        (START, "input:id.written", "{{"),
        (START, "trigger:hook.verify", "hmac("),
        (START, "trigger:nothing.path", "/x"),
        ("nowhere", "id", "x"),
        ("both.one", "nonsense", "x"),
        ("both.one", "clause:catch7.codes", "x"),
    ],
)
def test_what_cannot_be_is_refused_and_the_text_stays(step: str, key: str, value: str) -> None:
    desk = opened()
    assert isinstance(outcome(desk, step, key, value), Refused)
    assert desk.document.text == CONTROL


def test_a_schedule_is_made_of_choices() -> None:
    desk = opened()
    assert outcome(desk, START, "trigger", op="add", values=("Europe/Paris",)) is None
    assert 'trigger schedule: schedule "0 9 * * MON-FRI" timezone "Europe/Paris"' in desk.document.text
    key = "trigger:schedule"
    assert outcome(desk, START, f"{key}.time", "07:30") is None
    assert outcome(desk, START, f"{key}.days", values=("SAT", "MON"), control="picks") is None
    assert '"30 7 * * MON,SAT"' in desk.document.text
    note = fields(desk, START)[f"{key}.next"]
    assert note.value == "At 07:30 on Monday and Saturday"
    assert note.values[0] == "Sat 7 Mar 2026, 07:30"
    assert outcome(desk, START, f"{key}.often", "minutes") is None
    assert '"*/15 * * * *"' in desk.document.text
    assert isinstance(outcome(desk, START, f"{key}.days", values=()), Refused)


@pytest.mark.parametrize(
    "cron",
    [
        "*/5 * * * *",
        "30 * * * *",
        "0 9 * * *",
        "0 9 * * MON-FRI",
        "15 8 * * TUE,SUN",
        "0 6 31 * *",
        "0 0 1 1 *",
    ],
)
def test_a_schedule_that_is_read_is_spelled_the_same(cron: str) -> None:
    assert spell_cron(read_cron(cron)) == cron


def test_an_hour_that_the_clocks_leave_out_is_made_up_for_right_after() -> None:
    moments = next_moments("30 2 * * *", "Europe/Paris", NOON.replace(day=28), 2)
    assert [f"{one:%d %H:%M %z}" for one in moments] == ["29 03:00 +0200", "30 02:30 +0200"]


def test_a_moment_that_never_comes_and_a_zone_that_is_none_are_told() -> None:
    assert next_moments("0 0 30 2 *", "UTC", NOON) == []
    assert "no time zone" in problem_of("0 0 1 1 *", "Europe/Atlantis")
    assert "needs five" in problem_of("0 0 1", "UTC")
    assert problem_of("0 25 * * *", "UTC")
