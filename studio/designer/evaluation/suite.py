"""A suite: cases as JSON Lines, and the catalogs that they are asked over.

A catalog file is what MCP servers list, with what the account says of it::

    {"connectors": {"shop": {"title", "tools": [{"name", "description", "inputSchema", "outputSchema"?, ...}]}},
     "policy": {"rules": [...]}, "roles": [...], "users": [...], "secrets": [...], "workflows": {...}}

Its servers count as trusted: ``readOnlyHint`` and ``idempotentHint`` are believed where the policy says nothing.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsl.catalog import Catalog, Connector, Tool, WorkflowInterface
from dsl.policy import Policy
from studio.designer.evaluation.properties import Property

FOLDER = Path(__file__).parent / "suite"
SPLITS = ("dev", "more", "free", "test", "unseen", "all")
Split = Literal["dev", "more", "free", "test", "unseen", "all"]
"""Rules may be tuned on the first three, and on nothing else."""
Answer = Literal["proposal", "question", "words"]

KINDS = (
    "sequence",
    "condition",
    "loop",
    "trigger",
    "approval",
    "trouble",
    "edit",
    "hard",
)
"""Sequences; conditions and thresholds; loops; schedules and triggers; approvals; errors, retries, waits and parallel
work; edits; and what is unclear, impossible, dangerous or hostile."""


class SuiteError(ValueError):
    """A suite that cannot be read: which line, and why, in one sentence."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Say(_Frozen):
    """One message. ``accept``: the proposal that answers it becomes the text that the next message is about."""

    say: str = Field(min_length=1)
    accept: bool = True


class Expect(_Frozen):
    """``outcome`` of the last message: one, or any of several. Properties of a text hold if it is a proposal."""

    outcome: Answer | tuple[Answer, ...]
    properties: tuple[Property, ...] = ()

    @property
    def outcomes(self) -> tuple[Answer, ...]:
        return (self.outcome,) if isinstance(self.outcome, str) else self.outcome


class Case(_Frozen):
    """``reference`` is an answer that has all the properties: a Weft text, or words. ``turn_texts`` in a reference of
    several turns are the texts accepted before. ``pair`` names cases that ask for the same in other words."""

    id: str
    kind: str
    catalog: str
    title: str
    base: str = ""
    preferences: tuple[str, ...] = ()
    turns: tuple[Say, ...] = Field(min_length=1)
    expect: Expect
    reference: str = ""
    reference_says: str = ""
    reference_safety: tuple[str, ...] = ()
    turn_texts: tuple[str, ...] = ()
    pair: str = ""


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of one file. Raises SuiteError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SuiteError(f"{path.name!r} cannot be read: {error.strerror or error}.") from None
    found: list[Case] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Case.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise SuiteError(
                f"Line {number} of {path.name!r} is no case: {where or 'it'}: {first['msg']}."
            ) from None
        if found[-1].id in {case.id for case in found[:-1]}:
            raise SuiteError(f"Line {number} of {path.name!r} has the id {found[-1].id!r} again.")
    return tuple(found)


def built_in(split: Split) -> tuple[Case, ...]:
    names = ("dev", "test") if split == "all" else (split,)
    return tuple(case for name in names for case in read_cases(FOLDER / f"{name}.jsonl"))


def read_catalog(name: str, beside: Path | None = None) -> Catalog:
    """A catalog of the suite's by its name, or a file beside a suite of one's own. Raises SuiteError."""
    path = FOLDER / "catalogs" / f"{name}.json"
    if not path.exists() and beside is not None:
        path = beside / (name if name.endswith(".json") else f"{name}.json")
    return _read_catalog(path)


@cache
def _read_catalog(path: Path) -> Catalog:
    try:
        return catalog_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(f"The catalog {path.name!r} cannot be read: {error}.") from None


def catalog_of(said: dict[str, Any]) -> Catalog:
    """From a catalog file's content."""
    return Catalog(
        connectors={
            name: Connector(
                name=name,
                title=one.get("title", ""),
                tools={tool["name"]: _tool(tool) for tool in one["tools"]},
            )
            for name, one in said["connectors"].items()
        },
        workflows={
            name: WorkflowInterface(
                name=name, input_schema=one["inputSchema"], output_schema=one.get("outputSchema", {})
            )
            for name, one in said.get("workflows", {}).items()
        },
        roles=frozenset(said["roles"]) if "roles" in said else None,
        users=frozenset(said["users"]) if "users" in said else None,
        secrets=frozenset(said["secrets"]) if "secrets" in said else None,
        policy=Policy.model_validate(said.get("policy", {})),
    )


def _tool(raw: dict[str, Any]) -> Tool:
    hints = raw.get("annotations", {})
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()
    return Tool(
        name=raw["name"],
        title=raw.get("title", "") or hints.get("title", ""),
        description=raw.get("description", ""),
        input_schema=raw["inputSchema"],
        output_schema=raw.get("outputSchema"),
        effect="read" if hints.get("readOnlyHint") is True else "write",
        idempotent=hints.get("idempotentHint") is True,
        pin=hashlib.sha256(canonical).hexdigest(),
    )
