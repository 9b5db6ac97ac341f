"""Edges, blocks and names change what runs when and what things are called, and never what a step can read.

Programs here mean something: steps read earlier ones, call tools that read or write, ask and end. No edit of these
kinds gives such a program an error, and steps that need each other keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random

import networkx as nx
import pytest

import dsl
from dsl import Edit, EditError, apply, check, parse
from dsl.catalog import Catalog, Connector, Tool
from dsl.edits.ground import Ground
from dsl.edits.order import Doing, decided_by, doing, needed_by, read_by
from dsl.outline import after_of, slots
from dsl.tree import Block, Parallel
from tests.dsl.amount import programs
from tests.dsl_graph.anyedit import Edits

ANY = {"type": "object", "additionalProperties": True}
CATALOG = Catalog(
    connectors={
        "shop": Connector(
            name="shop",
            tools={
                "look": Tool(name="look", input_schema=ANY, effect="read"),
                "sell": Tool(name="sell", input_schema=ANY, effect="write", idempotent=True),
            },
        )
    }
)


class Maker:
    """A program whose steps read only what they can."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.number = 0

    def program(self) -> str:
        return 'workflow w {\n  use shop: mcp "shop"\n' + "".join(self.steps(["1"], 3)) + "}\n"

    def steps(self, names: list[str], depth: int) -> Iterator[str]:
        """``names`` grows by what can be read behind these steps."""
        for _ in range(self.random.randint(2, 5)):
            yield from self.step(names, depth)

    def step(self, names: list[str], depth: int) -> Iterator[str]:
        self.number += 1
        id = f"s{self.number}"
        read = self.random.choice(names)
        sort = self.random.choice(
            ["let"] * 4 + ["look", "look", "sell", "if", "parallel", "do", "wait", "stop"]
        )
        if depth == 0 and sort in ("if", "parallel", "do"):
            sort = "let"
        match sort:
            case "let":
                yield f'step {id}: let "${{{read}}}" // {id}\n'
            case "look" | "sell":
                yield f"step {id}: call shop.{sort}(a: {read})\n"
            case "wait":
                yield f"step {id}: wait 1h\n"
            case "stop":
                yield f'step {id}: if "${{{read}}}" == "x" {{ step {id}_end: fail "no" }}\n'
            case "if":
                yield f'step {id}: if "${{{read}}}" == "1" {{\n'
                yield from self.steps(list(names), depth - 1)
                yield "}\n"
            case "do":
                inside = list(names)
                yield f"step {id}: do {{\n"
                yield from self.steps(inside, depth - 1)
                yield "}\n"
                names += inside[len(names) :]
            case "parallel":
                yield f"step {id}: parallel {{\n"
                siblings: list[str] = []
                fresh: list[str] = []
                for _ in range(self.random.randint(2, 4)):
                    after = [name for name in siblings if self.random.random() < 0.4]
                    own = [*names, *after]
                    known = len(own)
                    yield from self.step(own, 0)
                    siblings.append(f"s{self.number}")
                    fresh += own[known:]
                    if after:
                        yield f"  after {', '.join(after)}\n"
                yield "}\n"
                names += fresh
        if sort != "if":
            names.append(id)


def errors(text: str) -> list[str]:
    return [
        f"{d.code} {d.message}"
        for d in check(parse(text), CATALOG)
        if d.code in ("E101", "E102", "E103", "E104")
    ]


@pytest.mark.properties
def test_the_programs_are_right_before_they_are_edited():
    for seed in programs():
        text = Maker(seed).program()
        assert parse(text).diagnostics == ()
        assert errors(text) == [], f"seed {seed}"


def order_of(text: str) -> nx.DiGraph:
    """Which step is done before which begins, by their ids."""
    graph = nx.DiGraph()
    _order(parse(text).workflow.body, False, graph)
    return nx.transitive_closure_dag(graph)


def _all(block: Block) -> Iterator[str]:
    for step in block.steps:
        yield step.id
        for slot in slots(step):
            yield from _all(slot.block)


def _order(block: Block, beside: bool, graph: nx.DiGraph) -> None:
    inside = {
        step.id: [step.id, *(id for slot in slots(step) for id in _all(slot.block))] for step in block.steps
    }
    steps = list(block.steps)
    for number, step in enumerate(steps):
        graph.add_nodes_from(inside[step.id])
        before = list(after_of(step)) if beside else [other.id for other in steps[:number]]
        graph.add_edges_from(
            (one, two) for other in before for one in inside[other] for two in inside[step.id]
        )
        for slot in slots(step):
            _order(slot.block, isinstance(step.kind, Parallel) and slot.name == "body", graph)


def pairs(text: str) -> Iterator[tuple[Doing, Doing]]:
    """Steps of one block in their order, with what they do."""
    ground = Ground.of(text)
    order = order_of(text)
    for block in ground.blocks.values():
        found = [doing(step, ground.workflow, CATALOG) for step in block.steps]
        yield from ((one, two) for one, two in combinations(found, 2) if order.has_edge(one.id, two.id))


SHARE = 5
"""Of how many programs each kind of edit gets one."""
SOUND = ("connect", "disconnect", "wrap", "unwrap", "rename_step", "rename_name", "set_comment")


def sound(seed: int, kind: str, text: str) -> Edit:
    edit = Edits(text, Random(seed)).kinds[kind]()
    if isinstance(edit, dsl.Wrap):
        # In a foreach or a loop nothing of a step can be read outside; behind an if it may be missing.
        into = Random(seed).choice(["parallel", "do", "parallel"])
        return dsl.Wrap.model_validate({"paths": edit.paths, "in": into})
    return edit


@pytest.mark.properties
@pytest.mark.parametrize("kind", SOUND)
def test_no_step_loses_what_it_reads(kind: str):
    done, tried = 0, programs()[SOUND.index(kind) % SHARE :: SHARE]
    for seed in tried:
        text = Maker(seed).program()
        try:
            after = apply(text, sound(seed, kind, text), CATALOG).text
        except EditError:
            continue
        done += 1
        assert errors(after) == [], f"seed {seed}"
    assert done > len(tried) // 20 or kind == "rename_name"


@pytest.mark.properties
@pytest.mark.parametrize("kind", ["connect", "disconnect", "wrap", "unwrap"])
def test_steps_that_need_each_other_keep_their_order(kind: str):
    for seed in programs()[SOUND.index(kind) % SHARE :: SHARE]:
        text = Maker(seed).program()
        edit = sound(seed, kind, text)
        try:
            after = apply(text, edit, CATALOG).text
        except EditError:
            continue
        order = order_of(after)
        for one, two in pairs(text):
            if order.has_edge(one.id, two.id) or one.id not in order or two.id not in order:
                continue
            assert not isinstance(edit, dsl.Unwrap), f"seed {seed}"
            # What a person says may run at once may run at once, but for results and decisions.
            assert read_by(one, two) is None, f"seed {seed}"
            if isinstance(edit, dsl.Wrap):
                assert decided_by(one, two) is None, f"seed {seed}"
            if isinstance(edit, dsl.Connect):
                assert needed_by(one, two) is None, f"seed {seed}"
