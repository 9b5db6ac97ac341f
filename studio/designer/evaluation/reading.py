"""One answer as the judges see it: the text read, checked and lowered, and where its tools are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import dsl
from dsl import plan as p
from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import Place, places, slots, uses

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def milliseconds(words: str) -> int:
    """Of a duration as Weft writes it: "1h30m"."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|s|m|h|d|w)", words))


def named(tool: str, wanted: str) -> bool:
    """Whether a tool is one of "a.x|b.y"; "a.*" is any of a connector's."""
    return any(tool == one or (one.endswith(".*") and tool.startswith(one[:-1])) for one in wanted.split("|"))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case: ``text`` is "" without a proposal, ``said`` all words, ``earlier`` the texts accepted before
    (by turn), ``base`` the text that the last message was about."""

    text: str
    said: str
    base: str = ""
    first_base: str = ""
    earlier: tuple[str, ...] = ()
    safety: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    result: Result
    catalog: Catalog
    seen: dict[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.result.text

    @cached_property
    def parsed(self) -> dsl.Parsed:
        return dsl.parse(self.result.text)

    @property
    def workflow(self) -> tree.Workflow:
        return self.parsed.workflow

    @cached_property
    def diagnostics(self) -> tuple[dsl.Diagnostic, ...]:
        return dsl.check(self.parsed, self.catalog)

    @cached_property
    def errors(self) -> tuple[str, ...]:
        found = [f"{d.code} {d.message}" for d in self.diagnostics if d.severity == "error"]
        if not found:
            try:
                _ = self.plan
            except ValueError as error:
                found = [str(error)]
        return tuple(found)

    @cached_property
    def plan(self) -> p.Plan:
        return dsl.lower(self.parsed, self.catalog)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(places(self.workflow.body))

    @cached_property
    def tools(self) -> dict[str, str]:
        """By the path of each call, the tool as "connector.tool"."""
        known = uses(self.workflow)
        found: dict[str, str] = {}
        for place in self.places:
            kind = place.step.kind
            if isinstance(kind, tree.Call):
                use = known.get(kind.alias)
                found[place.path] = f"{use.name if use else kind.alias}.{kind.tool}"
        return found

    @cached_property
    def lent(self) -> frozenset[str]:
        """The tools that models have."""
        known = uses(self.workflow)
        return frozenset(
            f"{known[ref.alias].name if ref.alias in known else ref.alias}.{ref.tool}"
            for place in self.places
            if isinstance(place.step.kind, tree.Agent)
            for ref in place.step.kind.tools
        )

    def calls(self, wanted: str) -> tuple[Place, ...]:
        return tuple(place for place in self.places if named(self.tools.get(place.path, ""), wanted))

    def around(self, path: str) -> Iterator[Place]:
        """The steps that a path lies in, from the nearest outwards."""
        for place in reversed(self.places):
            if any(path.startswith(place.path + slot.infix) for slot in slots(place.step)):
                yield place


def steps_of(block: p.Block) -> Iterator[p.PlanStep]:
    """Every step of a plan's block, and of the blocks inside it."""
    for step in block.steps:
        yield step
        for inner in blocks_of(step):
            yield from steps_of(inner)


def blocks_of(step: p.PlanStep) -> Iterator[p.Block]:
    match step.do:
        case p.If(arms=arms, otherwise=otherwise) | p.Switch(arms=arms, otherwise=otherwise):
            yield from (arm.block for arm in arms)
            if otherwise is not None:
                yield otherwise
        case p.Parallel(block=block) | p.Do(block=block) | p.Foreach(block=block) | p.Loop(block=block):
            yield block
        case p.Approve(on_reject=reject, on_timeout=timeout):
            yield from (block for block in (reject, timeout) if block is not None)
    if step.compensate is not None:
        yield step.compensate
    yield from (catch.block for catch in step.catches)
