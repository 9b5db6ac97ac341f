"""What an edit stands on: the text with its tree, where steps and blocks are, and the lines that belong to a step."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from dsl import tree
from dsl.cel.source import bound_variable
from dsl.edits.models import EditError, Splice
from dsl.outline import Place, places, slots
from dsl.parse import Parsed, parse
from dsl.tree import Block, Span
from dsl.walk import walk

INDENT = "  "
RESERVED = frozenset({"input", "config", "secrets", "event", "true", "false", "null"})
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Spanned(Protocol):
    @property
    def span(self) -> Span: ...


@dataclass(frozen=True)
class Ground:
    """``parsed`` may have errors; then what could be read is what can be edited."""

    parsed: Parsed

    @classmethod
    def of(cls, text: str) -> Ground:
        return cls(parse(text))

    @property
    def text(self) -> str:
        return self.parsed.text

    @property
    def workflow(self) -> tree.Workflow:
        return self.parsed.workflow

    @cached_property
    def bare(self) -> str:
        """The text with its comments made blank, place by place."""
        pieces: list[str] = []
        at = 0
        for comment in self.parsed.comments:
            pieces += [self.text[at : comment.span.start], " " * (comment.span.end - comment.span.start)]
            at = comment.span.end
        return "".join([*pieces, self.text[at:]])

    @property
    def places(self) -> dict[str, Place]:
        """Every step by its path. A second step of one path, an error of the text, has to be renamed by typing."""
        return self._outline[0]

    @property
    def blocks(self) -> dict[str, Block]:
        """Every block by its reference."""
        return self._outline[1]

    @cached_property
    def _outline(self) -> tuple[dict[str, Place], dict[str, Block]]:
        found: dict[str, Place] = {}
        blocks = {"": self.workflow.body}
        for place in places(self.workflow.body):
            block = blocks.get(place.container)
            # What stands in a second step or a second block of one name cannot be told from the first.
            steps = () if block is None else block.steps
            known = place.index < len(steps) and steps[place.index] is place.step
            if known and place.path not in found:
                found[place.path] = place
                for slot in slots(place.step):
                    blocks.setdefault(f"{place.path}/{slot.name}", slot.block)
        return found, blocks

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that a new step should not take."""
        found = set(RESERVED)
        for node in walk(self.workflow.body):
            match node:
                case tree.Step(id=id):
                    found.add(id)
                case tree.MethodCall() as call if (bound := bound_variable(call)) is not None:
                    found.add(bound)
                case tree.Foreach(variable=variable) | tree.Catch(variable=str() as variable):
                    found.add(variable)
                case tree.Loop(carry=(str() as variable, _)):
                    found.add(variable)
        return frozenset(found)

    def beside(self, reference: str) -> bool:
        """Whether the steps of a block start at once."""
        path, _, slot = reference.rpartition("/")
        owner = self.places.get(path)
        return slot == "body" and owner is not None and isinstance(owner.step.kind, tree.Parallel)

    def place(self, path: str) -> Place:
        found = self.places.get(path)
        if found is None:
            raise EditError(f"there is no step {path!r}", "look at the text as it is now and do it again")
        return found

    def block(self, reference: str) -> Block:
        found = self.blocks.get(reference)
        if found is None:
            raise EditError(
                f"there is no block {reference!r}", "look at the text as it is now and do it again"
            )
        return found

    def cut(self, span: Span) -> str:
        """What stands in a span, without its comments."""
        found = self.parsed.comments
        pieces, at = [], span.start
        first, last = (bisect_left(found, place, key=_start) for place in (span.start, span.end))
        for comment in found[first:last]:
            pieces.append(self.text[at : comment.span.start])
            at = comment.span.end
        return "".join([*pieces, self.text[at : span.end]])

    def comments(self, span: Span) -> list[str]:
        """The comments inside a span."""
        found = self.parsed.comments
        first, last = (bisect_left(found, at, key=_start) for at in (span.start, span.end))
        return [comment.text.strip() for comment in found[first:last]]

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """The end of the line, before its line break."""
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def indent(self, at: int) -> str:
        """The white space that the line of ``at`` begins with."""
        start = self.line_start(at)
        return self.text[start : start + len(self.text[start:at]) - len(self.text[start:at].lstrip(" \t"))]

    def first_on_line(self, at: int) -> bool:
        return not self.text[self.line_start(at) : at].strip()

    def blank_line(self, start: int) -> bool:
        return start < len(self.text) and not self.text[start : self.line_end(start)].strip()

    def code_end(self, at: int) -> int:
        """Behind ``at`` and a trailing comment, where nothing else follows on the line; ``at`` otherwise."""
        end = self.line_end(at)
        rest = self.text[at:end].strip()
        return end if not rest or (rest.startswith("//") and not rest.startswith("///")) else at

    def word(self, word: str, start: int, end: int) -> Span:
        """Where ``word`` stands first in ``[start, end)``, comments left out."""
        match = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])").search(
            self.bare, start, end
        )
        if match is None:
            raise EditError(f"{word!r} is not written where it should be", "look at the text as it is now")
        return Span(match.start(), match.end())

    def region(self, node: Spanned) -> Span:
        """A step (or a declaration) with the comments on top of it and the one behind it; whole lines where it has
        them alone."""
        start, end = node.span.start, self.code_end(node.span.end)
        if self.first_on_line(start):
            start = self.line_start(start)
            while start > 0:
                above = self.line_start(start - 1)
                line = self.text[above : start - 1].strip()
                if not line.startswith("//") or line.startswith("///"):
                    break
                start = above
            if end < len(self.text) and self.text[end] == "\n":
                end += 1
        return Span(start, end)

    def outer_region(self, node: Spanned) -> Span:
        """The region with the empty lines that would be left over when it is taken out."""
        span = self.region(node)
        start, end = span.start, span.end
        if not (self.line_start(start) == start and self.text[end - 1 : end] == "\n"):
            return span
        above = start > 1 and not self.text[self.line_start(start - 1) : start - 1].strip()
        below = self.blank_line(end)
        opened = self.text[:start].rstrip().endswith("{") and not above
        if below and (above or opened):
            while self.blank_line(end) and end < len(self.text):
                end = min(self.line_end(end) + 1, len(self.text))
        elif above and self.text[end:].lstrip(" \t")[:1] == "}":
            while start > 1 and not self.text[self.line_start(start - 1) : start - 1].strip():
                start = self.line_start(start - 1)
        return Span(start, end)

    def inner_indent(self, block: Block) -> str:
        """How deep the steps of a block stand."""
        for step in block.steps:
            if self.first_on_line(step.span.start):
                return self.indent(step.span.start)
        return self.indent(block.span.start) + INDENT

    def spaced(self, reference: str, block: Block) -> bool:
        """Whether the steps of a block have empty lines between them."""
        pairs = list(zip(block.steps, block.steps[1:], strict=False))
        if not pairs:
            return reference == ""
        return any(self._gap(one, two) for one, two in pairs)

    def _gap(self, one: tree.Step, two: tree.Step) -> bool:
        between = self.text[one.span.end : two.span.start]
        return re.search(r"\n[ \t\r]*\n", between) is not None


def _start(comment: tree.Comment) -> int:
    return comment.span.start


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """All splices at once; they do not overlap. Those at one place go in in the order they are given."""
    result: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        if splice.start < at:
            raise EditError("this changes one place of the text twice", "do it in two steps")
        result += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*result, text[at:]])


def shifted(text: str, before: str, after: str) -> str:
    """Whole lines of code moved from one indentation to another; lines in a prompt keep their relation."""
    if before == after:
        return text
    lines = text.split("\n")
    if before and any(line.strip() and not line.startswith(before) for line in lines):
        extra = after[len(before) :] if after.startswith(before) else ""
        return "\n".join(extra + line if line.strip() else line for line in lines)
    return "\n".join(after + line[len(before) :] if line.strip() else line for line in lines)
