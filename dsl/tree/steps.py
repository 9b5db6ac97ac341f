"""Steps with their kinds, clauses and blocks, and the workflow they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.tree.expressions import Expr
from dsl.tree.header import Arg, Head
from dsl.tree.span import Span
from dsl.tree.typeforms import Type


@dataclass(frozen=True, slots=True)
class Block:
    """``{ step* yield? }``. ``span`` covers the braces; ``inner`` what stands between them."""

    steps: tuple[Step, ...]
    result: Expr | None
    span: Span
    inner: Span


@dataclass(frozen=True, slots=True)
class Call:
    """``call alias.tool(args)``. ``target_span`` covers ``alias.tool``; ``args_span`` the parentheses."""

    alias: str
    tool: str
    args: tuple[Arg, ...]
    target_span: Span
    args_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class RunWorkflow:
    alias: str
    args: tuple[Arg, ...]
    target_span: Span
    args_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class ToolRef:
    alias: str
    tool: str
    span: Span


@dataclass(frozen=True, slots=True)
class Line:
    """Where one line of an agent or an approval stands: "title", "within", "on_reject", "max_turns", ..."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Agent:
    model: Expr
    system: Expr | None
    prompt: Expr | None
    tools: tuple[ToolRef, ...]
    output: Type | None
    max_turns: int | None
    budget: Expr | None
    span: Span
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Approver:
    by: Literal["role", "user"]
    name: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Escalation:
    after_ms: int
    to: Approver
    span: Span


@dataclass(frozen=True, slots=True)
class Approve:
    approvers: tuple[Approver, ...]
    title: Expr | None
    show: tuple[Expr, ...]
    quorum: int | None
    within_ms: int | None
    escalate: Escalation | None
    on_reject: Block | None
    on_timeout: Block | None
    span: Span
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Arm:
    """One branch: the condition of an ``if`` arm, the values of a ``case``, nothing for ``else``/``default``."""

    tests: tuple[Expr, ...]
    block: Block
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    arms: tuple[Arm, ...]
    otherwise: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class Switch:
    subject: Expr
    arms: tuple[Arm, ...]
    otherwise: Block | None
    span: Span


@dataclass(frozen=True, slots=True)
class Parallel:
    join: Literal["all", "any", "settle"]
    block: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Do:
    block: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Foreach:
    variable: str
    items: Expr
    concurrency: int | None
    block: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Loop:
    carry: tuple[str, Expr] | None
    mode: Literal["while", "until"]
    test: Expr
    max: int
    block: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Wait:
    """``wait 3d`` (``ms``), ``wait until e`` (``until``) or ``wait event "name" when e`` (``event``)."""

    ms: int | None
    until: Expr | None
    event: str | None
    when: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Fail:
    code: str
    message: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Broken:
    """What stands after ``step id:`` when it could not be read; only in a text with syntax errors.

    The step stays in the tree so that its name is known and its neighbours keep their places.
    """

    span: Span


Kind: TypeAlias = (
    Call
    | RunWorkflow
    | Agent
    | Approve
    | If
    | Switch
    | Parallel
    | Do
    | Foreach
    | Loop
    | Wait
    | Let
    | Return
    | Fail
    | Broken
)


@dataclass(frozen=True, slots=True)
class After:
    ids: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Timeout:
    ms: int
    span: Span


@dataclass(frozen=True, slots=True)
class Retry:
    max: int
    backoff_ms: int | None
    backoff_max_ms: int | None
    codes: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Key:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Compensate:
    block: Block
    span: Span


@dataclass(frozen=True, slots=True)
class Catch:
    codes: tuple[str, ...]
    variable: str | None
    block: Block
    span: Span


Clause: TypeAlias = After | Timeout | Retry | Key | Compensate | Catch


@dataclass(frozen=True, slots=True)
class Annotation:
    name: str
    args: tuple[Arg, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Step:
    """``step id: kind clause*``. ``span`` runs from its docs and annotations to its last clause."""

    id: str
    kind: Kind
    clauses: tuple[Clause, ...]
    doc: str
    annotations: tuple[Annotation, ...]
    id_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Comment:
    """A ``//`` comment; ``trailing`` when something stands before it on its line."""

    text: str
    trailing: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Workflow:
    """A whole text. ``body.result`` is always None; ``body.inner`` is what stands between the outer braces."""

    name: str
    doc: str
    heads: tuple[Head, ...]
    body: Block
    name_span: Span
    span: Span
