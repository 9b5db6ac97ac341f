"""The flat form of a program, as closed unions.

A step's node id is its path (``gate.approval``; a second step of the same path is ``gate.approval#2``), the id of a
block is its step's node id and its slot (``gate/then``): the ids of :class:`dsl.Graph`. Slots are "then", "elif1", ...,
"else" of an ``if``; "case0", ..., "default" of a ``switch``; "body" of ``parallel``, ``do``, ``foreach`` and ``loop``;
"reject" and "timeout" of an ``approve``; "catch0", ... and "compensate" of any step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Name: TypeAlias = Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
Tool: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_/-]*$")]
"""``alias.tool``"""
Time: TypeAlias = Annotated[str, Field(pattern="^([0-9]+(ms|s|m|h|d|w))+$")]
"""``1h30m``"""
Count: TypeAlias = Annotated[int, Field(ge=0, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Holds:
    """What the text of a field is."""

    sort: Literal["expression", "type"]


Expr: TypeAlias = Annotated[
    str, Field(description='A Weft expression, like: order.total > 100.0, or: "paid"'), Holds("expression")
]
TypeText: TypeAlias = Annotated[
    str, Field(description="A Weft type, like: string, or: { id: string, paid: bool? }[]"), Holds("type")
]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arg(_Form):
    name: str
    value: Expr


class Yields(_Form):
    """A block that is written; ``yields`` is its value, if it gives one."""

    yields: Expr | None = None


class Branch(Yields):
    """The condition of an ``if`` or ``else if``, or the values of a ``case``."""

    tests: tuple[Expr, ...] = Field(min_length=1)


class Use(_Form):
    part: Literal["use"] = "use"
    alias: Name
    source: Literal["mcp", "workflow"] = "mcp"
    name: str


class TypeDecl(_Form):
    part: Literal["type"] = "type"
    name: Name
    type: TypeText
    doc: str = ""


class Entry(_Form):
    name: Name
    type: TypeText
    default: Expr | None = None
    doc: str = ""


class Fields(_Form):
    part: Literal["input", "output", "config"]
    fields: tuple[Entry, ...]


class Secret(_Form):
    part: Literal["secret"] = "secret"
    name: Name


class Webhook(_Form):
    on: Literal["webhook"] = "webhook"
    method: Name
    path: str
    verify: Expr | None = None
    when: Expr | None = None


class Schedule(_Form):
    on: Literal["schedule"] = "schedule"
    cron: str
    timezone: str
    when: Expr | None = None


class Event(_Form):
    on: Literal["event"] = "event"
    event: str
    when: Expr | None = None


class Manual(_Form):
    on: Literal["manual"] = "manual"


class Trigger(_Form):
    """``args`` is the input that a run started by it gets."""

    part: Literal["trigger"] = "trigger"
    name: Name
    by: Annotated[Webhook | Schedule | Event | Manual, Field(discriminator="on")]
    args: tuple[Arg, ...] = ()
    doc: str = ""


Head: TypeAlias = Annotated[Use | TypeDecl | Fields | Secret | Trigger, Field(discriminator="part")]


class Call(_Form):
    kind: Literal["call"] = "call"
    tool: Tool
    args: tuple[Arg, ...] = ()


class Run(_Form):
    kind: Literal["run"] = "run"
    alias: Name
    args: tuple[Arg, ...] = ()


class Agent(_Form):
    kind: Literal["agent"] = "agent"
    model: Expr
    system: Expr | None = None
    prompt: Expr | None = None
    tools: tuple[Tool, ...] = ()
    output: TypeText | None = None
    max_turns: Count | None = None
    budget: Expr | None = None


class Approver(_Form):
    by: Literal["role", "user"]
    name: Expr


class Escalation(_Form):
    after: Time
    to: Approver


class Approve(_Form):
    """``reject`` and ``timeout`` are given when those branches are written; their steps stand in them."""

    kind: Literal["approve"] = "approve"
    approvers: tuple[Approver, ...] = Field(min_length=1)
    title: Expr | None = None
    show: tuple[Expr, ...] = ()
    quorum: Count | None = None
    within: Time | None = None
    escalate: Escalation | None = None
    reject: Yields | None = None
    timeout: Yields | None = None


class If(_Form):
    """The steps of the first branch stand in "then", of the next in "elif1", ...; ``otherwise`` is "else"."""

    kind: Literal["if"] = "if"
    branches: tuple[Branch, ...] = Field(min_length=1)
    otherwise: Yields | None = None


class Switch(_Form):
    """The steps of the branches stand in "case0", "case1", ...; ``otherwise`` is "default"."""

    kind: Literal["switch"] = "switch"
    subject: Expr
    branches: tuple[Branch, ...] = ()
    otherwise: Yields | None = None


class Parallel(Yields):
    kind: Literal["parallel"] = "parallel"
    join: Literal["all", "any", "settle"] = "all"


class Do(Yields):
    kind: Literal["do"] = "do"


class Foreach(Yields):
    kind: Literal["foreach"] = "foreach"
    variable: Name
    items: Expr
    concurrency: Count | None = None


class Carry(_Form):
    name: Name
    first: Expr


class Loop(Yields):
    kind: Literal["loop"] = "loop"
    carry: Carry | None = None
    mode: Literal["while", "until"]
    test: Expr
    max: Count


class Wait(_Form):
    kind: Literal["wait"] = "wait"
    time: Time


class WaitUntil(_Form):
    kind: Literal["wait_until"] = "wait_until"
    until: Expr


class WaitEvent(_Form):
    kind: Literal["wait_event"] = "wait_event"
    event: str
    when: Expr | None = None


class Let(_Form):
    kind: Literal["let"] = "let"
    value: Expr


class Return(_Form):
    kind: Literal["return"] = "return"
    value: Expr


class Fail(_Form):
    kind: Literal["fail"] = "fail"
    code: str
    message: Expr | None = None


Kind: TypeAlias = Annotated[
    Call
    | Run
    | Agent
    | Approve
    | If
    | Switch
    | Parallel
    | Do
    | Foreach
    | Loop
    | Wait
    | WaitUntil
    | WaitEvent
    | Let
    | Return
    | Fail,
    Field(discriminator="kind"),
]


class After(_Form):
    clause: Literal["after"] = "after"
    ids: tuple[Name, ...] = Field(min_length=1)


class Timeout(_Form):
    clause: Literal["timeout"] = "timeout"
    time: Time


class Retry(_Form):
    clause: Literal["retry"] = "retry"
    max: Count
    backoff: Time | None = None
    backoff_max: Time | None = None
    codes: tuple[str, ...] = ()


class Key(_Form):
    clause: Literal["key"] = "key"
    value: Expr


class Compensate(Yields):
    clause: Literal["compensate"] = "compensate"


class Catch(Yields):
    clause: Literal["catch"] = "catch"
    codes: tuple[str, ...] = ()
    variable: Name | None = None


Clause: TypeAlias = Annotated[
    After | Timeout | Retry | Key | Compensate | Catch, Field(discriminator="clause")
]


class Annotation(_Form):
    name: Name
    args: tuple[Arg, ...] = ()


class Step(_Form):
    """``id`` is the step's own name, ``block`` the block it stands in: "" for the body of the workflow.

    Steps of one block run in the order they are listed. ``comments`` are lines without their slashes; ``note`` is the
    comment behind the step.
    """

    id: Name
    block: str = ""
    do: Kind
    clauses: tuple[Clause, ...] = ()
    doc: str = ""
    annotations: tuple[Annotation, ...] = ()
    comments: tuple[str, ...] = ()
    note: str = ""


class Flat(_Form):
    """A program. ``comments`` are those that belong to no step."""

    workflow: Name
    doc: str = ""
    header: tuple[Head, ...] = ()
    steps: tuple[Step, ...] = ()
    comments: tuple[str, ...] = ()
