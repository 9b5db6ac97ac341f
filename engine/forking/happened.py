"""What a run did to the world outside, and what is known of each effect. Pure.

The journal says more than "done" or "failed": a call whose answer was lost may have happened; one that was undone is
not there any more; one that was refused before it was sent did nothing. Whoever repeats a run is told which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from dsl import plan as p
from dsl.plan import PlanStep
from engine.forking.record import Record, static
from engine.forking.shape import writes
from engine.testimony import CODE

Json: TypeAlias = Any

First: TypeAlias = Literal["did", "unknown", "undone", "failed"]
"""The first time: it happened; nobody knows; it happened and was undone; it was tried and did not happen."""

KEPT_NOWHERE = "invalid_result"
"""The code of a call that was done, and whose answer could not be kept."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An effect at one place of a run. ``args``, ``result``: None where they are too large for a list. ``child``: the
    run that was started."""

    path: str
    step: PlanStep
    tool: str
    first: First
    args: Json = None
    result: Json = None
    child: str | None = None
    code: str = ""


def deeds(record: Record, steps: dict[str, PlanStep]) -> Iterator[Deed]:
    """What the run did, or may have done, or tried, in the order in which the journal names it first; without what
    undid something. ``steps``: the plan's, by path."""
    seen: set[str] = set()
    for event in record.events:
        path = event.path
        if not path or path in seen or "~comp" in path:
            continue
        seen.add(path)
        step = steps.get(static(path))
        if step is None:
            continue
        deed = _started_run(record, step, path) if path in record.opened else _call(record, step, path)
        if deed is not None:
            yield deed


def _call(record: Record, step: PlanStep, path: str) -> Deed | None:
    first: First
    called = _called(record, path)
    tool = str(called.get("tool") or "")
    if not tool and isinstance(step.do, p.ToolCall):
        tool = f"{step.do.connector}.{step.do.tool}"
    if tool not in writes(step) or (isinstance(step.do, p.Agent) and ".tool" not in path):
        return None
    end = record.done.get(path)
    if end is not None and end.data.get("pinned"):
        return None
    if end is None and path not in record.started:
        return None
    if end is not None and end.kind == "step.succeeded":
        first = "undone" if _is_undone(record, path) else "did"
    elif end is not None and end.data["error"].get("code") == KEPT_NOWHERE:
        first = "did"
    elif end is not None and path not in record.started and path not in record.retrying:
        return None  # refused before anything was sent
    else:
        first = "unknown" if _is_unclear(record, step, path) else "failed"
    code = "" if end is None or end.kind == "step.succeeded" else str(end.data["error"].get("code", ""))
    result = None if end is None else end.data.get("result")
    return Deed(path, step, tool, first, called.get("args"), result, None, code)


def _started_run(record: Record, step: PlanStep, path: str) -> Deed | None:
    if not isinstance(step.do, p.RunWorkflow):
        return None
    answer = record.answered.get(path)
    said = {} if answer is None else answer.data
    well = said.get("answer") == "finished" and "error" not in said
    first: First = "unknown"
    if well:
        first = "undone" if _is_undone(record, path) else "did"
    child = str(record.opened[path].data.get("run_id") or "")
    return Deed(path, step, f"workflow.{step.do.workflow}", first, None, said.get("value"), child)


def _called(record: Record, path: str) -> dict[str, Json]:
    """What was sent, as the last beginning or the end says it."""
    said: dict[str, Json] = {}
    for source in (record.started, record.done):
        if (event := source.get(path)) is not None:
            said |= {name: event.data[name] for name in ("tool", "args", "key") if name in event.data}
    return said


def _is_undone(record: Record, path: str) -> bool:
    """Whether all that would undo it was done. Where that failed, it is still there, as far as anybody knows."""
    if path not in record.undone:
        return False
    return not any(
        at.startswith(f"{path}~comp") and end.kind == "step.failed" for at, end in record.done.items()
    )


def _is_unclear(record: Record, step: PlanStep, path: str) -> bool:
    """Whether a call without a success may have happened."""
    for event in record.of_path(path):
        if event.data.get("outcome") == "unknown":
            return True
        error = event.data.get("error") or {}
        if error.get("code") == CODE and event.data.get("review") != "again":
            return True
    if path in record.unknown:
        return True
    end, started, again = record.done.get(path), record.started.get(path), record.retrying.get(path)
    if end is None:  # in flight when the run ended
        return started is not None and (again is None or again.seq < started.seq)
    if "outcome" in end.data:
        return False
    # A journal from before outcomes were written down: where a tool may be asked twice, a lost answer was no question.
    honours = isinstance(step.do, p.ToolCall) and step.do.honours_key
    return honours or isinstance(step.do, p.Agent)
