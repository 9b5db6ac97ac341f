"""The JSON that n8n writes, as values that can be trusted to have their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dsl.n8n.report import Report

MOST_NODES: Final = 1_000
NOTES: Final = frozenset({"stickyNote"})
_PASS: Final = frozenset({"noOp", "merge"})
_TRIGGER_WORDS: Final = ("trigger", "webhook", "cron", "interval", "start")


class NotN8n(Exception):
    """The JSON is no workflow of n8n: ``message`` says why, ``help`` what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Node:
    """``kind`` is the type without its package: "httpRequest". ``outputs`` are, by number, the nodes that follow."""

    name: str
    kind: str
    version: float
    parameters: dict[str, Any]
    outputs: tuple[tuple[str, ...], ...] = ()
    disabled: bool = False
    caught: bool = False
    error_output: bool = False
    tries: int = 0
    pause_ms: int = 0
    comment: str = ""

    @property
    def trigger(self) -> bool:
        lower = self.kind.lower()
        return lower == "start" or lower.endswith(_TRIGGER_WORDS[:-1]) or lower.startswith("emailreadimap")

    @property
    def passes(self) -> bool:
        """Whether it hands on what it gets and does nothing."""
        return self.disabled or self.kind in _PASS


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    timezone: str
    nodes: dict[str, Node] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    """The texts of sticky notes."""


def export(value: Any, report: Report) -> Export:
    """Raises :class:`NotN8n`."""
    if isinstance(value, list) and value:
        if len(value) > 1:
            report.say("", f"The file holds {len(value)} workflows; this is the first of them.")
        value = value[0]
    if not isinstance(value, dict) or not isinstance(value.get("nodes"), list):
        raise NotN8n(
            "This JSON is no workflow of n8n: it has no list of nodes.",
            "In n8n open the workflow, choose Download from its menu, and take that file.",
        )
    raw = [one for one in value["nodes"] if isinstance(one, dict) and words(one.get("name"))]
    if len(raw) > MOST_NODES:
        raise NotN8n(f"It has more than {MOST_NODES} nodes.", "Part it into several workflows in n8n first.")
    if not raw:
        raise NotN8n("There are no nodes in it.", "Choose another file.")
    links = value.get("connections")
    settings = value.get("settings")
    remarks = [_remark(one) for one in raw if _kind(one) in NOTES]
    nodes = {
        words(one["name"]): _node(one, links if isinstance(links, dict) else {})
        for one in raw
        if _kind(one) not in NOTES
    }
    known = {
        name: replace(node, outputs=tuple(tuple(n for n in out if n in nodes) for out in node.outputs))
        for name, node in nodes.items()
    }
    return Export(
        name=words(value.get("name")) or "Imported workflow",
        timezone=words(settings.get("timezone")) if isinstance(settings, dict) else "",
        nodes=known,
        remarks=tuple(filter(None, remarks)),
    )


def words(value: Any) -> str:
    """A text or a number as one line that can be read, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())


def slug(name: str) -> str:
    """A name of Weft for a name of n8n: "Get order" as "get_order"."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")[:48]
    return plain if plain[:1].isalpha() else f"n_{plain}".rstrip("_")


def number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def dig(value: Any, *path: str) -> Any:
    """What lies at a path of keys, None where there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def rows(value: Any, *path: str) -> Iterator[dict[str, Any]]:
    """The objects of the list at a path; an object alone counts as a list of one."""
    found = dig(value, *path)
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one


def _kind(raw: dict[str, Any]) -> str:
    return words(raw.get("type")).rpartition(".")[2]


def _remark(raw: dict[str, Any]) -> str:
    content = dig(raw, "parameters", "content")
    return "\n".join(words(line) for line in content.strip().splitlines()) if isinstance(content, str) else ""


def _node(raw: dict[str, Any], links: dict[str, Any]) -> Node:
    name = words(raw["name"])
    parameters = raw.get("parameters")
    on_error = raw.get("onError")
    tries = int(min(10, max(1, number(raw.get("maxTries"), 3)))) if raw.get("retryOnFail") is True else 0
    outputs = dig(links, name, "main") or dig(links, str(raw["name"]), "main")
    return Node(
        name=name,
        kind=_kind(raw),
        version=number(raw.get("typeVersion"), 1.0),
        parameters=parameters if isinstance(parameters, dict) else {},
        outputs=tuple(_targets(one) for one in outputs) if isinstance(outputs, list) else (),
        disabled=raw.get("disabled") is True,
        caught=on_error == "continueRegularOutput" or raw.get("continueOnFail") is True,
        error_output=on_error == "continueErrorOutput",
        tries=tries,
        pause_ms=int(min(3_600_000, max(0, number(raw.get("waitBetweenTries"), 1_000)))),
        comment=words(raw.get("notes"))[:500],
    )


def _targets(output: Any) -> tuple[str, ...]:
    found = output if isinstance(output, list) else []
    names = (words(one.get("node")) for one in found if isinstance(one, dict))
    return tuple(dict.fromkeys(filter(None, names)))
