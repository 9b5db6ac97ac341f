"""A run's steps as the page shows them, from the folded journal and the plan. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from dsl.plan import Plan
from engine.artifacts.store import Artifact, size_words
from engine.history import StepRun, Wait
from studio.runs.reviews import asked
from studio.shell.moments import iso

_ROUND: Final = re.compile(r"\[(\d+)\]")

WORDS: Final[dict[str, str]] = {
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "retrying": "trying again",
    "waiting": "waiting",
    "caught": "failed, and was caught",
    "cancelled": "cancelled",
    "review": "needs review",
}

PAINT_ORDER: Final = (
    "succeeded",
    "cancelled",
    "caught",
    "retrying",
    "running",
    "waiting",
    "review",
    "failed",
)

LIVE: Final = frozenset({"running", "retrying", "waiting"})


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the trace. `round` is "#2" inside a loop; `arm` the branch taken; times are ISO or "".
    `pinned`: in a test, nothing was done for it."""

    path: str
    label: str
    round: str
    tool: str
    arm: str
    depth: int
    state: str
    words: str
    attempt: int
    waits: bool
    started: str
    finished: str
    live: bool
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the plan says about a step."""

    id: str
    kind: str
    label: str
    tool: str


def known_steps(plan: Plan) -> dict[str, Known]:
    """Every step of a plan by its path, however deep."""
    return {known["path"]: _known(known) for known in _walk(plan.model_dump(mode="python"))}


def _walk(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        if isinstance(node.get("do"), Mapping) and "path" in node:
            yield node
        for each in node.values():
            yield from _walk(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _walk(each)


def _known(step: Mapping[str, Any]) -> Known:
    do = step["do"]
    match do["kind"]:
        case "call":
            tool = f"{do['connector']}.{do['tool']}"
        case "run":
            tool = f"workflow {do['workflow']}"
        case _:
            tool = ""
    return Known(step["id"], do["kind"], step["label"] or step["id"], tool)


def written(path: str) -> str:
    """The path of a step in the text: without rounds. `results[3].route` -> `results.route`."""
    return _ROUND.sub("", path)


def rows(steps: Iterable[StepRun], known: Mapping[str, Known]) -> list[dict[str, Any]]:
    """The trace's lines, in the order in which the steps began; inner steps below the step they are in."""
    found = [step for step in steps if step.path]
    order = {step.path: index for index, step in enumerate(found)}
    return [asdict(_row(step, known)) for step in sorted(found, key=lambda step: _place(step.path, order))]


def _place(path: str, order: Mapping[str, int]) -> tuple[int, ...]:
    """Sorts a step after the steps that contain it: the order numbers of all of them, outermost first."""
    parts = path.split(".")
    prefixes = (".".join(parts[: count + 1]) for count in range(len(parts)))
    return tuple(order.get(prefix, order.get(_ROUND.sub("", prefix), 0)) for prefix in prefixes)


def _row(step: StepRun, known: Mapping[str, Known]) -> StepRow:
    path = step.path
    told = known.get(written(path))
    rounds = _ROUND.findall(path)
    state = str(step.state)
    return StepRow(
        path=path,
        label=told.label if told else path.rpartition(".")[2],
        round=f"#{int(rounds[-1]) + 1}" if rounds else "",
        tool=step.tool or (told.tool if told else ""),
        arm=step.arm or "",
        depth=path.count("."),
        state=state,
        words=WORDS.get(state, state),
        attempt=max(int(step.attempt or 1), 1),
        waits=bool(step.waits),
        started=iso(step.started_at),
        finished=iso(step.finished_at),
        live=state in LIVE,
        pinned=step.pinned,
    )


def large(artifact: Artifact | None, run_id: str) -> dict[str, str]:
    """A value that is not in the journal, in words, and the address where it is to be had ("" where it is not kept).
    Empty for None."""
    if artifact is None:
        return {}
    address = f"/api/runs/{run_id}/artifacts/{artifact.sha256}" if artifact.sha256 else ""
    return {"size": size_words(artifact.bytes), "address": address}


def detail(step: StepRun, run_id: str) -> dict[str, Any]:
    """What opens under a line: input, output and error as they are in the journal, tries, and decisions of people.
    ``large``: the input or output that is too large for it, as ``large`` tells of it."""
    return {
        "large": {name: large(artifact, run_id) for name, artifact in step.large.items()},
        "input": step.input,
        "output": step.output,
        "error": step.error,
        "key": step.key or "",
        "ms": step.ms,
        "retries": [
            {
                "number": tried.number,
                "at": iso(tried.at),
                "message": str(tried.error.get("message", "")),
                "code": str(tried.error.get("code", "")),
                "delay_ms": tried.delay_ms,
            }
            for tried in step.retries
        ],
        "waits": [_waited(wait) for wait in step.waits],
        "questions": [asked(question) for question in step.questions],
    }


def _waited(wait: Wait) -> dict[str, str]:
    return {
        "words": answer_words(wait),
        "run": wait.run_id or "",
        "escalated": iso(wait.escalated_at),
        "opened": iso(wait.opened_at),
        "answered": iso(wait.answered_at),
        "answer": wait.answer or "",
        "by": ", ".join(wait.by),
        "comment": wait.comment,
    }


def answer_words(wait: Wait) -> str:
    """How a gate was answered, or what it is still open for: "Approved", "The event `x` came"."""
    match wait.answer:
        case None if wait.run_id is not None:
            return "Waiting for the run that it started."
        case None if wait.event is not None:
            return f"Waiting for an event “{wait.event}”."
        case None if wait.approval_id is not None:
            return "Waiting for an answer."
        case None:
            return "Waiting for the time to come."
        case "due":
            return "The time came"
        case "event":
            return f"The event “{wait.event}” came"
        case "finished":
            return "The other run ended"
        case answer:
            return answer[:1].upper() + answer[1:]


# The graph's words where they differ from the journal's.
_ON_GRAPH: Final = {"review": "needs_review"}


def painted(steps: Iterable[StepRun]) -> dict[str, str]:
    """State by the step's path in the text, for painting the graph: of several rounds, the one that matters most."""
    rank = {name: index for index, name in enumerate(PAINT_ORDER)}
    states: dict[str, str] = {}
    for step in steps:
        path, state = written(step.path), str(step.state)
        if path and rank.get(state, 0) >= rank.get(states.get(path, ""), -1):
            states[path] = state
    return {path: _ON_GRAPH.get(state, state) for path, state in states.items()}
