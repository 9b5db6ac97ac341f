"""The graph of a text. Derived, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dsl import tree
from dsl.catalog import Catalog
from dsl.diagnostic import Diagnostic
from dsl.edits.ground import Ground
from dsl.flat import flatten
from dsl.graph.marks import marks_of, remark_of
from dsl.graph.nodes import END, START, Edge, Graph, Node, NodeProblem, Place, kind_name
from dsl.graph.ports import Condition, Port, condition_of, ports_of
from dsl.outline import Slot, after_of, clause_slots, implied_slots, kind_slots, slots, too_many
from dsl.parse import Parsed
from dsl.wording.sentences import arm_label, rescue_label, sentence_of, title_of, way_on
from dsl.wording.terms import Terms, terms_of


def program_json(parsed: Parsed, graph: Graph) -> dict[str, Any]:
    """The whole graph as plain JSON, with the ``program`` it shows: :func:`dsl.text_of_graph` gives the text back.

    Nodes and steps of the program share their ids. ``program`` is None for a text that could not be read whole.
    """
    program = None if parsed.diagnostics else flatten(parsed).model_dump(mode="json")
    return {**graph.model_dump(mode="json"), "program": program}


def view(parsed: Parsed, diagnostics: Sequence[Diagnostic] = (), catalog: Catalog | None = None) -> Graph:
    """The graph of a text, without boxes. ``diagnostics`` are painted on the nodes of their steps.

    With a catalog, calls are told by the titles of their tools, and their nodes say whether they change anything
    outside.
    """
    painted: dict[str | None, list[NodeProblem]] = {}
    for one in diagnostics:
        found = NodeProblem(code=one.code, severity=one.severity, message=one.message, help=one.help)
        painted.setdefault(one.step, []).append(found)
    building = _Building(terms_of(parsed.workflow, catalog), Ground(parsed), painted)
    workflow = parsed.workflow
    building.terminal(START, "start", "Start", workflow.name_span, tuple(painted.get(None, ())))
    # A text this large has an error of its own; there is nothing sensible to draw.
    body = replace(workflow.body, steps=()) if too_many(workflow) else workflow.body
    building.sequence(body, "", "", None, (START, END))
    end = tree.Span(workflow.body.span.end, workflow.body.span.end)
    building.terminal(END, "end", "End", end, ())
    return Graph(workflow=workflow.name, nodes=tuple(building.nodes), edges=tuple(building.edges))


@dataclass(frozen=True, slots=True)
class _Lane:
    owner: str
    port: str
    condition: Condition


@dataclass(slots=True)
class _Building:
    terms: Terms
    ground: Ground
    painted: dict[str | None, list[NodeProblem]]
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    lanes: dict[str, _Lane] = field(default_factory=dict)

    def terminal(
        self,
        id_: str,
        kind: Literal["start", "end"],
        title: str,
        span: tree.Span,
        problems: tuple[NodeProblem, ...],
    ) -> None:
        node = Node(
            id=id_,
            step=None,
            kind=kind,
            parent=None,
            title=title,
            sentence="",
            problems=problems,
            ports=(
                Port(id=f"{id_}:out", side="out") if kind == "start" else Port(id=f"{id_}:in", side="in"),
            ),
            start=span.start,
            end=span.end,
        )
        self.nodes.append(node)

    def edge(self, source: str, target: str, kind: Literal["flow", "after"], slot: Place) -> None:
        entered, left = self.lanes.get(source), self.lanes.get(target)
        self.edges.append(
            Edge(
                id=f"{source}->{target}",
                source=source,
                target=target,
                kind=kind,
                slot=slot,
                source_port=f"{source}:out" if entered is None else entered.port,
                target_port=f"{target}:in" if left is None else f"{left.owner}:out",
                condition=None if entered is None else entered.condition,
            )
        )

    def sequence(
        self, block: tree.Block, prefix: str, container: str, parent: str | None, ends: tuple[str, str]
    ) -> None:
        """The steps of a block one after the other, between the nodes that begin and end it."""
        last = ends[0]
        for step in block.steps:
            id_ = self.step(step, prefix, parent)
            self.edge(last, id_, "flow", Place(container=container, before=step.id))
            last = id_
        self.edge(last, ends[1], "flow", Place(container=container, before=None))

    def beside(self, block: tree.Block, prefix: str, container: str, parent: str) -> None:
        """The steps of a ``parallel``: those that wait for none begin with it."""
        ids = {step.id: self.step(step, prefix, parent) for step in block.steps}
        for step in block.steps:
            slot = Place(container=container, before=step.id)
            before = [name for name in dict.fromkeys(after_of(step)) if name in ids and name != step.id]
            for name in before:
                self.edge(ids[name], ids[step.id], "after", slot)
            if not before:
                self.edge(parent, ids[step.id], "flow", slot)

    def step(self, step: tree.Step, prefix: str, parent: str | None) -> str:
        path = prefix + step.id
        id_ = self._unique(path)
        blocks = slots(step)
        tool, effect, money = self._tool(step.kind)
        within = [(slot.name, _lane_label(step, slot, self.terms)) for slot in blocks]
        self.nodes.append(
            Node(
                id=id_,
                step=path,
                kind=kind_name(step.kind),
                parent=parent,
                title=title_of(step),
                sentence=sentence_of(step.kind, self.terms),
                tool=tool,
                effect=effect,
                money=money,
                marks=marks_of(step, self.terms),
                comment=remark_of(step, self.ground, bool(blocks)),
                container=bool(blocks),
                problems=tuple(self.painted.get(path, ())),
                ports=ports_of(id_, within),
                start=step.span.start,
                end=step.span.end,
            )
        )
        for slot in kind_slots(step.kind):
            self._lane(step, path, id_, slot)
        for name in implied_slots(step.kind) if blocks else ():
            self._implied(step, path, id_, name)
        for slot in clause_slots(step):
            self._lane(step, path, id_, slot)
        return id_

    def _lane(self, step: tree.Step, path: str, owner: str, slot: Slot) -> None:
        reference = f"{path}/{slot.name}"
        id_ = self._unique(f"{owner}/{slot.name}")
        block = slot.block
        label = _lane_label(step, slot, self.terms)
        condition = condition_of(step, slot.name, label, self.ground)
        self.lanes[id_] = _Lane(owner, f"{owner}:{id_.rpartition('/')[2]}", condition)
        lane = Node(
            id=id_,
            step=path,
            kind="lane",
            parent=owner,
            title="",
            sentence="",
            container=True,
            label=label,
            condition=condition,
            start=block.span.start,
            end=block.span.end,
        )
        self.nodes.append(lane)
        if not block.steps:
            empty = Node(
                id=f"{id_}~empty",
                step=path,
                kind="empty",
                parent=id_,
                title="",
                sentence="",
                slot=Place(container=reference, before=None),
                start=block.inner.start,
                end=block.inner.end,
            )
            self.nodes.append(empty)
        elif isinstance(step.kind, tree.Parallel) and not slot.rescue:
            self.beside(block, path + slot.infix, reference, id_)
        else:
            self.sequence(block, path + slot.infix, reference, id_, (id_, id_))

    def _implied(self, step: tree.Step, path: str, owner: str, name: str) -> None:
        id_, at = self._unique(f"{owner}/{name}"), step.kind.span.end
        label = way_on(step.kind, name, self.terms)
        lane = Node(
            id=id_,
            step=path,
            kind="lane",
            parent=owner,
            title="",
            sentence="",
            container=True,
            label=label,
            implied=True,
            condition=condition_of(step, name, label, self.ground),
            start=at,
            end=at,
        )
        empty = Node(
            id=f"{id_}~empty",
            step=path,
            kind="empty",
            parent=id_,
            title="",
            sentence="",
            slot=Place(container=f"{path}/{name}", before=None),
            implied=True,
            start=at,
            end=at,
        )
        self.nodes += [lane, empty]

    def _unique(self, id_: str) -> str:
        """Two steps of one name are an error, but both are drawn."""
        number, found = 2, id_
        while found in self.taken:
            found = f"{id_}#{number}"
            number += 1
        self.taken.add(found)
        return found

    def _tool(self, kind: tree.Kind) -> tuple[str | None, Literal["read", "write"] | None, bool]:
        if not isinstance(kind, tree.Call):
            return None, None, False
        use, catalog = self.terms.uses.get(kind.alias), self.terms.catalog
        connector = kind.alias if use is None else use.name
        name = f"{connector}.{kind.tool}"
        if catalog is None or catalog.tool(connector, kind.tool) is None:
            return name, None, False
        nature = catalog.nature(connector, kind.tool)
        return name, "read" if nature.reads else "write", nature.stated and "money" in nature.does


def _lane_label(step: tree.Step, slot: Slot, terms: Terms) -> str:
    if slot.name == "compensate":
        return "to undo it later"
    if not slot.rescue:
        return arm_label(step.kind, slot.name, terms)
    catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
    return rescue_label(catches[int(slot.name.removeprefix("catch"))].codes)
