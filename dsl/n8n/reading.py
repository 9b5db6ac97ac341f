"""The whole of it: an export's nodes, put into blocks, written as a text of Weft.

The text is written twice: only the second time is known of which ``if`` somebody behind it reads the value, and only
those get a ``yield`` in their branches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsl.catalog import Catalog
from dsl.edits.ground import RESERVED
from dsl.formatter import format_text
from dsl.literals import spell_duration, spell_string
from dsl.n8n.conditions import arms_of, condition_of, fallback_of
from dsl.n8n.export import Export, Node, export, slug
from dsl.n8n.expressions import NotTaken, Values
from dsl.n8n.report import Note, Report
from dsl.n8n.shaping import Block, Branch, Each, Plain, shape
from dsl.n8n.triggers import SECRET, Triggers, fields_of
from dsl.n8n.work import Work

_INPUT: Final = re.compile(r"\binput\.([A-Za-z_][A-Za-z0-9_]*)")
_UNKNOWN: Final = "not_taken_over"


@dataclass(frozen=True, slots=True)
class Made:
    """``text`` always reads as a workflow; what is still to be done in it, the checks find and ``notes`` tell."""

    title: str
    text: str
    notes: tuple[Note, ...]


def read(value: Any, catalog: Catalog) -> Made:
    """The workflow in an export's JSON. Raises :class:`NotN8n` for anything else."""
    report = Report()
    found = export(value, report)
    starts = _starts(found, report)
    blocks = shape(found.nodes, starts, report)
    first = _Writing(found, catalog, Report(), frozenset())
    first.text(blocks)
    second = _Writing(found, catalog, report, frozenset(first.read))
    text = second.text(blocks)
    left = [name for name, node in found.nodes.items() if name not in second.seen and not node.trigger]
    for name in left[:50]:
        report.say(name, "is not reached from the trigger that was taken, so it is left out.")
    return Made(found.name, format_text(text), tuple(report.notes))


def _starts(found: Export, report: Report) -> tuple[str, ...]:
    """The nodes behind the triggers. Triggers that lead elsewhere than the first are told."""
    triggers = [node for node in found.nodes.values() if node.trigger and not node.disabled]
    leading = [node for node in triggers if any(node.outputs)]
    if not leading:
        targets = {name for node in found.nodes.values() for out in node.outputs for name in out}
        free = [name for name, node in found.nodes.items() if name not in targets and not node.trigger]
        if free:
            report.say("", "Nothing starts it in n8n; it begins with the nodes that follow none.")
        return tuple(free)
    first = leading[0].outputs[0] if leading[0].outputs else ()
    for node in leading[1:]:
        if (node.outputs[0] if node.outputs else ()) != first:
            report.say(
                node.name,
                f"starts something else than {leading[0].name!r} does; import that as a workflow of its own.",
            )
    return tuple(first)


class _Writing:
    """``read``: the ids of branches whose value was read behind them. ``seen``: the nodes that were written."""

    def __init__(self, found: Export, catalog: Catalog, report: Report, wanted: frozenset[str]) -> None:
        self._found = found
        self._report = report
        self._wanted = wanted
        self.read: set[str] = set()
        self.seen: set[str] = set()
        self._taken = set(RESERVED)
        self._aliases: dict[tuple[str, str], str] = {}
        self._work = Work(catalog, self._alias, report)
        self._triggers = Triggers(found.timezone, report)
        # What each node gave, as an expression; the name "" is the node before.
        self._json: dict[str, str | None] = {"": "input"}
        for node in found.nodes.values():
            if node.trigger:
                self._json[node.name] = "input"

    # ---- the parts of the text ---------------------------------------------------------------------------

    def text(self, blocks: Sequence[Block]) -> str:
        body = "\n".join(self._several(blocks))
        name = slug(self._found.name)
        lines = [f"// {line}" for remark in self._found.remarks for line in remark.splitlines()[:20]]
        lines += [f"/// {self._found.name} (from n8n)", f"workflow {name} {{"]
        lines += [
            f"use {alias}: {source} {spell_string(what)}" for (source, what), alias in self._aliases.items()
        ]
        fields = self._fields(body)
        if fields:
            lines.append("input { " + ", ".join(f"{field}: any" for field in fields) + " }")
        lines += self._starters(fields)
        return "\n".join([*lines, "", body, "}"]) + "\n"

    def _fields(self, body: str) -> list[str]:
        declared = [name for node in self._found.nodes.values() if node.trigger for name in fields_of(node)]
        plain = [name for name in declared if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]
        return list(dict.fromkeys([*plain, *_INPUT.findall(body)]))[:50]

    def _starters(self, fields: Sequence[str]) -> Iterator[str]:
        parts = [field for field in fields if field in ("body", "query", "headers")]
        given = ", ".join(f"{field}: event.{field}" for field in parts)
        lines = []
        for node in self._found.nodes.values():
            if node.trigger and not node.disabled and (line := self._triggers.line(node, given)):
                lines.append(f"trigger {self._name(node.name)}: {line}")
        if self._triggers.signed:
            yield f"secret {SECRET}"
        yield from lines

    def _several(self, blocks: Sequence[Block]) -> Iterator[str]:
        for block in blocks:
            yield ""
            match block:
                case Plain():
                    yield from self._plain(block)
                case Branch():
                    yield from self._branch(block)
                case Each():
                    yield from self._each(block)

    def _plain(self, block: Plain) -> Iterator[str]:
        node = block.node
        self.seen.add(node.name)
        if node.passes or node.trigger:
            if node.disabled:
                self._report.say(node.name, "is switched off in n8n, so it is left out.")
            self._json[node.name] = self._json[""]
            return
        before = self._json[""]
        kind, inside = self._work.kind(node, self._values())
        id_ = self._name(node.name)
        if node.comment:
            yield f"/// {node.comment}"
        yield f"step {id_}: {kind}"
        verb = kind.partition(" ")[0]
        if verb == "call":
            yield "timeout 30s"
        if verb in ("call", "run", "agent") and node.tries:
            yield f"retry {node.tries} backoff {spell_duration(max(1, node.pause_ms))}"
        if block.otherwise is not None and verb not in ("return", "fail"):
            problem = self._name("problem")
            yield f"catch as {problem} {{"
            self._json[""] = problem
            yield from self._several(block.otherwise)
            yield "}"
        elif node.caught and verb in ("call", "run", "agent"):
            problem = self._name("problem")
            yield f"catch as {problem} {{ yield {{ error: {problem}.message }} }}"
        if verb in ("return", "fail", "wait"):
            self._json[""] = self._json[node.name] = before
        else:
            self._json[""] = self._json[node.name] = id_ + inside

    def _branch(self, block: Branch) -> Iterator[str]:
        node = block.node
        self.seen.add(node.name)
        before = self._json[""]
        self._json[node.name] = before
        id_ = self._name(node.name)
        arms = [
            (condition, block.arms[number] if number < len(block.arms) else ())
            for number, condition in self._asked(node)
        ]
        other = self._other(node, len(arms))
        last = block.arms[other] if other is not None and other < len(block.arms) else ()
        for number, (condition, blocks) in enumerate(arms):
            yield f"step {id_}: if {condition} {{" if number == 0 else f"}} else if {condition} {{"
            yield from self._arm(id_, before, blocks)
        if last or id_ in self._wanted:
            yield "} else {"
            yield from self._arm(id_, before, last)
        yield "}"
        empty = not last and not any(blocks for _, blocks in arms)
        self._json[""] = before if empty and id_ not in self._wanted else id_

    def _arm(self, id_: str, before: str | None, blocks: Sequence[Block]) -> Iterator[str]:
        self._json[""] = before
        lines = list(self._several(blocks))
        yield from lines
        value = self._json[""]
        if id_ in self._wanted and value is not None and not _ends(blocks):
            self.read.update({value} if value != before else ())
            yield f"yield {value}"

    def _asked(self, node: Node) -> list[tuple[int, str]]:
        values = self._values()
        if node.kind == "switch":
            found = arms_of(node, values) or [(0, NotTaken("no rules"))]
        else:
            found = [(0, condition_of(node, values))]
        return [(number, self._sure(node, condition)) for number, condition in found]

    def _other(self, node: Node, arms: int) -> int | None:
        return fallback_of(node, arms) if node.kind == "switch" else 1

    def _sure(self, node: Node, condition: str | NotTaken) -> str:
        """A condition that did not come over must not be taken for one that is false: its name is known to nobody."""
        if isinstance(condition, NotTaken):
            self._report.say(
                node.name,
                f"asks something that Weft has no equal of ({condition.source[:200]}): write it there.",
            )
            return _UNKNOWN
        return condition

    def _each(self, block: Each) -> Iterator[str]:
        node = block.node
        self.seen.add(node.name)
        id_, item = self._name(node.name), self._name("item")
        over = self._values().expression("$json")
        if isinstance(over, NotTaken):
            self._report.say(node.name, "loops over items that could not be found: say over which.")
            over = _UNKNOWN
        size = node.parameters.get("batchSize")
        if isinstance(size, int) and size > 1:
            self._report.say(node.name, f"takes {size} items at a time; here each is taken by itself.")
        yield f"step {id_}: foreach {item} in {over} {{"
        self._json[""] = self._json[node.name] = item
        yield from self._several(block.body)
        if self._json[""] is not None and not _ends(block.body):
            yield f"yield {self._used(self._json[''])}"
        yield "}"
        self._json[""] = self._json[node.name] = id_

    # ---- names and values --------------------------------------------------------------------------------

    def _values(self) -> Values:
        return Values(lambda name: self._used(self._json.get(name)))

    def _used(self, expression: str | None) -> str | None:
        if expression is not None:
            self.read.add(expression)
        return expression

    def _alias(self, source: str, what: str) -> str:
        if (source, what) not in self._aliases:
            self._aliases[source, what] = self._name(what)
        return self._aliases[source, what]

    def _name(self, wanted: str) -> str:
        base = slug(wanted)
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


def _ends(blocks: Sequence[Block]) -> bool:
    """Whether nothing comes behind these blocks."""
    last = blocks[-1] if blocks else None
    return (
        isinstance(last, Plain)
        and last.node.kind in ("stopAndError", "respondToWebhook")
        and not last.node.disabled
    )
