"""What a graph is made of: nodes with their parents, edges, places for new steps."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, assert_never

from pydantic import BaseModel, ConfigDict

from dsl import tree
from dsl.graph.marks import Mark
from dsl.graph.ports import Condition, Port

NodeKind: TypeAlias = Literal[
    "call",
    "run",
    "agent",
    "approve",
    "if",
    "switch",
    "parallel",
    "do",
    "foreach",
    "loop",
    "wait",
    "let",
    "return",
    "fail",
    "broken",
    "start",
    "end",
    "lane",
    "empty",
    "note",
]

START, END = "~start", "~end"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Place(_Frozen):
    """Where a step that is dropped goes: before the step ``before`` of a block, or at its end."""

    container: str
    before: str | None


class NodeProblem(_Frozen):
    code: str
    severity: str
    message: str
    help: str


class Node(_Frozen):
    """``x`` and ``y`` are pixels from the parent's corner; ``start`` and ``end`` are characters of the text.

    ``implied`` marks a lane that the text leaves out ("otherwise: go on") and its empty place for a step. Steps, start
    and end have ``ports``; lanes have the ``condition`` under which their steps run. A ``collapsed`` node shows nothing
    of what is in it but a ``summary``; ``note`` is what somebody wrote beside it on the canvas: both come from a
    placement, as do nodes of kind "note", which stand for themselves. ``comment`` is what the text says about a step,
    ``head`` the height of a container's face above its lanes. Of a ``placed`` node somebody has said where it stands,
    of a ``loose`` one where something in it does.
    """

    id: str
    step: str | None
    kind: NodeKind
    parent: str | None
    title: str
    sentence: str
    tool: str | None = None
    effect: Literal["read", "write"] | None = None
    money: bool = False
    marks: tuple[Mark, ...] = ()
    comment: str = ""
    container: bool = False
    label: str = ""
    problems: tuple[NodeProblem, ...] = ()
    slot: Place | None = None
    implied: bool = False
    ports: tuple[Port, ...] = ()
    condition: Condition | None = None
    collapsed: bool = False
    summary: str = ""
    note: str = ""
    placed: bool = False
    loose: bool = False
    head: int = 0
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    start: int = 0
    end: int = 0


class Edge(_Frozen):
    """An edge from a lane to its first step, or from its last step to the lane, enters or leaves the block.

    It enters at the port that its step has for the block, under the ``condition`` of the lane, and leaves to where the
    step goes on.
    """

    id: str
    source: str
    target: str
    kind: Literal["flow", "after"]
    label: str = ""
    slot: Place
    source_port: str = ""
    target_port: str = ""
    condition: Condition | None = None


class Graph(_Frozen):
    """Parents stand before their children in ``nodes``."""

    workflow: str
    width: int = 0
    height: int = 0
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


_NOT_DRAWN = {
    "nodes": {"__all__": {"ports", "condition"}},
    "edges": {"__all__": {"source_port", "target_port", "condition"}},
}


def graph_json(graph: Graph) -> dict[str, Any]:
    """The graph as plain JSON, as the canvas takes it: without what is not drawn."""
    return graph.model_dump(mode="json", exclude=_NOT_DRAWN)


def kind_name(kind: tree.Kind) -> NodeKind:
    match kind:
        case tree.Call():
            return "call"
        case tree.RunWorkflow():
            return "run"
        case tree.Agent():
            return "agent"
        case tree.Approve():
            return "approve"
        case tree.If():
            return "if"
        case tree.Switch():
            return "switch"
        case tree.Parallel():
            return "parallel"
        case tree.Do():
            return "do"
        case tree.Foreach():
            return "foreach"
        case tree.Loop():
            return "loop"
        case tree.Wait():
            return "wait"
        case tree.Let():
            return "let"
        case tree.Return():
            return "return"
        case tree.Fail():
            return "fail"
        case tree.Broken():
            return "broken"
        case _:
            assert_never(kind)
