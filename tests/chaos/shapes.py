"""The shapes of the runs: their plans, and what each must have done outside when it ended well."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from dsl import plan as p
from tests.engine_run.kit import (
    approve,
    block,
    call,
    catch,
    cel,
    const,
    fail,
    foreach,
    parallel,
    pinned,
    plan,
    ret,
    run,
    step,
    template,
)

Json = Any

PATIENCE = p.Retry(max=30, backoff_ms=100, backoff_max_ms=1000)
"""Far more tries than answers are ever lost in a row."""
TIMEOUT_MS = 5000


@dataclass(frozen=True, slots=True)
class Shape:
    """``effects``: the paths of its calls that must have had their effect when it ends as ``ends`` without a
    rejection, cancel or review; ``{n}`` stands for each index of ``input.items``. ``undone``: pairs of a call and its
    undoing, of which both must have happened when the run fails or is cancelled. ``weight``: how often it is
    started."""

    name: str
    plan: p.Plan
    ends: str
    effects: tuple[str, ...]
    weight: int
    undone: tuple[tuple[str, str], ...] = ()
    error: str = ""
    asks: bool = False
    blind: bool = False

    def expected(self, given: dict[str, Json]) -> frozenset[str]:
        numbers = range(len(given.get("items", ())))
        return frozenset(
            path.replace("{n}", str(n)) for path in self.effects for n in (numbers if "{n}" in path else (0,))
        )


def _call(id: str, tool: str = "keyed", **rest: Any) -> p.PlanStep:
    slow = {"delay_s": cel("input.delay_s")}
    args = {**slow, **rest.pop("args", {})}
    return call(id, tool, args=args, retry=PATIENCE, timeout_ms=TIMEOUT_MS, **rest)


def _linear() -> p.Plan:
    return plan(
        _call("s0"), _call("look", "read", effect="read"), _call("s1"), _call("s2"), _call("s3"),
        ret("done", cel("s3.n")),
    )  # fmt: skip


def shapes(child_version: str) -> tuple[Shape, ...]:
    """``child_version``: the id that the version of ``linear`` will have."""
    items = cel("input.items")
    saga = [_call(f"d{n}", compensate=block(_call(f"u{n}"))) for n in range(3)]
    undone = tuple((f"d{n}", f"d{n}~comp.u{n}") for n in range(3))
    lost = PATIENCE.model_copy(update={"codes": ("unavailable", "timeout")})
    bad = call("b0", "bad", args={}, retry=lost, catches=(catch(_call("c0"), codes=("broken",)),))
    blind = call("x0", "blind", honours=False, args={}, timeout_ms=TIMEOUT_MS)
    children = run("c", "linear", args={"delay_s": cel("input.delay_s")})
    return (
        Shape("linear", _linear(), "succeeded", ("s0", "s1", "s2", "s3"), 3),
        Shape(
            "parallel",
            plan(
                _call("s0"),
                parallel("p", _call("a"), _call("b"), _call("c"), _call("d", after=("a",))),
                ret("done", cel("s0.n")),
            ),
            "succeeded",
            ("s0", "p.a", "p.b", "p.c", "p.d"),
            2,
        ),
        Shape(
            "foreach",
            plan(
                foreach("each", items, _call("a"), _call("b"), concurrency=2, result=cel("b.n")),
                _call("s1"),
                ret("done", cel("each")),
            ),
            "succeeded",
            ("each[{n}].a", "each[{n}].b", "s1"),
            2,
        ),
        Shape(
            "approval",
            plan(
                _call("s0"),
                approve("gate", within_ms=3_600_000, guards=("s1",)),
                _call("s1"),
                ret("done", cel("s1.n")),
            ),
            "succeeded",
            ("s0", "s1"),
            3,
            asks=True,
        ),
        Shape(
            "undo",
            plan(*saga, fail("stop", "on_purpose")),
            "failed",
            tuple(path for pair in undone for path in pair),
            2,
            undone,
            "on_purpose",
        ),
        Shape(
            "catch",
            plan(_call("f0", "flaky", args={"fails": const(2)}), bad, ret("done", cel("f0.n"))),
            "succeeded",
            ("f0", "b0~catch0.c0"),
            2,
        ),
        Shape(
            "wait",
            plan(
                _call("s0"),
                step("nap", p.Wait(ms=400)),
                _call("s1"),
                step("rest", p.Wait(ms=1200)),
                _call("s2"),
                ret("done", template("waited for ", cel("s2.n"))),
            ),
            "succeeded",
            ("s0", "s1", "s2"),
            2,
        ),
        Shape(
            "child",
            plan(
                _call("s0"),
                foreach("each", items, children, concurrency=3, result=cel("c")),
                ret("done", cel("each")),
                workflows=(pinned("linear", child_version),),
            ),
            "succeeded",
            ("s0",),
            1,
        ),
        Shape(
            "blind",
            plan(_call("s0"), blind, _call("s1"), ret("done", cel("x0.n"))),
            "succeeded",
            ("s0", "x0", "s1"),
            1,
            blind=True,
        ),
    )  # fmt: skip


def given_to(shape: Shape, chance: random.Random) -> dict[str, Json]:
    """A run's input."""
    given: dict[str, Json] = {"delay_s": chance.choice((0, 0, 0.05, 0.2))}
    if any(isinstance(one.do, p.Foreach) for one in shape.plan.body.steps):
        given["items"] = list(range(chance.randint(1, 4)))
    return given
