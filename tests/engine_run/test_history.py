"""What people see of a run, folded from its journal; what publishing refuses; how many runners there should be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dsl import plan as p
from engine.history import StepRun, Wait, fold
from engine.journal import Event
from engine.runtime import unsupported
from engine.strict import NotJson, encode
from tests.conftest import ROOT
from tests.engine_run.kit import Stage, approve, block, call, catch, cel, const, do, iff, plan, ret, step


def events(*rows: tuple[str, str, dict[str, object]]) -> list[Event]:
    return [Event(seq, 100.0 + seq, kind, path, data) for seq, (kind, path, data) in enumerate(rows, 1)]


def test_a_run_is_told_by_its_events() -> None:
    view = fold(
        events(
            ("run.accepted", "", {"input": {}}),
            ("run.claimed", "", {"attempt": 1, "runner": "r"}),
            ("step.started", "a", {"attempt": 1, "tool": "w.t", "args": {"x": 1}, "key": "k"}),
            ("step.retrying", "a", {"attempt": 1, "delay_ms": 5, "error": {"code": "c", "message": "m"}}),
            ("step.succeeded", "a", {"result": 7, "attempt": 2, "ms": 500}),
            ("branch.taken", "choice", {"arm": 0, "label": "if x"}),
            ("gate.opened", "choice.gate", {"approval_id": "id", "due_at": "soon"}),
            ("run.waiting", "", {"on": ["choice.gate"]}),
        )
    )
    assert (view.state, view.waiting_on, view.claims) == ("waiting", ("choice.gate",), 1)
    assert (view.accepted_at, view.started_at, view.finished_at) == (101.0, 102.0, None)
    a, choice, gate = view.steps
    assert (a.state, a.attempt, a.input, a.output, a.tool, a.ms) == ("succeeded", 2, {"x": 1}, 7, "w.t", 500)
    assert a.retries[0].delay_ms == 5
    assert (choice.state, choice.arm) == ("succeeded", "if x")
    assert gate == StepRun("choice.gate", "waiting", 107.0, waits=(Wait(107.0, "soon", "id"),))


async def test_every_beginning_of_a_real_journal_can_be_folded() -> None:
    stage = Stage(
        plan(
            iff("c", const(True), block(approve("gate"))),
            do("d", call("bad", tool="bad"), catches=(catch(call("mend")),)),
            call("f", tool="flaky", retry=p.Retry(max=3, backoff_ms=1)),
            ret("done", const(1)),
        )
    )
    await stage.finish()
    for end in range(len(stage.run.events) + 1):
        fold(stage.run.events[:end])
    view = fold(stage.run.events)
    states = {one.path: one.state for one in view.steps}
    assert states == {
        "c": "succeeded",
        "c.gate": "succeeded",
        "d": "caught",
        "d.bad": "failed",
        "d~catch0.mend": "succeeded",
        "f": "succeeded",
        "done": "succeeded",
    }
    assert (view.state, view.output) == ("succeeded", 1)


def test_publishing_is_told_what_cannot_run() -> None:
    secret = call("a", args={"token": cel("secrets.key")})
    keyed = step("w", p.RunWorkflow(workflow="test", args={}), key=const("k"))
    asked = p.AgentTool(connector="w", tool="pay", effect="write", honours_key=True, dangerous=True)
    agent = step("g", p.Agent(model=const("m"), tools=(asked,)))
    nested = iff("i", const(True), block(step("r", p.RunWorkflow(workflow="other", args={}))))
    whole = plan(secret, keyed, agent, nested, call("fine"), workflows=())
    assert [path for path, _ in unsupported(whole)] == [
        "a",
        "w",
        "g",
        "i.r",
    ]
    (_, said), *_ = unsupported(whole)
    assert "The argument `token` reads a secret" in said and "where `w` is connected" in said


def test_asking_what_cannot_run_does_not_import_langgraph() -> None:
    code = "import sys; from engine.runtime import unsupported; sys.exit('langgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


@pytest.mark.parametrize(
    "value", [float("nan"), {1: 2}, "\ud800", "a\0b", (1, 2), {"x": {1}}, float("inf"), {"\ud800": 1}]
)
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(NotJson):
        encode(value)


def test_json_too_deep_is_refused() -> None:
    value: object = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(NotJson):
        encode(value)
