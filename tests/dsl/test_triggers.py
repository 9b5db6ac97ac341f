"""What starts a workflow, with the condition that any kind but ``manual`` may have: read, printed, checked, lowered."""

from __future__ import annotations

import pytest

import dsl
from dsl import plan as p
from dsl.catalog import Catalog

HOOK = 'webhook POST "/paid" verify hmac_sha256(event, secrets.key)\n    when event.body.amount > 100'
KINDS = [
    HOOK,
    'schedule "0 9 * * *" timezone "UTC" when config.on',
    'event "paid" when event.amount > 100',
    "manual",
]


def written(kind: str, given: str = " with (id: event.id)") -> str:
    return (
        "workflow w {\n  input {\n    id: string = \"\",\n  }\n  config {\n    on: bool = true,\n  }\n  secret key\n"
        f"  trigger t: {kind}{given.replace(' with', chr(10) + '    with')}\n"
        "  step done: return {\n    id: input.id,\n  }\n}\n"
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_condition_is_kept_by_the_formatter_and_by_the_flat_form(kind: str):
    text = dsl.format_text(written(kind))
    parsed = dsl.parse(text)
    assert kind in text and dsl.format_text(text) == text
    assert [one for one in dsl.check(parsed, Catalog()) if one.severity == "error"] == []
    again = dsl.text_of(dsl.flatten(parsed))
    assert dsl.lower(dsl.parse(again), Catalog()) == dsl.lower(parsed, Catalog())


def test_each_kind_is_lowered_with_its_condition_its_check_and_its_input():
    event = p.CelExpr(source="event", names=("event",))
    key = p.CelExpr(source="secrets.key", names=("secrets",))
    given = {"id": p.CelExpr(source="event.id", names=("event",))}
    lowered = [dsl.lower(dsl.parse(written(kind)), Catalog()).triggers for kind in KINDS]
    assert lowered == [
        (p.PlanTrigger(
            name="t", on=p.OnWebhook(method="POST", path="/paid",
                                     verify=p.Verify(function="hmac_sha256", secret="key", args=(event, key))),
            when=p.CelExpr(source="event.body.amount > 100", names=("event",)), args=given),),
        (p.PlanTrigger(name="t", on=p.OnSchedule(cron="0 9 * * *", timezone="UTC"),
                       when=p.CelExpr(source="config.on", names=("config",)), args=given),),
        (p.PlanTrigger(name="t", on=p.OnEvent(event="paid"),
                       when=p.CelExpr(source="event.amount > 100", names=("event",)), args=given),),
        (p.PlanTrigger(name="t", on=p.OnManual(), args=given),),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (HOOK.replace("event.body.amount", "evnt.amount"), "E101"),
        ('schedule "0 9 * * *" timezone "UTC" when input.id == ""', "E101"),
        ('schedule "0 9 * * *" timezone "UTC" when 1 + 1', "E204"),
        ('event "paid" when secrets.key == event.key', "E403"),
    ],
)
def test_a_condition_is_checked_whatever_it_stands_behind(kind: str, code: str):
    found = dsl.check(dsl.parse(written(kind)), Catalog())
    assert code in {one.code for one in found}


def test_a_person_is_asked_no_condition():
    assert dsl.parse(written('manual when event.id == "x"')).diagnostics


def test_a_condition_is_no_part_of_what_a_text_without_triggers_is_known_by():
    text = "workflow o {\n  step d: let 1\n}\n"
    plan = dsl.lower(dsl.parse(text), Catalog())
    assert plan.triggers == ()
    assert (
        dsl.content_hash(text, plan.pins, plan)
        == "76b0cab4f11072ae9af870debfda3edecaf863fbfed642f3782febcbb0713a46"
    )
