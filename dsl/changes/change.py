"""What can differ between two texts: a closed union, each with where it is, how much it weighs and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from dsl.tree import Span

Weight: TypeAlias = Literal["safety", "behaviour", "interface", "words"]
"""``safety``: less is asked, bounded or undone than before, or more is done outside. ``behaviour``: it does something
else. ``interface``: what others give it, get from it or start it by. ``words``: it means the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """``old`` and ``new`` are step paths, None on the side that has no such step and for what is no step's.

    ``sentence`` is for people, without a full stop; ``risks`` say, a sentence each, in what it lowers safety: then the
    weight is "safety".
    """

    old: str | None = None
    new: str | None = None
    old_span: Span | None = None
    new_span: Span | None = None
    weight: Weight = "behaviour"
    sentence: str
    risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAdded(_Change):
    kind: ClassVar = "step_added"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRemoved(_Change):
    kind: ClassVar = "step_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRenamed(_Change):
    kind: ClassVar = "step_renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMoved(_Change):
    """``across``: into another block; otherwise to another place in the same one."""

    kind: ClassVar = "step_moved"
    across: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsWrapped(_Change):
    """Steps were put into a new block step (``new``). ``steps`` are their paths in the old text."""

    kind: ClassVar = "steps_wrapped"
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsUnwrapped(_Change):
    """A block step (``old``) was taken away from around its steps. ``steps`` are their paths in the new text."""

    kind: ClassVar = "steps_unwrapped"
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRetargeted(_Change):
    """A call of another tool, a run of another workflow, a wait for another event, or another kind of step.

    ``was`` and ``now`` as "connector.tool", a workflow's or event's name, or the kind's keyword.
    """

    kind: ClassVar = "step_retargeted"
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChanged(_Change):
    """A part of a step: "argument amount", "timeout", "catch 1", "prompt", "items", "value", ...

    ``was`` and ``now`` are as written, on one line; None where the part is not there.
    """

    kind: ClassVar = "part_changed"
    part: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionChanged(_Change):
    """When a branch is taken or a loop goes on. ``was`` and ``now`` are as written."""

    kind: ClassVar = "condition_changed"
    branch: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalChanged(_Change):
    """``part`` is "approvers", "quorum", "within", "escalate", "title", "show", "on reject" or "on timeout"."""

    kind: ClassVar = "approval_changed"
    part: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLost(_Change):
    """A call no longer stands behind an approval, by changes elsewhere. ``gate`` is the approval's old path."""

    kind: ClassVar = "approval_lost"
    gate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadChanged(_Change):
    """``part`` is "name", "use", "type", "input", "output", "config", "secret" or "trigger"."""

    kind: ClassVar = "head_changed"
    part: str
    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsChanged(_Change):
    """Documentation, an annotation or comments: of one step, or of the workflow where there are no paths."""

    kind: ClassVar = "words_changed"


Change: TypeAlias = (
    StepAdded
    | StepRemoved
    | StepRenamed
    | StepMoved
    | StepsWrapped
    | StepsUnwrapped
    | StepRetargeted
    | PartChanged
    | ConditionChanged
    | ApprovalChanged
    | ApprovalLost
    | HeadChanged
    | WordsChanged
)


@dataclass(frozen=True, slots=True)
class Changes:
    """In order: what lowers safety, then the header, then the steps in the order of the new text.

    ``layout``: the texts differ in spaces, line ends or the order of lines that have none.
    """

    changes: tuple[Change, ...]
    layout: bool = False

    @property
    def meaning(self) -> tuple[Change, ...]:
        """Those after which the workflow does, takes or gives something else."""
        return tuple(change for change in self.changes if change.weight != "words")

    @property
    def same(self) -> bool:
        """Whether both texts mean the same."""
        return not self.meaning

    def sentences(self) -> tuple[str, ...]:
        """All of it for people, one sentence each; never empty."""
        if not self.changes:
            only = (
                "Nothing changed in meaning: only the layout differs." if self.layout else "Nothing changed."
            )
            return (only,)
        found = []
        for change in self.changes:
            found.append(f"{change.sentence}.")
            found += [f"{risk}." for risk in change.risks]
        return tuple(found)
