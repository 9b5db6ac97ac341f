"""The plan: a checked text lowered to plain JSON that an engine can run without the text.

A plan is a cache by content hash. Everything in it is closed: expressions are CEL sources with their free names,
durations are milliseconds, aliases are resolved to connectors. ``path`` is a step's place in the tree, ids joined
by dots (``gate.approval``); a run adds ``[i]`` behind a ``foreach`` or ``loop`` id (``results[3].route.posting``),
a compensation lives under ``path~comp`` and the n-th catch of a step under ``path~catch<n>``.

What a name means at run time. ``input`` and ``config`` are objects; ``secrets`` may only reach call arguments; a
step's id is its result. ``foreach`` and ``loop`` bodies, catches and compensations open a scope: what is inside
them cannot be seen outside. ``if``, ``switch``, ``parallel``, ``do`` and an approval's branches do not. A ``loop``'s
id is ``{"count": finished rounds, "last": last yield or null}`` in its test, its body and after it; its carry
variable takes the round's ``yield``. The result of a block step is its ``yield`` or null: of ``foreach`` the list of
yields in order of the items, of ``parallel settle`` a map of step id to ``{"ok": bool, "value" or "error"}``, of
``approve`` ``{"approved": true, "by": [emails], "comment": str}``, of ``wait event`` the event. The caught error is
``{"code", "message", "step"}``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Json: TypeAlias = Any
"""A JSON value: null, boolean, number, string, list or object of the same. Never anything else."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConstantExpr(_Frozen):
    kind: Literal["constant"] = "constant"
    value: Json


class CelExpr(_Frozen):
    """One CEL expression; ``names`` are the root names it reads (comprehension variables left out)."""

    kind: Literal["cel"] = "cel"
    source: str
    names: tuple[str, ...]


class TemplateExpr(_Frozen):
    """Text with holes, joined after each hole was evaluated and printed on its own."""

    kind: Literal["template"] = "template"
    parts: tuple[str | Expression, ...]


class ListExpr(_Frozen):
    kind: Literal["list"] = "list"
    items: tuple[Expression, ...]


class MapExpr(_Frozen):
    kind: Literal["map"] = "map"
    entries: tuple[tuple[Expression, Expression], ...]


Expression: TypeAlias = Annotated[
    ConstantExpr | CelExpr | TemplateExpr | ListExpr | MapExpr, Field(discriminator="kind")
]


class Block(_Frozen):
    steps: tuple[PlanStep, ...] = ()
    result: Expression | None = None


class ToolCall(_Frozen):
    """``honours_key``: the tool does a thing once per idempotency key, so an unknown outcome may be retried.

    ``output_schema`` is for coercing the result (a JSON ``250`` of type number becomes ``250.0``).
    """

    kind: Literal["call"] = "call"
    connector: str
    tool: str
    args: dict[str, Expression]
    effect: Literal["read", "write"]
    honours_key: bool
    output_schema: dict[str, Any] | None = None


class RunWorkflow(_Frozen):
    kind: Literal["run"] = "run"
    workflow: str
    args: dict[str, Expression]


class AgentTool(_Frozen):
    """A tool that a model may call. ``dangerous``: the account wants a person to approve its very arguments, which
    nobody can do beforehand here; such a call is refused. ``input_schema`` and ``description`` are for the model.
    """

    connector: str
    tool: str
    effect: Literal["read", "write"]
    honours_key: bool
    dangerous: bool = False
    description: str = ""
    input_schema: dict[str, Any] = Field(default_factory=lambda: {"type": "object"})


class Agent(_Frozen):
    kind: Literal["agent"] = "agent"
    model: Expression
    system: Expression | None = None
    prompt: Expression | None = None
    tools: tuple[AgentTool, ...] = ()
    output_schema: dict[str, Any] | None = None
    max_turns: int = 8
    budget: Expression | None = None


class Approver(_Frozen):
    by: Literal["role", "user"]
    name: Expression


class Approve(_Frozen):
    """``guards`` are the paths of the effectful calls that this gate stands before, in order of flow.

    When the gate opens, the arguments of those that can already be computed are shown to the person and hashed;
    the call refuses to run with any other arguments than the approved ones.
    """

    kind: Literal["approve"] = "approve"
    approvers: tuple[Approver, ...]
    title: Expression | None = None
    show: tuple[tuple[str, Expression], ...] = ()
    quorum: int = 1
    within_ms: int
    escalate_after_ms: int | None = None
    escalate_to: Approver | None = None
    on_reject: Block | None = None
    on_timeout: Block | None = None
    guards: tuple[str, ...] = ()


class Arm(_Frozen):
    """``label`` is the condition in plain words."""

    tests: tuple[Expression, ...]
    block: Block
    label: str


class If(_Frozen):
    kind: Literal["if"] = "if"
    arms: tuple[Arm, ...]
    otherwise: Block | None = None


class Switch(_Frozen):
    kind: Literal["switch"] = "switch"
    subject: Expression
    arms: tuple[Arm, ...]
    otherwise: Block | None = None


class Parallel(_Frozen):
    kind: Literal["parallel"] = "parallel"
    join: Literal["all", "any", "settle"]
    block: Block


class Do(_Frozen):
    kind: Literal["do"] = "do"
    block: Block


class Foreach(_Frozen):
    kind: Literal["foreach"] = "foreach"
    variable: str
    items: Expression
    concurrency: int = 1
    block: Block


class Loop(_Frozen):
    kind: Literal["loop"] = "loop"
    carry: str | None = None
    initial: Expression | None = None
    mode: Literal["while", "until"]
    test: Expression
    max: int
    block: Block


class Wait(_Frozen):
    kind: Literal["wait"] = "wait"
    ms: int | None = None
    until: Expression | None = None
    event: str | None = None
    when: Expression | None = None


class Let(_Frozen):
    kind: Literal["let"] = "let"
    value: Expression


class Return(_Frozen):
    kind: Literal["return"] = "return"
    value: Expression


class Fail(_Frozen):
    kind: Literal["fail"] = "fail"
    code: str
    message: Expression | None = None


Kind: TypeAlias = Annotated[
    ToolCall
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
    | Fail,
    Field(discriminator="kind"),
]


class Retry(_Frozen):
    """``max`` attempts beyond the first. An empty ``codes`` means any error code."""

    max: int
    backoff_ms: int = 1000
    backoff_max_ms: int = 60_000
    codes: tuple[str, ...] = ()


class Catch(_Frozen):
    """An empty ``codes`` catches every error. The block sees the error under ``variable``."""

    codes: tuple[str, ...] = ()
    variable: str | None = None
    block: Block


class PlanStep(_Frozen):
    """``label`` is the step in one plain sentence, for people."""

    id: str
    path: str
    label: str
    do: Kind
    after: tuple[str, ...] = ()
    timeout_ms: int | None = None
    retry: Retry | None = None
    key: Expression | None = None
    compensate: Block | None = None
    catches: tuple[Catch, ...] = ()


class Pin(_Frozen):
    """A tool as it was when the version was published."""

    connector: str
    tool: str
    sha256: str


class WorkflowPin(_Frozen):
    """Another workflow as it was when the version was published: what ``run`` starts, and what it takes.

    ``version`` is the id of that version and ``sha256`` its content hash; both are "" for the workflow itself: it
    runs the very version that it is in.
    """

    workflow: str
    version: str = ""
    sha256: str = ""
    input_schema: dict[str, Any]
    input_defaults: dict[str, Expression] = Field(default_factory=dict)


class Verify(_Frozen):
    """How the sender of a webhook is checked: ``function`` over ``args``, of which ``secret`` is the first secret
    that is read ("" where none is)."""

    function: str
    secret: str = ""
    args: tuple[Expression, ...] = ()


class OnWebhook(_Frozen):
    kind: Literal["webhook"] = "webhook"
    method: str
    path: str
    verify: Verify | None = None


class OnSchedule(_Frozen):
    kind: Literal["schedule"] = "schedule"
    cron: str
    timezone: str


class OnEvent(_Frozen):
    kind: Literal["event"] = "event"
    event: str


class OnManual(_Frozen):
    kind: Literal["manual"] = "manual"


class PlanTrigger(_Frozen):
    """What starts runs. ``when`` and ``args`` read ``event`` and ``config``; without ``args`` the input is the event
    itself (of a webhook: its body, of a schedule: nothing)."""

    name: str
    on: Annotated[OnWebhook | OnSchedule | OnEvent | OnManual, Field(discriminator="kind")]
    when: Expression | None = None
    args: dict[str, Expression] = Field(default_factory=dict)
    doc: str = ""


class Plan(_Frozen):
    """Schemas are JSON Schemas of objects; ``config`` holds expressions over nothing (constants, in effect)."""

    format: Literal[1] = 1
    workflow: str
    doc: str = ""
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None
    input_defaults: dict[str, Expression] = Field(default_factory=dict)
    config: dict[str, Expression] = Field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()
    workflows: tuple[WorkflowPin, ...] = ()
    triggers: tuple[PlanTrigger, ...] = ()
    body: Block


for _model in (TemplateExpr, ListExpr, MapExpr, Block, PlanStep, WorkflowPin, Verify, PlanTrigger, Plan):
    _model.model_rebuild()
