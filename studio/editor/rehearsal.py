"""What the Test tab shows of a draft: what a test of it could do, and what the last run gave. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import dsl
from dsl import tree
from dsl.catalog import Catalog
from dsl.plan import Plan
from dsl.simulation import usual_results
from engine.history import StepRun
from engine.pins import StepPin
from engine.runs import RunDetail
from engine.runtime import unsupported
from engine.trialrules import Outline, outline
from studio.editor.reading import Reading
from studio.runs import form_schema
from studio.runs.steps import WORDS, written

Json = dict[str, Any]

LONGEST_SHOWN: Final = 20_000
"""Characters of a value that are shown beside the canvas."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A draft that can be tested, or ``message``: why it cannot. ``usual``: results that fit, by step."""

    plan: Plan | None = None
    outline: Outline | None = None
    message: str = ""
    usual: Mapping[str, Any] = field(default_factory=dict)


def read(reading: Reading, catalog: Catalog) -> Ready:
    """What the text would be as a plan. Takes as long as publishing does without its checks."""
    if reading.errors:
        count, they = (
            ("1 error", "it is") if reading.errors == 1 else (f"{reading.errors} errors", "they are")
        )
        return Ready(message=f"The draft has {count}. It can be tested when {they} corrected.")
    try:
        plan = dsl.lower(reading.parsed, catalog)
    except ValueError as error:
        return Ready(message=str(error))
    if problems := unsupported(plan):
        return Ready(message=problems[0][1])
    return Ready(plan, outline(plan), usual=usual_results(plan, catalog))


def as_written(schema: Json, text: str) -> Json:
    """The schema with its properties in the order in which the text has them: the database keeps no order."""
    names = [
        field.name
        for head in dsl.parse(text).workflow.heads
        if isinstance(head, tree.Fields) and head.role == "input"
        for field in head.fields
    ]
    known = schema.get("properties", {})
    first = {name: known[name] for name in names if name in known}
    return {**schema, "properties": {**first, **known}}


def filled_schema(plan: Plan, text: str, last: Mapping[str, Any] | None) -> Json:
    """The input form's schema; it starts with what the last test was given."""
    schema = as_written(form_schema(plan), text)
    kept = last or {}
    properties = {
        name: {**one, "default": kept[name]} if name in kept else one
        for name, one in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}


def effects(told: Outline, real: Iterable[str], pins: Mapping[str, Any], begin: str) -> list[Json]:
    """The lines of what could really happen. ``stubbed`` says why it does not, for those that cannot be ticked."""
    ticked = set(real)
    lines = []
    for one in told.effects:
        why = one.refusal
        if one.path in pins:
            why = "It has a pin."
        lines.append(
            {
                "path": one.path,
                "label": one.label,
                "tool": one.tool,
                "words": one.words,
                "gates": list(one.gates),
                "undoes": one.undoes,
                "real": one.path in ticked and not why,
                "fixed": why or ("Follows what it undoes." if one.undoes else ""),
            }
        )
    return lines


def gates(told: Outline, real: Iterable[str], approved: Iterable[str], pins: Mapping[str, Any]) -> list[Json]:
    """The lines of approvals. ``fixed``: why it cannot answer itself."""
    ticked, yes = set(real), set(approved)
    lines = []
    for one in told.gates:
        happening = [path for path in one.guards if path in ticked and path not in pins]
        why = f"{happening[0]} really happens behind it, so a person decides." if happening else ""
        if one.path in pins:
            why = "It has a pin."
        lines.append(
            {"path": one.path, "label": one.label, "auto": one.path in yes and not why, "fixed": why}
        )
    return lines


def pins_of(found: Iterable[StepPin], reading: Reading) -> list[Json]:
    """The lines of pins, those of steps that are gone last."""
    lines = [
        {
            "path": pin.path,
            "gone": pin.path not in reading.steps,
            "error": str(pin.content["error"]["code"]) if "error" in pin.content else "",
            "text": _text(pin.content.get("output")),
            "message": str(pin.content["error"]["message"]) if "error" in pin.content else "",
        }
        for pin in found
    ]
    return sorted(lines, key=lambda line: (line["gone"], line["path"]))


def last_of(detail: RunDetail | None, path: str) -> StepRun | None:
    """What a step did the last time, of several rounds the latest."""
    if detail is None:
        return None
    found = [step for step in detail.view.steps if written(step.path) == path]
    return found[-1] if found else None


def step_of(path: str, ready: Ready, detail: RunDetail | None, pins: list[Json]) -> Json:
    """What is known of one step for tests: its pin, what it gave the last time, what can be asked of it."""
    if not path:
        return {}
    pin = next((one for one in pins if one["path"] == path), None)
    last = last_of(detail, path)
    told = ready.outline
    shown: Json = {
        "path": path,
        "pinnable": told is None or path in told.pinnable,
        "beginnable": told is not None and path in told.beginnings,
        "pin": pin or {},
        "ran": detail is not None,
        "last": _ran(last),
        "example": "",
    }
    if pin is None and (last is None or last.output is None):
        shown["example"] = _text(ready.usual.get(path))
    return shown


def _ran(step: StepRun | None) -> Json:
    if step is None:
        return {}
    return {
        "state": str(step.state),
        "words": "not done: its result was given" if step.pinned else WORDS.get(str(step.state), ""),
        "pinned": step.pinned,
        "input": shown(step.input),
        "output": shown(step.output),
        "error": step.error or {},
        "large": bool(step.large),
        "ms": step.ms if step.ms is not None and not step.pinned else -1,
        "has_output": step.state == "succeeded" and "output" not in step.large,
    }


def shown(value: Any) -> Any:
    """The value, or a note where it would fill the page."""
    return value if len(_text(value)) <= LONGEST_SHOWN else "(too large to be shown here: open the run)"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
