"""A run's journal as spans: a fold that gives out a span when its end is recorded. Pure.

A run, each of its steps, each attempt of a call (of a tool or a model), and each wait for a person, a time or an event
is a span. A choice has none: what it leads to hangs below the step around it. What has begun and never ended, since the
branch was told to stop, ends with what stands around it.

A span holds names, numbers and codes. What a step was given, what it answered and what an error says is not even read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.telemetry.trace import Trace

Value: TypeAlias = str | int | float | bool

_BY_AN_AGENT = re.compile(r"~turn\d+(\.tool\d+)?$")
_ROUNDS = re.compile(r"\[\d+\]|#\d+")
_END_OF_RUN = ("succeeded", "failed", "cancelled", "timed_out")


@dataclass(frozen=True, slots=True)
class Record:
    """What is read of an event. ``at`` in seconds since 1970. ``gate``: what a wait is for: "approval", "run", "event",
    "time". ``code`` is the error's, ``said`` an answer or a scope's outcome."""

    seq: int
    at: float
    kind: str
    path: str
    attempt: int = 1
    ms: int | None = None
    tool: str | None = None
    code: str | None = None
    said: str | None = None
    gate: str = "time"
    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Times in seconds since 1970; ``error`` is a code. ``client``: a call of something outside."""

    trace: str
    id: str
    parent: str | None
    name: str
    start: float
    end: float
    client: bool = False
    error: str | None = None
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """The run whose journal it is."""

    trace: Trace
    workflow: str
    version: int


class Weave:
    """``take`` every event of a run in turn; the spans that end with it come back, those inside before those around."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.seq = 0
        self._began: float | None = None
        self._claims = 0
        self._open: dict[str, float] = {}
        self._tries: dict[str, tuple[float, str | None]] = {}
        self._gates: dict[str, tuple[float, str]] = {}
        self._known: set[str] = set()
        self._ended: set[str] = set()
        self._arms: set[str] = set()

    def take(self, record: Record) -> list[Span]:
        self.seq = record.seq
        at, path = record.at, record.path
        match record.kind:
            case "run.accepted":
                self._began = at
            case "run.claimed":
                self._claims += 1
            case "step.started":
                if record.tool is not None:
                    self._tries[path] = (at, record.tool)
                self._begin(path, at)
            case "step.retrying" if path in self._tries or _BY_AN_AGENT.search(path):
                return [self._attempt(record)]
            case "step.retrying":
                return self._finish(path, at, "retried", record.code)
            case "step.succeeded":
                return self._done(record, "succeeded")
            case "step.failed":
                return self._done(record, "failed")
            case "branch.taken":
                self._arms.add(path)
            case "gate.opened":
                self._gates[path] = (at, record.gate)
                self._begin(path, at)
            case "gate.answered":
                return self._waited(record)
            case "scope.closed" if record.said == "caught":
                return self._finish(path.rsplit("~catch", 1)[0], at, "caught", record.code)
            case "scope.closed" if record.said in ("failed", "timeout", "returned"):
                return self._finish(path, at, record.said, record.code)
            case kind if kind.startswith("run.") and kind[4:] in _END_OF_RUN:
                return self._over(record, kind[4:])
        return []

    def _begin(self, path: str, at: float) -> None:
        if path not in self._ended and not _BY_AN_AGENT.search(path):
            self._open.setdefault(path, at)
            self._known.add(path)

    def _done(self, record: Record, outcome: str) -> list[Span]:
        path = record.path
        if _BY_AN_AGENT.search(path):
            return [self._attempt(record)]
        if path in self._ended or (path in self._arms and path not in self._open):
            return []
        tried = [self._attempt(record)] if record.tool is not None or path in self._tries else []
        self._begin(path, tried[0].start if tried else record.at)
        return [*tried, *self._finish(path, record.at, outcome, record.code, record.attempt)]

    def _attempt(self, record: Record) -> Span:
        path = record.path
        began, tool = self._tries.pop(path, (record.at, None))
        if record.ms is not None:
            began = record.at - record.ms / 1000
        named = record.tool or tool
        about: dict[str, Value | None] = {
            "weft.step.path": path,
            "weft.attempt": record.attempt,
            "weft.tool": named,
            "gen_ai.request.model": record.model,
            "gen_ai.usage.input_tokens": record.tokens_in,
            "gen_ai.usage.output_tokens": record.tokens_out,
            "weft.cost_usd": record.cost_usd,
        }
        name = f"model {record.model or ''}".rstrip() if named is None else f"tool {named}"
        parent = self._parent(path) if _BY_AN_AGENT.search(path) else self.subject.trace.span(path)
        return self._span(path, str(record.attempt), parent, name, began, record.at, record.code, about, True)

    def _waited(self, record: Record) -> list[Span]:
        began, what = self._gates.pop(record.path, (record.at, "time"))
        if what == "run":
            return []  # the run that was started has a span of its own
        parent = self.subject.trace.span(record.path)
        about: dict[str, Value | None] = {"weft.step.path": record.path, "weft.outcome": record.said}
        return [self._span(record.path, "wait", parent, f"wait {what}", began, record.at, None, about)]

    def _finish(
        self, path: str, at: float, outcome: str, error: str | None, attempt: int | None = None
    ) -> list[Span]:
        if path not in self._open:
            return []
        inside = [one for one in self._open if one != path and path in _around(one)]
        spans = [self._step(one, at, "stopped", None) for one in reversed(inside)]
        return [*spans, self._step(path, at, outcome, error, attempt)]

    def _step(
        self, path: str, at: float, outcome: str, error: str | None, attempt: int | None = None
    ) -> Span:
        began = self._open.pop(path)
        self._ended.add(path)
        about: dict[str, Value | None] = {
            "weft.step.path": path,
            "weft.outcome": outcome,
            "weft.attempt": attempt,
        }
        name = f"step {_ROUNDS.sub('', path)}"
        return self._span(path, "", self._parent(path), name, began, at, error, about)

    def _over(self, record: Record, outcome: str) -> list[Span]:
        if "" in self._ended:
            return []
        spans = [self._step(path, record.at, "stopped", None) for path in reversed(list(self._open))]
        self._ended.add("")
        began = record.at if self._began is None else self._began
        about: dict[str, Value | None] = {"weft.outcome": outcome, "weft.claims": self._claims}
        error = record.code or outcome if outcome in ("failed", "timed_out") else None
        trace = self.subject.trace
        run = self._span("", "", trace.parent, f"run {self.subject.workflow}", began, record.at, error, about)
        return [*spans, run]

    def _parent(self, path: str) -> str:
        """The span of the nearest step around it that has one; the run's at last."""
        known = next((around for around in _around(path) if around in self._known), "")
        return self.subject.trace.span(known)

    def _span(
        self,
        path: str,
        part: str,
        parent: str | None,
        name: str,
        start: float,
        end: float,
        error: str | None,
        about: dict[str, Value | None],
        client: bool = False,
    ) -> Span:
        subject, trace = self.subject, self.subject.trace
        attributes: dict[str, Value] = {
            "weft.run.id": str(trace.run_id),
            "weft.workflow": subject.workflow,
            "weft.version": subject.version,
        }
        attributes |= {key: value for key, value in about.items() if value is not None}
        if error is not None:
            attributes["error.type"] = error
        return Span(
            trace.id,
            trace.span(path, part),
            parent,
            name,
            min(start, end),
            end,
            client,
            error,
            attributes,
        )


def _around(path: str) -> Iterator[str]:
    """What a path lies in, the nearest first. A block's second try (``path#2``) lies beside the first."""
    around = re.sub(r"#\d+$", "", path)
    while (cut := max(around.rfind(mark) for mark in ".[~#")) > 0:
        around = around[:cut]
        yield around
