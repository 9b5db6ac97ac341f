"""What one clause asks of an existing workflow: edits, and what to tell the person."""

from __future__ import annotations

from dataclasses import dataclass

import dsl


@dataclass(frozen=True, slots=True)
class Change:
    """``edits`` are applied in order, all or nothing; ``said`` is what was done, in one sentence."""

    edits: tuple[dsl.Edit, ...]
    said: str
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
