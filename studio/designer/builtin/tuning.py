"""Changes to one step: its name, its place, its arguments, its retries and time-outs."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.catalog import Schema, Tool
from dsl.outline import Place
from dsl.policy import Nature
from studio.designer.builtin.adding import at_step
from studio.designer.builtin.amounts import DURATION, duration_text, number_text
from studio.designer.builtin.change import Change
from studio.designer.builtin.draft import quote
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.shapes import properties, sort_of
from studio.designer.builtin.work import identifier
from studio.designer.writing import Said

_NAME = r"['\"“]?(?P<new>[\w \-]+?)['\"”]?"
_RENAME = re.compile(
    rf"^(?:rename|call)\s+(?:the\s+)?(?:step\s+)?(?P<old>.+?)\s+(?:to|into|as)\s+{_NAME}$", re.I
)
_CALL_IT = re.compile(rf"^call\s+the\s+(?P<old>workflow|process)\s+{_NAME}$", re.I)
_RETRY = re.compile(
    r"^(?:re)?try\s+(?:the\s+)?(?P<what>.+?)\s+(?:up to\s+|at most\s+)?"
    r"(?P<n>\d+|twice|two|three|four|five)(?:\s+(?:more\s+)?times)?$",
    re.I,
)
_GIVE_UP = re.compile(
    rf"^(?:time\s?out|stop|give up(?: on)?)\s+(?:the\s+)?(?P<what>.+?)\s+after\s+{DURATION}$", re.I
)
_TIMEOUT = re.compile(
    rf"^(?:set|change|make)\s+the\s+time-?\s?out\s+of\s+(?:the\s+)?(?P<what>.+?)\s+(?:to|be)\s+{DURATION}$",
    re.I,
)
_MOVE = re.compile(
    r"^(?:move|put|do)\s+(?:the\s+)?(?P<what>.+?)\s+(?P<where>before|after|in front of|behind)\s+"
    r"(?:the\s+)?(?P<other>.+)$",
    re.I,
)
_SET = re.compile(
    r"^(?:set|change|make)\s+(?:the\s+)?(?P<arg>[\w ]+?)(?:\s+(?:of|in|for)\s+(?:the\s+)?(?P<what>.+?))?"
    r"\s+(?:to|be|say)\s+(?P<value>\"[^\"]*\"|'[^']*'|“[^”]*”|[\w.-]+)$",
    re.I,
)
_TIMES = {"twice": 2, "two": 2, "three": 3, "four": 4, "five": 5}


def rename(clause: str, existing: Existing) -> Change | Said | None:
    match = _RENAME.match(clause) or _CALL_IT.match(clause)
    if match is None:
        return None
    old = match["old"].strip("'\"“” ")
    new = match["new"] if match["new"].isidentifier() else identifier(match["new"])
    workflow = existing.parsed.workflow
    same_name = old == workflow.name and not any(p.step.id == old for p in existing.steps)
    if re.fullmatch(r"(?:workflow|process|it|this)", old, re.I) or same_name:
        span = workflow.name_span
        edit = dsl.ReplaceText(start=span.start, end=span.end, text=new)
        return Change((edit,), f"The workflow is now called {new!r}.")
    place = existing.one(old)
    if place is None:
        return existing.which(old)
    said = f"The step {place.step.id!r} is now called {new!r}, wherever it is named."
    return Change((dsl.RenameStep(path=place.path, id=new),), said)


def clauses(clause: str, existing: Existing) -> Change | Said | None:
    if match := _RETRY.match(clause):
        number = _TIMES.get(match["n"].lower()) or int(match["n"])
        return _retry(existing, match["what"], number)
    match = _GIVE_UP.match(clause) or _TIMEOUT.match(clause)
    if match is None:
        return None
    place = existing.one(match["what"])
    if place is None:
        return existing.which(match["what"])
    limit = duration_text(match["dnum"], match["dunit"])
    edit = dsl.SetClause(path=place.path, clause="timeout", text=limit)
    return Change((edit,), f"The step {place.step.id!r} is now given up after {limit}.")


def _retry(existing: Existing, what: str, number: int) -> Change | Said:
    place = existing.one(what)
    if place is None:
        return existing.which(what)
    keyed = any(isinstance(c, tree.Key) for c in place.step.clauses)
    nature = _nature(existing, place)
    if nature is not None and not nature.reads and not (nature.idempotent and keyed):
        return Said(
            f"{place.step.id!r} changes something and has no key that keeps a retry from doing it twice, "
            "so I left it as it is."
        )
    edit = dsl.SetClause(path=place.path, clause="retry", text=f"{number} backoff 1s to 1m")
    return Change((edit,), f"The step {place.step.id!r} is now retried up to {number} times.")


def move(clause: str, existing: Existing) -> Change | Said | None:
    match = _MOVE.match(clause)
    if match is None:
        return None
    place, other = existing.one(match["what"]), existing.one(match["other"])
    if place is None or other is None:
        return existing.which(match["what"] if place is None else match["other"])
    where = match["where"].lower()
    container, before = at_step(existing, other, after=where in ("after", "behind"))
    edit = dsl.MoveStep(path=place.path, container=container, before=before)
    return Change((edit,), f"The step {place.step.id!r} now comes {where} {other.step.id!r}.")


def argument(clause: str, existing: Existing) -> Change | Said | None:
    match = _SET.match(clause)
    if match is None:
        return None
    name = identifier(match["arg"])
    holders = [p for p in existing.steps if _takes(existing, p, name)]
    if match["what"]:
        wanted = existing.find(match["what"])
        holders = [p for p in holders if p in wanted]
    if not holders:
        return None
    if len(holders) > 1:
        listed = ", ".join(p.step.id for p in holders)
        return Said(f"Several steps have {name!r}: {listed}. Which one do you mean?")
    value = _value(match["value"].strip("\"'“”"), _schema(existing, holders[0], name))
    edit = dsl.SetArgument(path=holders[0].path, name=name, value=value)
    return Change((edit,), f"{name!r} of {holders[0].step.id!r} is now {value}.")


def _value(raw: str, schema: Schema) -> str:
    sort = sort_of(schema)
    if sort in ("number", "integer") and re.fullmatch(r"-?\d+(?:\.\d+)?", raw):
        return number_text(float(raw), floating=sort == "number")
    return raw if sort == "boolean" and raw in ("true", "false") else quote(raw)


def _tool(existing: Existing, place: Place) -> Tool | None:
    kind = place.step.kind
    if not isinstance(kind, tree.Call):
        return None
    return existing.catalog.tool(existing.connectors.get(kind.alias, kind.alias), kind.tool)


def _nature(existing: Existing, place: Place) -> Nature | None:
    """What the call of a step may do, as the account says; None for a step that calls nothing known."""
    kind = place.step.kind
    if not isinstance(kind, tree.Call) or _tool(existing, place) is None:
        return None
    return existing.catalog.nature(existing.connectors.get(kind.alias, kind.alias), kind.tool)


def _takes(existing: Existing, place: Place, name: str) -> bool:
    kind = place.step.kind
    given = isinstance(kind, tree.Call) and any(a.name == name for a in kind.args)
    return given or bool(_schema(existing, place, name))


def _schema(existing: Existing, place: Place, name: str) -> Schema:
    tool = _tool(existing, place)
    return properties(tool.input_schema).get(name, {}) if tool else {}
