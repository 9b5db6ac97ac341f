"""Every kind of poison as a plan, and how a run of it must end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsl import plan as p
from tests.engine_run.kit import agent, block, call, cel, const, plan, ret, step, tool

MOST_ATTEMPTS = 3
"""Of the runner process, so that a dead letter does not take all day."""


@dataclass(frozen=True)
class Poison:
    """``code`` and ``says``: of the error that the run must end with."""

    plan: p.Plan
    code: str
    says: str


def tool_of(connector: str, name: str, **rest: Any) -> p.PlanStep:
    made = call("a", tool=name, effect="read", **rest)
    return made.model_copy(update={"do": made.do.model_copy(update={"connector": connector})})


def odd(name: str, code: str, says: str, timeout_ms: int = 60_000, **args: Any) -> Poison:
    return Poison(plan(tool_of("odd", name, args=args, timeout_ms=timeout_ms)), code, says)


def growing() -> p.Plan:
    """A list that holds itself twice, round after round."""
    twice = p.ListExpr(items=(cel("c"), cel("c")))
    rounds = p.Loop(
        mode="until", test=const(False), max=60, carry="c", initial=const([]), block=block(result=twice)
    )
    return plan(step("l", rounds))


MENU = {
    # A server of its own: its death takes every call along that is on the same one.
    "segfault": Poison(
        plan(tool_of("frail", "segfault")), "unavailable", "the connection was lost before the answer came"
    ),
    "100 MB": odd("huge", "too_large", "the answer is larger than", megabytes=100),
    "depth 10,000": odd("deep", "invalid_result", "nested too deep"),
    "surrogate": odd("surrogate", "invalid_result", "not Unicode"),
    "bytes": odd("bytes_", "invalid_result", "not Unicode"),
    "NaN": odd("nan", "invalid_result", "a number that is not finite"),
    "NUL": odd("nul", "invalid_result", "a NUL character"),
    "hang": odd("hang", "timeout", "no answer within 8 seconds", 8_000),
    "endless agent": Poison(
        plan(agent("m", tool("quick", effect="read").model_copy(update={"connector": "calm"}), max_turns=8)),
        "max_turns",
        "no answer within 8 turns",
    ),
    "long expression": Poison(
        plan(
            step("l", p.Let(value=const(list(range(4000))))),
            ret("done", cel("l.all(a, l.all(b, l.all(c, a + b + c >= 0)))", "l")),
        ),
        "expression",
        "too long",
    ),
    "growing value": Poison(growing(), "expression", "grown too large"),
}


def neighbour() -> p.Plan:
    """Three calls of a tool that works."""
    steps = [tool_of("calm", "quick", args={"n": const(n)}) for n in (1, 2, 3)]
    named = [one.model_copy(update={"id": f"s{n}", "path": f"s{n}"}) for n, one in enumerate(steps, 1)]
    return plan(*named, ret("done", cel("s3.n")))
