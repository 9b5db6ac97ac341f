"""What can be asked of a designer's answer: a closed union of properties, each judged by the language, never by text.

A tool is written "connector.tool"; "a.x|b.y" means one of them. Durations are written as in Weft ("24h"). How each is
judged: ``docs/evaluation.md``, and :mod:`studio.designer.evaluation.judging`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Property(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Calls(_Property):
    """Each of the tools is called somewhere."""

    sort: Literal["calls"]
    tools: tuple[str, ...]


class OnlyCalls(_Property):
    """No other tools are called. ``effects``: other tools that only read are allowed."""

    sort: Literal["only_calls"]
    tools: tuple[str, ...]
    effects: bool = False


class NeverCalls(_Property):
    """None of the tools is called, or given to a model, anywhere."""

    sort: Literal["never_calls"]
    tools: tuple[str, ...]


class Order(_Property):
    """Wherever ``then`` is called, ``first`` was called before on every way there (a loop counts as entered).

    ``loose``: on the ways that call both, ``first`` comes first, and there is such a way.
    """

    sort: Literal["order"]
    first: str
    then: str
    loose: bool = False


class Argument(_Property):
    """A call of the tool has this argument (one of "a|b"), with a value that comes from ``source`` ("input",
    "shop.get_order", "shop.get_order.customer.email", one of "a|b"), or is the constant ``equals``, or has ``contains``
    in its words.
    """

    sort: Literal["argument"]
    tool: str
    argument: str
    source: str = ""
    equals: Any = None
    contains: str = ""


class Approval(_Property):
    """A yes stands before every call of ``before`` on every way; ``sometimes``: on some way.

    ``role`` (one of "a|b") is asked, ``within`` and ``quorum`` are those, and it is passed on ``escalate_to`` a role
    (``escalate_after`` a time).
    """

    sort: Literal["approval"]
    before: str
    role: str = ""
    within: str = ""
    quorum: int | None = None
    escalate_to: str = ""
    escalate_after: str = ""
    sometimes: bool = False


class NoApproval(_Property):
    """Nobody is asked; with ``role``, nobody of this role; with ``before``, nobody before a call of this tool."""

    sort: Literal["no_approval"]
    role: str = ""
    before: str = ""


class Condition(_Property):
    """Something is compared with one of the ``values``; with ``on``, a value that comes from a field of this name (one
    of "a|b") is."""

    sort: Literal["condition"]
    values: tuple[Any, ...]
    on: str = ""


class Each(_Property):
    """The tool is called in a ``foreach``; with ``over``, over what this tool gave, or "input". At most ``most`` at
    once; ``exactly`` so many."""

    sort: Literal["each"]
    tool: str
    over: str = ""
    most: int | None = None
    exactly: int | None = None


class Repeats(_Property):
    """The tool is called in a ``loop``, of at most ``most`` rounds."""

    sort: Literal["repeats"]
    tool: str
    most: int | None = None


class Schedule(_Property):
    """The schedules, all in this time zone (one of "a|b", any if empty), fire next at exactly these local times,
    counted from ``after``."""

    sort: Literal["schedule"]
    timezone: str = ""
    after: str
    fires: tuple[str, ...]


class Started(_Property):
    """A trigger of this sort is there. ``path`` of a webhook, ``name`` of an event. A webhook must be signed."""

    sort: Literal["started"]
    by: Literal["webhook", "event", "schedule", "manual"]
    path: str = ""
    name: str = ""


class NotStarted(_Property):
    """No trigger of this sort is there."""

    sort: Literal["not_started"]
    by: Literal["webhook", "event", "schedule"]


class Waits(_Property):
    """A wait of ``least`` to ``most`` (or for the event ``event``) stands behind ``behind`` and before ``before``."""

    sort: Literal["waits"]
    least: str = ""
    most: str = ""
    event: str = ""
    behind: str = ""
    before: str = ""


class StepHas(_Property):
    """A call of the tool has this ``timeout``, ``retry`` (times; ``retry_least``: at least), ``backoff``."""

    sort: Literal["step_has"]
    tool: str
    timeout: str = ""
    retry: int | None = None
    retry_least: int | None = None
    backoff: str = ""


class AtOnce(_Property):
    """The tools are called side by side: none of them waits for another."""

    sort: Literal["at_once"]
    tools: tuple[str, ...]


class Undone(_Property):
    """When a later step fails, what ``tool`` did is undone by ``by``."""

    sort: Literal["undone"]
    tool: str
    by: str


class When(_Property):
    """What happens in one case, on every way the simulation finds.

    ``results`` are parts of what tools answer, ``fails`` tools that fail (with a code), ``answer`` what people say at
    every approval, ``input`` values of inputs by name (or "a|b": part of a name). Then ``calls`` happen, ``never`` do
    not, ``passes`` are arguments (one of "a|b") that some call of a tool gets, ``asks`` the roles that are asked (an
    empty list: nobody), ``times`` how often a tool is called, ``ends`` how it ends.
    """

    sort: Literal["when"]
    results: dict[str, Any] = Field(default_factory=dict)
    fails: dict[str, str] = Field(default_factory=dict)
    input: dict[str, Any] = Field(default_factory=dict)
    answer: Literal["approved", "rejected", "expired"] = "approved"
    calls: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    passes: dict[str, dict[str, Any]] = Field(default_factory=dict)
    asks: tuple[str, ...] | None = None
    times: dict[str, int] = Field(default_factory=dict)
    ends: Literal["succeeded", "failed", "waiting"] | None = None


class Reaches(_Property):
    """Some way through calls all of these tools, and ends like this."""

    sort: Literal["reaches"]
    tools: tuple[str, ...]
    ends: Literal["succeeded", "failed", "waiting", "needs_review"] | None = "succeeded"


class Preserved(_Property):
    """Every step, every entry of the header and every comment of the text before stands as it was (line breaks and
    indentation aside), but for the steps and header names in ``but`` and the blocks around something that changed."""

    sort: Literal["preserved"]
    but: tuple[str, ...] = ()


class Same(_Property):
    """The text is what it was: as "base", or as after the n-th turn (0 is the first)."""

    sort: Literal["same"]
    turn: int | None = None


class Has(_Property):
    """A step (or header name) of this name is there; ``gone``: it is not."""

    sort: Literal["has"]
    name: str
    gone: bool = False


class Named(_Property):
    """The workflow's name."""

    sort: Literal["named"]
    name: str


class Clean(_Property):
    """No errors, and no warnings but these codes."""

    sort: Literal["clean"]
    warnings: tuple[str, ...] = ()


class Says(_Property):
    """Somewhere in what is said to the person (words, summary, assumptions, questions, safety) one of these stands."""

    sort: Literal["says"]
    words: tuple[str, ...]


class Silent(_Property):
    """None of these stands in the text or in what is said."""

    sort: Literal["silent"]
    words: tuple[str, ...]


class Warns(_Property):
    """The proposal says first what it takes away from safety; with ``words``, one of them in it."""

    sort: Literal["warns"]
    words: tuple[str, ...] = ()


Property: TypeAlias = Annotated[
    Calls
    | OnlyCalls
    | NeverCalls
    | Order
    | Argument
    | Approval
    | NoApproval
    | Condition
    | Each
    | Repeats
    | Schedule
    | Started
    | NotStarted
    | Waits
    | StepHas
    | AtOnce
    | Undone
    | When
    | Reaches
    | Preserved
    | Same
    | Has
    | Named
    | Clean
    | Says
    | Silent
    | Warns,
    Field(discriminator="sort"),
]

OF_WORDS = (Says, Silent)
"""Judged whatever the outcome; the others only of a proposal."""
