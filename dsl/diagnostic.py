"""A diagnostic is data: what is wrong, where, and what to do. Rendering is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dsl.tree import Span

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Replacement:
    """One splice of a fix: put ``text`` in the place of ``span``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that makes the diagnostic go away, safe to apply by machine."""

    title: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """``message`` stands alone in one sentence; ``help`` says what to do; ``step`` is the path of the step, if any.

    ``witness`` is the way that proves it: paths of steps in order of flow, for the canvas to paint; empty where there
    is nothing to prove.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    help: str
    step: str | None = None
    fix: Fix | None = None
    witness: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """``offset`` in characters from 0; ``line`` and ``column`` from 1."""

    offset: int
    line: int
    column: int
