"""What the pages show, from what the engine gives. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from dsl.plan import Block, Foreach, PlanStep, ToolCall
from dsl.policy import ToolRule
from engine.artifacts import Artifact
from engine.history import StepRun, Wait
from engine.runs import RunSummary
from engine.sample_policy import SAMPLE_POLICY
from studio.approvals.rows import Effect, approvers, effect, quorum
from studio.connectors import natures
from studio.connectors.rows import fields, type_words
from studio.runs import rows, steps
from studio.runs.gates import gates
from studio.sample.rows import money, orders
from studio.shell.moments import iso
from studio.shell.pulse import shown_state
from studio.shell.state import initials
from studio.workflows.rows import another, fitting, title_from

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WHO = UUID(int=7)


def run(**changes: object) -> RunSummary:
    told = {
        "id": UUID(int=1),
        "workflow_id": UUID(int=2),
        "workflow_name": "refund",
        "workflow_title": "Refund an order",
        "version_id": UUID(int=3),
        "version": 3,
        "state": "running",
        "trigger": "manual",
        "requested_by": WHO,
        "queued_at": NOW,
        "started_at": NOW,
        "finished_at": None,
        "due_at": None,
        "waiting_on": (),
        "error": None,
        "attempt": 1,
        "cancel_requested": False,
    }
    return RunSummary(**{**told, **changes})  # type: ignore[arg-type]


def test_a_run_in_a_list_names_its_workflow_version_and_person() -> None:
    assert rows.row(run(), {WHO: "Kim"}) == rows.RunRow(
        id=str(UUID(int=1)),
        short="00000001",
        workflow_id=str(UUID(int=2)),
        workflow="Refund an order",
        version="v3",
        state="running",
        by="Kim",
        queued="2026-11-21T12:00:00.000Z",
        started="2026-11-21T12:00:00.000Z",
        finished="",
        trouble="",
        live=True,
        trigger="by hand",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "failed", "error": {"code": "timeout", "message": "too late"}}, "too late"),
        ({"state": "waiting", "waiting_on": ("gate.approval",)}, "on gate.approval"),
        ({"cancel_requested": True}, "stopping"),
        ({"state": "succeeded", "cancel_requested": True}, ""),
    ],
)
def test_a_run_says_what_is_the_matter_with_it(changes: dict[str, object], said: str) -> None:
    assert rows.trouble(run(**changes)) == said


def test_a_run_that_nobody_started_names_its_trigger() -> None:
    assert rows.started_by(run(requested_by=None, trigger="schedule"), {}) == "on schedule"


def called(id: str, path: str) -> PlanStep:
    do = ToolCall(connector="shop", tool="get_order", args={}, effect="read", honours_key=False)
    return PlanStep(id=id, path=path, label=f"Do {id}", do=do)


def known() -> dict[str, steps.Known]:
    from dsl.plan import ConstantExpr, Plan

    each = Foreach(
        variable="item", items=ConstantExpr(value=[1, 2]), block=Block(steps=(called("post", "all.post"),))
    )
    body = Block(steps=(PlanStep(id="all", path="all", label="For each", do=each), called("last", "last")))
    return steps.known_steps(Plan(workflow="w", input_schema={"type": "object"}, body=body))


def test_steps_inside_blocks_stand_below_them_in_the_order_they_began() -> None:
    found = [
        StepRun("all", "running", 1.0),
        StepRun("last", "succeeded", 9.0),
        StepRun("all[0].post", "succeeded", 2.0),
        StepRun("all[1].post", "failed", 3.0, attempt=2),
    ]
    shown = [
        (each["path"], each["depth"], each["round"], each["label"], each["tool"])
        for each in steps.rows(found, known())
    ]
    assert shown == [
        ("all", 0, "", "For each", ""),
        ("all[0].post", 1, "#1", "Do post", "shop.get_order"),
        ("all[1].post", 1, "#2", "Do post", "shop.get_order"),
        ("last", 0, "", "Do last", "shop.get_order"),
    ]


def test_of_several_rounds_the_graph_shows_the_one_that_matters_most() -> None:
    found = [
        StepRun("all[0].post", "failed", 1.0),
        StepRun("all[1].post", "succeeded", 2.0),
        StepRun("x", "caught", 1.0),
        StepRun("y", "review", 1.0),
    ]
    assert steps.painted(found) == {"all.post": "failed", "x": "caught", "y": "needs_review"}


def test_a_waiting_run_says_what_each_gate_waits_for_and_where_it_is_answered() -> None:
    due = "2026-01-31T08:00:00Z"
    found = [
        StepRun("a", "waiting", 1.0, waits=(Wait(1.0, due, "approval"),)),
        StepRun("b", "waiting", 1.0, waits=(Wait(1.0, None, None, run_id="r-1"),)),
        StepRun("c", "waiting", 1.0, waits=(Wait(1.0, None, None, event="parcel.sent"),)),
        StepRun("all[0].post", "waiting", 1.0, waits=(Wait(1.0, due, None),)),
    ]
    shown = gates(found, ["a", "b", "c", "all[0].post", "gone", "a"], known())
    assert [(each["title"], each["until"], each["href"]) for each in shown] == [
        ("a", due, "/approvals"),
        ("b", "", "/runs/r-1"),
        ("c", "", ""),
        ("Do post", due, ""),
        ("gone", "", ""),
    ]
    assert "parcel.sent" in shown[2]["note"]
    assert [steps.detail(each, "")["waits"][0]["words"] for each in found] == [
        "Waiting for an answer.",
        "Waiting for the run that it started.",
        "Waiting for an event “parcel.sent”.",
        "Waiting for the time to come.",
    ]


def test_an_effect_shows_exact_arguments_or_says_that_they_are_not_known() -> None:
    exact = effect({"connector": "shop", "tool": "refund", "path": "r", "arguments": {"a": 1}, "pending": []})
    later = effect({"connector": "mail", "tool": "send", "path": "m", "arguments": None, "pending": ["body"]})
    assert exact == Effect("Refund in shop", "shop.refund", "r", {"a": 1}, [], True)
    assert later == Effect("Send in mail, with what is not known yet", "mail.send", "m", {}, ["body"], False)


def test_who_may_decide_reads_as_a_sentence() -> None:
    assert approvers(({"by": "role", "name": "manager"}, {"by": "user", "name": "a@example.com"})) == (
        "role manager or a@example.com"
    )
    assert (quorum(1, 0), quorum(2, 1)) == ("", "1 of 2 said yes")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "array", "items": {"$ref": "#/$defs/Order"}}, "list of order"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "whole number"),
        ({"enum": ["paid", "shipped"]}, "paid | shipped"),
        ({"type": ["string", "null"]}, "string"),
        ({}, "anything"),
    ],
)
def test_types_are_worded_for_people(schema: dict[str, object], words: str) -> None:
    assert type_words(schema, schema) == words


def test_fields_of_anything_but_an_object_are_none() -> None:
    assert fields({"type": "array"}) == []


def test_an_order_of_the_shop_shows_what_was_refunded() -> None:
    answer = {"orders": [{"id": "A-1", "total": 1249.9, "currency": "EUR", "refunded": 10, "items": []}]}
    [order] = orders(answer)
    assert (order.total, order.refunded) == ("1,249.90 EUR", "10.00 EUR")
    assert money(0, "") == "0.00"


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        ("When a customer asks for a refund, get the order", "Customer asks for refund"),
        ("Please send the weekly report to everybody on Mondays.", "Send weekly report to everybody on"),
        ("   ", "New workflow"),
    ],
)
def test_a_described_workflow_gets_a_short_title(sentence: str, title: str) -> None:
    assert title_from(sentence) == title


def test_a_taken_title_gets_a_number() -> None:
    assert [another("Refunds", number) for number in (1, 2)] == ["Refunds", "Refunds 2"]


def test_a_search_wants_every_word() -> None:
    from studio.workflows.rows import WorkflowRow

    row = WorkflowRow("1", "refund", "Refund an order", "", True, "", "", "", "", ["mail"], False)
    assert fitting([row], "order REF") == [row]
    assert fitting([row], "order mail") == [row]
    assert fitting([row], "order invoice") == []


@pytest.mark.parametrize(
    ("state", "was_ready", "age", "shown"),
    [
        ("ready", True, 500.0, "ready"),
        ("down", False, 20.0, "starting"),
        ("down", True, 20.0, "down"),
        ("down", False, 500.0, "down"),
        ("starting", False, 500.0, "down"),
    ],
)
def test_an_engine_that_never_came_up_is_starting_only_for_a_while(
    state: str, was_ready: bool, age: float, shown: str
) -> None:
    assert shown_state(state, was_ready, age) == shown  # type: ignore[arg-type]


def test_times_travel_in_utc() -> None:
    assert (iso(None), iso(0.25), iso(NOW)) == ("", "1970-01-01T00:00:00.250Z", "2026-11-21T12:00:00.000Z")


def test_a_person_without_a_name_has_a_letter() -> None:
    assert [initials("Ada Sample", ""), initials("Ada", ""), initials("", "kim@example.com")] == [
        "AS",
        "A",
        "K",
    ]


def test_what_a_tool_may_do_is_said_in_words() -> None:
    refund = SAMPLE_POLICY.nature("shop", "process_refund", effect="write", idempotent=False)
    assert [mark.words for mark in natures.marks(refund)] == [
        "moves money",
        "may be repeated",
        "approval or limit",
    ]
    assert natures.does(refund) == "It moves money."
    assert natures.asked(refund) == (
        "Somebody must approve, unless a condition keeps “amount” below a limit. "
        "The yes of finance manager or manager counts."
    )
    request = SAMPLE_POLICY.nature("http", "request", effect="write", idempotent=False)
    assert [mark.words for mark in natures.marks(request)] == ["worst assumed", "needs approval"]
    order = SAMPLE_POLICY.nature("shop", "get_order", effect="read", idempotent=True)
    assert [mark.words for mark in natures.marks(order)] == ["reads"]
    mail = SAMPLE_POLICY.nature("mail", "send", effect="write", idempotent=True)
    assert natures.asked(mail) == "It needs no approval."


def test_a_form_says_a_rule() -> None:
    form = {"does_money": "yes", "approval": "bounded", "amount": "amount", "role_1": "yes", "repeat": "yes"}
    assert natures.rule_of("shop.pay", form, ["boss", "manager"]) == ToolRule(
        tool="shop.pay",
        does=("money",),
        idempotent=True,
        amount="amount",
        approval="bounded",
        approvers=("manager",),
        compensation="needless",
    )
    assert natures.rule_of("shop.get", {"approval": "free", "undo": "yes"}, []) == ToolRule(
        tool="shop.get", does=(), idempotent=False, approval="free", approvers=(), compensation="expected"
    )


@pytest.mark.parametrize("form", [{}, {"approval": "maybe"}, {"approval": "bounded", "amount": ""}])
def test_a_form_without_an_answer_says_what_is_missing(form: dict[str, str]) -> None:
    assert isinstance(natures.rule_of("shop.pay", form, []), str)


def test_a_large_value_is_its_size_and_where_to_get_it():
    artifact, derived = Artifact("a" * 64, 1_234_567), Artifact("", 300_000)
    step = StepRun("s", "succeeded", 0.0, large={"output": artifact, "input": derived})
    assert steps.detail(step, "r-1")["large"] == {
        "output": {"size": "1.2 MB", "address": f"/api/runs/r-1/artifacts/{'a' * 64}"},
        "input": {"size": "300 kB", "address": ""},
    }
    assert steps.large(None, "r-1") == {}
