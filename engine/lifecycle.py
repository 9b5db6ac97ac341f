"""The states of a run and the legal ways between them: one table. The database refuses every other (a trigger).

::

    queued ──> running ──> succeeded | failed | cancelled | timed_out
      ^  ^       │  │ └──> needs_review ──> queued | failed | cancelled
      │  └───────┘  v
      └────────── waiting     a lost lease is claimed again: running stays running
"""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    NEEDS_REVIEW = "needs_review"


_S = RunState

TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    _S.QUEUED: frozenset({_S.RUNNING, _S.CANCELLED, _S.FAILED, _S.TIMED_OUT}),
    _S.RUNNING: frozenset(
        {_S.QUEUED, _S.WAITING, _S.SUCCEEDED, _S.FAILED, _S.CANCELLED, _S.TIMED_OUT, _S.NEEDS_REVIEW}
    ),
    _S.WAITING: frozenset({_S.QUEUED, _S.RUNNING, _S.CANCELLED, _S.FAILED, _S.TIMED_OUT}),
    _S.NEEDS_REVIEW: frozenset({_S.QUEUED, _S.CANCELLED, _S.FAILED}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.TIMED_OUT: frozenset(),
}

TERMINAL = frozenset(state for state, targets in TRANSITIONS.items() if not targets)


def may(source: RunState, target: RunState) -> bool:
    return target in TRANSITIONS[source]


def is_terminal(state: str) -> bool:
    return RunState(state) in TERMINAL
