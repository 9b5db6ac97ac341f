"""What a request says, before any tool is looked at: a tree of intents.

The reader splits a request into clauses and names what each wants. It never looks at a catalog except for the set of
verbs its tools are named by, which only helps to see where a clause begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from studio.designer.builtin.amounts import Quantity
from studio.designer.builtin.starting import Start

Op: TypeAlias = Literal[">", ">=", "<", "<=", "==", "!="]


# ---- conditions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compare:
    """ "the total is over 100 euros"."""

    subject: str
    op: Op
    quantity: Quantity
    source: str = field(default="", compare=False)
    """The tool that tells it, where the reader knew."""


@dataclass(frozen=True, slots=True)
class CompareTo:
    """ "the amount is more than the balance"."""

    subject: str
    op: Op
    other: str
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Is:
    """ "it is (not) eligible", "the status is paid"."""

    subject: str
    predicate: str
    negated: bool
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Empty:
    """ "there are no open orders"."""

    subject: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Enough:
    """ "there are enough days left": what there is against what is wanted."""

    subject: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Contains:
    subject: str
    text: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Same:
    """ "if so", "if not": the condition asked last."""

    negated: bool


@dataclass(frozen=True, slots=True)
class Both:
    op: Literal["&&", "||"]
    left: Test
    right: Test


Test: TypeAlias = Compare | CompareTo | Is | Empty | Enough | Contains | Same | Both


# ---- intents -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """ "refund it": ``verb`` as written, ``rest`` what follows it, ``words`` the whole clause.

    ``known`` is false when the clause did not begin with a verb that the reader knows; ``aside`` marks an action that
    was only mentioned to say when another happens ("before refunding, ...").
    """

    words: str
    verb: str
    rest: str
    known: bool = True
    aside: bool = False
    tool: str = ""
    """The tool that is meant ("connector.tool"), where the reader knew; else it is found by the words."""


@dataclass(frozen=True, slots=True)
class Check:
    """ "check that it is eligible": something must hold for the work to go on."""

    words: str
    verb: str
    test: Test | None
    rest: str


@dataclass(frozen=True, slots=True)
class Ask:
    """ "ask a manager to approve within a day"."""

    words: str
    role: str
    within: str | None = None
    quorum: int | None = None
    no: tuple[Item, ...] = ()
    """What follows a refusal, before the end."""
    silence: tuple[Item, ...] = ()
    """What is done when nobody answers."""
    escalate: tuple[str, str] | None = None
    """After how long ("" when not said) who is asked as well."""
    also: tuple[str, ...] = ()
    """Who may say yes instead."""


@dataclass(frozen=True, slots=True)
class When:
    test: Test
    then: tuple[Item, ...]
    other: tuple[Item, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Each:
    """ "for each overdue invoice": ``noun`` is what one is."""

    noun: str
    items: tuple[Item, ...]
    concurrency: int | None
    words: str
    tool: str = ""
    """The tool that lists them ("connector.tool"), where the reader knew."""


@dataclass(frozen=True, slots=True)
class Together:
    items: tuple[Item, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Pause:
    duration: str
    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """ "stop", "reject it": the workflow ends here. ``status`` is said of the result."""

    status: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Again:
    """ "retry up to 3 times": of the step before. ``pause`` is the time between two tries, "" when not said."""

    times: int
    words: str
    pause: str = ""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """ "time out after 30 seconds": of the step before."""

    duration: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What follows the answer to the question before it: a no, or none ``after`` a while. "terms" only say how long
    there is (``after``) and how many must agree (``quorum``)."""

    kind: Literal["no", "silent", "terms"]
    after: str
    items: tuple[Item, ...]
    words: str
    quorum: int | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """ "if the booking fails, ...": ``what`` failed in words, "" for anything; ``on`` goes on after ``items``."""

    what: str
    items: tuple[Item, ...]
    on: bool
    words: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """ "check its health every 30 seconds until it is healthy, at most 10 times"."""

    items: tuple[Item, ...]
    until: Test
    pause: str
    most: int | None
    words: str
    spent: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Await:
    """ "wait until the payment arrives": an event."""

    event: str
    entity: str
    words: str
    timeout: str = ""


@dataclass(frozen=True, slots=True)
class Think:
    """ "let an AI classify it as a, b or c": ``choices`` are the classes, empty for free text."""

    verb: str
    rest: str
    choices: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Unclear:
    words: str
    why: str


Item: TypeAlias = (
    Act
    | Check
    | Ask
    | When
    | Each
    | Together
    | Pause
    | Stop
    | Again
    | GiveUp
    | Answer
    | Trouble
    | Repeat
    | Await
    | Think
    | Unclear
)


@dataclass(frozen=True, slots=True)
class Reading:
    """``start`` is what sets it off, and ``occasion`` the same in words ("a customer asks for a refund")."""

    items: tuple[Item, ...]
    occasion: str = ""
    start: Start | None = None
    name: str = ""
    about: str = ""
    """What "for a leave request: ..." says it is all about."""
    heading: str = ""
    """A first line that only names what it is about: "quote for a lead"."""
    unclear: tuple[Unclear, ...] = field(default=())
    typed: tuple[str, ...] = ()
    """What somebody is said to type in, in words."""
