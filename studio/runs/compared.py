"""Two runs of one workflow beside each other: steps by their path, and what differs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from engine.history import RunView, StepRun
from studio.runs.steps import WORDS, Known, written
from studio.runs.telling import veiled

Json: TypeAlias = Any

MOST_ROWS: Final = 300
MOST_CHANGES: Final = 8
LONGEST: Final = 120
MUCH_SLOWER: Final = 2.0
"""Times; and a fifth of a second at least, or every short step would stand out."""


def compared(one: RunView, other: RunView, known: Mapping[str, Known]) -> list[dict[str, Any]]:
    """A row a step, in the order of the first run; those of the other alone stand where they began.

    ``{"path", "label", "differs": ["input", "outcome", "duration", "only"], "left", "right", "changes"}``; a side is
    ``{"state", "words", "took"}`` or {} where the step did not run; ``changes`` are ``{"where", "left", "right"}`` in
    its input and output. At most ``MOST_ROWS``, those that differ before the others."""
    left, right = ({step.path: step for step in view.steps if step.path} for view in (one, other))
    paths = sorted(left.keys() | right.keys(), key=lambda path: _place(path, left, right))
    rows = [_row(path, left.get(path), right.get(path), known) for path in paths]
    if len(rows) > MOST_ROWS:
        rows = [row for row in rows if row["differs"]][:MOST_ROWS]
    return rows


def changes(left: Json, right: Json) -> list[dict[str, str]]:
    """Where two values differ, at most ``MOST_CHANGES`` places."""
    found = []
    for where, one, other in _differing(veiled(left), veiled(right), ""):
        found.append({"where": where or "value", "left": _short(one), "right": _short(other)})
        if len(found) == MOST_CHANGES:
            break
    return found


def _row(
    path: str, left: StepRun | None, right: StepRun | None, known: Mapping[str, Known]
) -> dict[str, Any]:
    told = known.get(written(path))
    found = {"path": path, "label": told.label if told else path, "left": _side(left), "right": _side(right)}
    if left is None or right is None:
        return {**found, "differs": ["only"], "changes": []}
    differs = []
    if left.input != right.input:
        differs.append("input")
    if (left.state, left.output, left.arm, (left.error or {}).get("code")) != (
        right.state,
        right.output,
        right.arm,
        (right.error or {}).get("code"),
    ):
        differs.append("outcome")
    a, b = _took(left), _took(right)
    if a is not None and b is not None and abs(a - b) > 0.2 and max(a, b) > MUCH_SLOWER * min(a, b):
        differs.append("duration")
    where = changes(
        {"input": left.input, "output": left.output}, {"input": right.input, "output": right.output}
    )
    return {**found, "differs": differs, "changes": where}


def _side(step: StepRun | None) -> dict[str, str]:
    if step is None:
        return {}
    took = _took(step)
    error = f": {step.error.get('message', '')}"[:LONGEST] if step.error else ""
    said = "" if took is None else f"{took * 1000:,.0f} ms" if took < 1 else f"{took:,.1f} s"
    return {"state": step.state, "words": WORDS.get(step.state, step.state) + error, "took": said}


def _took(step: StepRun) -> float | None:
    return None if step.finished_at is None else max(0.0, step.finished_at - step.started_at)


def _place(path: str, left: Mapping[str, StepRun], right: Mapping[str, StepRun]) -> tuple[float, float, str]:
    """By the time since the run's first step, of whichever side has it."""
    for steps in (left, right):
        if path in steps:
            first = min(step.started_at for step in steps.values())
            return (round(steps[path].started_at - first, 3), path.count("."), path)
    return (0.0, 0, path)


def _differing(left: Json, right: Json, where: str) -> Iterator[tuple[str, Json, Json]]:
    if isinstance(left, dict) and isinstance(right, dict):
        for name in [*left, *(name for name in right if name not in left)]:
            yield from _differing(left.get(name), right.get(name), f"{where}.{name}".lstrip("."))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right) <= 1000:
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differing(one, other, f"{where}[{index}]")
    elif left != right:
        yield where, left, right


def _short(value: Json) -> str:
    text = "–" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
