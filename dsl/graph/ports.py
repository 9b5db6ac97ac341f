"""Where edges meet the nodes of a graph, and under which condition they are followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from dsl import tree
from dsl.edits.ground import Ground


class Port(BaseModel):
    """Where edges meet a node: "<node>:in", "<node>:out", and "<node>:<slot>" for each of its blocks."""

    model_config = ConfigDict(frozen=True)

    id: str
    side: Literal["in", "out"]
    label: str = ""


class Condition(BaseModel):
    """When a block runs. ``text`` and ``values`` are Weft, as they are written.

    "when": ``text`` holds, and that of no block before it; "case": ``text`` is one of ``values``; "each": once for
    each, as in ``item in items``; "while", "until": again, by ``text``; "error": the step failed, with one of the codes
    ``values`` if there are any; "else", "default": none of the others; "rejected", "timeout": what became of an
    approval; "undo": to undo the step when a later one fails; "always".
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal[
        "when",
        "else",
        "case",
        "default",
        "each",
        "while",
        "until",
        "rejected",
        "timeout",
        "error",
        "undo",
        "always",
    ]
    text: str = ""
    values: tuple[str, ...] = ()
    label: str = ""


def ports_of(id_: str, within: Sequence[tuple[str, str]]) -> tuple[Port, ...]:
    """In, one for each block (its slot and label), and out."""
    ports = [Port(id=f"{id_}:in", side="in")]
    seen: dict[str, int] = {}
    for name, label in within:
        seen[name] = seen.get(name, 0) + 1
        number = "" if seen[name] == 1 else f"#{seen[name]}"
        ports.append(Port(id=f"{id_}:{name}{number}", side="out", label=label))
    ports.append(Port(id=f"{id_}:out", side="out"))
    return tuple(ports)


def condition_of(step: tree.Step, slot: str, label: str, ground: Ground) -> Condition:
    """When the block ``slot`` of a step runs."""

    def source(expression: tree.Expr) -> str:
        return ground.cut(expression.span).strip()

    if slot == "compensate":
        return Condition(kind="undo", label=label)
    if slot.startswith("catch"):
        catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
        return Condition(kind="error", values=catches[int(slot.removeprefix("catch"))].codes, label=label)
    match step.kind:
        case tree.If(arms=arms) if slot != "else":
            number = 0 if slot == "then" else int(slot.removeprefix("elif"))
            return Condition(kind="when", text=source(arms[number].tests[0]), label=label)
        case tree.If():
            return Condition(kind="else", label=label)
        case tree.Switch(subject=subject, arms=arms) if slot != "default":
            values = tuple(map(source, arms[int(slot.removeprefix("case"))].tests))
            return Condition(kind="case", text=source(subject), values=values, label=label)
        case tree.Switch():
            return Condition(kind="default", label=label)
        case tree.Approve():
            return Condition(kind="rejected" if slot == "reject" else "timeout", label=label)
        case tree.Foreach(variable=variable, items=items):
            return Condition(kind="each", text=f"{variable} in {source(items)}", label=label)
        case tree.Loop(mode=mode, test=test):
            return Condition(kind=mode, text=source(test), label=label)
        case _:
            return Condition(kind="always", label=label)
