"""A run's history as people look at it: a fold over its journal. Pure, and indifferent to where the events stop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from engine.artifacts import Artifact
from engine.journal import Event

Json: TypeAlias = Any
StepState: TypeAlias = Literal[
    "running", "retrying", "waiting", "succeeded", "failed", "caught", "cancelled", "review"
]


@dataclass(frozen=True, slots=True)
class Wait:
    """A gate. ``answer``: approved, rejected, expired, cancelled, due, finished (a run that the step started,
    ``run_id``), event (of the name ``event``), or None while it is open. ``escalated_at``: somebody else was asked
    too."""

    opened_at: float
    due_at: str | None
    approval_id: str | None
    answered_at: float | None = None
    answer: str | None = None
    by: tuple[str, ...] = ()
    comment: str = ""
    run_id: str | None = None
    event: str | None = None
    escalates_at: str | None = None
    escalated_at: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that did not succeed and was followed by another after ``delay_ms``."""

    number: int
    at: float
    error: dict[str, Json]
    delay_ms: int


@dataclass(frozen=True, slots=True)
class Question:
    """A try whose outcome nobody knew. ``code``: "interrupted" (its runner stopped meanwhile) or the tool's error;
    ``text`` is the question in words. ``answer``: "happened", "again", "fail", or None while nobody has said."""

    asked_at: float
    attempt: int
    code: str
    text: str
    answer: str | None = None
    by: str = ""
    comment: str = ""
    answered_at: float | None = None


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step at one place of the run. Times are seconds since 1970; ``ms`` is what the call itself took.

    ``tried_at``: when the last try that was journaled began. ``input`` is what a tool was called with; ``arm`` the
    label of the branch a choice took; ``error`` is ``{"code", "message"}``. "caught": it failed, and a catch took
    over. "review": nobody knows whether it happened, see ``question``. ``large``: the "input" or "output" that is not
    here because of its size, and where it is. ``pinned``: in a test, nothing was done for it. ``reused``: the run
    that did it, whose journal this one went on from; times are those of the taking over."""

    path: str
    state: StepState
    started_at: float
    attempt: int = 1
    tool: str | None = None
    key: str | None = None
    input: Json = None
    output: Json = None
    error: dict[str, Json] | None = None
    arm: str | None = None
    ms: int | None = None
    finished_at: float | None = None
    waits: tuple[Wait, ...] = ()
    retries: tuple[Attempt, ...] = ()
    large: dict[str, Artifact] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    tried_at: float | None = None
    pinned: bool = False
    reused: str | None = None

    @property
    def question(self) -> Question | None:
        """The one that stands open."""
        return self.questions[-1] if self.state == "review" and self.questions else None


@dataclass(frozen=True, slots=True)
class RunView:
    """``state`` as the events tell it; ``steps`` in the order in which they began; ``claims`` counts the runners.
    ``large``: as a step's, for "output"."""

    state: str
    steps: tuple[StepRun, ...]
    accepted_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    output: Json = None
    error: dict[str, Json] | None = None
    waiting_on: tuple[str, ...] = ()
    claims: int = 0
    large: dict[str, Artifact] = field(default_factory=dict)

    def step(self, path: str) -> StepRun | None:
        return next((step for step in self.steps if step.path == path), None)


_ENDS = ("succeeded", "failed", "cancelled", "timed_out")


class Fold:
    """Folds a journal as it grows: ``take`` an event, look at ``view`` and ``steps`` at any time."""

    def __init__(self) -> None:
        self.view = RunView("queued", ())
        self.steps: dict[str, StepRun] = {}

    def take(self, event: Event) -> frozenset[str]:
        """The paths of the steps that it changed."""
        if event.kind.startswith("run."):
            self.view = _of_run(self.view, event)
            return self._ended() if self.view.finished_at is not None else frozenset()
        path = event.path or event.data.get("path", "")
        about = {path, path.rsplit("~catch", 1)[0]}
        before = {each: self.steps.get(each) for each in about}
        _of_step(self.steps, event)
        if "review" in event.data and self.view.state == "needs_review" and not _asked(self.steps):
            self.view = replace(self.view, state="queued")
        if event.kind == "gate.answered" and self.view.state == "waiting":
            waiting_on = tuple(path for path in self.view.waiting_on if path != event.path)
            self.view = replace(self.view, state="queued", waiting_on=waiting_on)
        return frozenset(each for each in about if self.steps.get(each) is not before[each])

    def _ended(self) -> frozenset[str]:
        left = [path for path, step in self.steps.items() if step.finished_at is None]
        for path in left:
            step = self.steps[path]
            self.steps[path] = replace(step, state="cancelled", finished_at=self.view.finished_at)
        return frozenset(left)


def fold(events: Iterable[Event]) -> RunView:
    """The view after these events, which must be a beginning of the journal in order."""
    folded = Fold()
    for event in events:
        folded.take(event)
    return replace(folded.view, steps=tuple(folded.steps.values()))


def _of_run(view: RunView, event: Event) -> RunView:
    match event.kind.removeprefix("run."):
        case "accepted":
            return replace(view, accepted_at=event.at)
        case "claimed":
            started_at = view.started_at if view.started_at is not None else event.at
            return replace(
                view, state="running", started_at=started_at, claims=view.claims + 1, waiting_on=()
            )
        case "waiting":
            return replace(view, state="waiting", waiting_on=tuple(event.data.get("on", ())))
        case "needs_review":
            return replace(view, state="needs_review", waiting_on=())
        case end if end in _ENDS:
            return replace(
                view,
                state=end,
                finished_at=event.at,
                waiting_on=(),
                output=event.data.get("output"),
                large=_large(event.data, {"output": "output"}),
                error=event.data.get("error"),
            )
        case _:
            return view


def _of_step(steps: dict[str, StepRun], event: Event) -> None:
    data, path = event.data, event.path
    match event.kind:
        case "step.started":
            _change(steps, event, state="running", finished_at=None, tried_at=event.at, **_called(data))
        case "step.unknown":
            known = steps.get(path)
            question = Question(event.at, data["attempt"], data["code"], data["question"])
            asked = (*(known.questions if known else ()), question)
            _change(steps, event, state="review", questions=asked, attempt=data["attempt"])
        case "step.succeeded":
            ms = data.get("ms")
            began = event.at if ms is None else event.at - ms / 1000
            known = steps.get(path)
            if known is None:
                steps[path] = StepRun(path, "succeeded", began, reused=data.get("reused"))
            _change(
                steps,
                event,
                state="succeeded" if known is None or known.state != "caught" else "caught",
                output=data.get("result"),
                ms=ms,
                finished_at=event.at,
                error=None if known is None or known.state != "caught" else known.error,
                **_called(data),
            )
        case "step.failed":
            _change(
                steps,
                event,
                state="failed",
                error=data["error"],
                finished_at=event.at,
                attempt=data.get("attempt", 1),
                **({"pinned": True} if data.get("pinned") else {}),
            )
        case "step.retrying":
            known = steps.get(path)
            tried = Attempt(data["attempt"], event.at, data["error"], data["delay_ms"])
            _change(steps, event, state="retrying", retries=(*(known.retries if known else ()), tried))
        case "branch.taken":
            _change(steps, event, state="succeeded", arm=data["label"], finished_at=event.at)
        case "gate.opened":
            known = steps.get(path)
            wait = Wait(
                event.at,
                data.get("due_at"),
                data.get("approval_id"),
                run_id=data.get("run_id"),
                event=data.get("event"),
                escalates_at=data.get("escalates_at"),
            )
            _change(steps, event, state="waiting", waits=(*(known.waits if known else ()), wait))
        case "gate.escalated":
            known = steps.get(path)
            if known is not None and known.waits:
                wait = replace(known.waits[-1], escalated_at=event.at)
                _change(steps, event, waits=(*known.waits[:-1], wait))
        case "gate.answered":
            _answered(steps, event)
        case "scope.closed":
            _closed(steps, event)
    if "review" in data:
        _told(steps, event)


def _told(steps: dict[str, StepRun], event: Event) -> None:
    known = steps.get(event.path)
    if known is None or not known.questions or known.questions[-1].answer is not None:
        return
    data = event.data
    question = replace(
        known.questions[-1],
        answer=data["review"],
        by=data.get("by", ""),
        comment=data.get("comment", ""),
        answered_at=event.at,
    )
    _change(steps, event, questions=(*known.questions[:-1], question))


def _asked(steps: dict[str, StepRun]) -> bool:
    return any(step.state == "review" for step in steps.values())


def _answered(steps: dict[str, StepRun], event: Event) -> None:
    known = steps.get(event.path)
    if known is None or not known.waits or known.waits[-1].answer is not None:
        return
    answer = event.data["answer"]
    wait = replace(
        known.waits[-1],
        answered_at=event.at,
        answer=answer,
        by=tuple(event.data.get("by", ())),
        comment=event.data.get("comment", ""),
    )
    state: StepState = "cancelled" if answer == "cancelled" else "running"
    finished_at = event.at if answer == "cancelled" else None
    _change(steps, event, state=state, waits=(*known.waits[:-1], wait), finished_at=finished_at)


def _closed(steps: dict[str, StepRun], event: Event) -> None:
    match event.data.get("outcome"):
        case "caught":
            path = event.path.rsplit("~catch", 1)[0]
            if path in steps:
                steps[path] = replace(
                    steps[path], state="caught", error=event.data["error"], finished_at=event.at
                )
        case "failed" | "timeout":
            _change(steps, event, state="failed", error=event.data["error"], finished_at=event.at)


def _called(data: dict[str, Json]) -> dict[str, Json]:
    named = {"args": "input", "tool": "tool", "key": "key", "attempt": "attempt", "pinned": "pinned"}
    return {name: data[source] for source, name in named.items() if source in data}


def _large(data: dict[str, Json], named: dict[str, str]) -> dict[str, Artifact]:
    large = data.get("large")
    if large is None:
        return {}
    return {name: Artifact.of(large[source]) for source, name in named.items() if source in large}


def _change(steps: dict[str, StepRun], event: Event, **changes: Any) -> None:
    path = event.path or event.data.get("path", "")
    step = steps.get(path) or StepRun(path, "running", event.at, reused=event.data.get("reused"))
    if "large" in event.data:
        changes["large"] = step.large | _large(event.data, {"args": "input", "result": "output"})
    steps[path] = replace(step, **changes)
