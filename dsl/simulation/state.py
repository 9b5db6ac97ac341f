"""What one walk through a plan knows and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsl.catalog import Catalog
from dsl.cel import ExpressionError, evaluate
from dsl.plan import CelExpr, Expression, Json, ListExpr, MapExpr, Plan, PlanStep, TemplateExpr
from dsl.simulation.choices import Choices
from dsl.simulation.kernel import Kernel
from dsl.simulation.outcome import Failure, TooLong
from dsl.simulation.result import Effect, Limits, Mock, Taken
from dsl.simulation.samples import Samples
from dsl.simulation.scope import Scope, is_inside
from dsl.simulation.terrain import Terrain


@dataclass(slots=True)
class Undo:
    """A finished step that knows how to undo itself."""

    order: int
    path: str
    step: PlanStep
    scope: Scope


@dataclass(slots=True)
class State:
    plan: Plan
    terrain: Terrain
    samples: Samples
    choices: Choices
    limits: Limits
    catalog: Catalog | None = None
    mocks: Mapping[str, Mock] = field(default_factory=dict)
    kernel: Kernel = field(default_factory=Kernel)
    steps: list[Taken] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    undo: list[Undo] = field(default_factory=list)
    left: list[Undo] = field(default_factory=list)
    """Steps that may have been finished, in branches that were stopped."""
    undone: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    undoing: int = 0
    approved: dict[str, dict[str, Json]] = field(default_factory=dict)
    refused: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """By a call's path in the plan, the gates (by theirs) at which a person said no, each with the round of the call
    that this is about (as its spelling in the run). A later yes at the same gate takes it back."""
    _order: int = 0

    def tick(self) -> int:
        """A place in the order of what happens."""
        self._order += 1
        return self._order

    def value(self, expression: Expression, scope: Scope) -> Json:
        """Raises ``ExpressionError``."""
        return evaluate(expression, scope.env(names_of(expression)))

    def compute(self, expression: Expression, scope: Scope, path: str) -> Json:
        """The value; an expression that has none is a ``Failure`` of the step at ``path``."""
        try:
            return self.value(expression, scope)
        except ExpressionError as error:
            raise self.failed(path, "expression", error.message) from None

    def failed(self, path: str, code: str, message: str) -> Failure:
        return Failure(code, message, path, self.tick())

    def is_refused(self, step: PlanStep, path: str) -> bool:
        """Whether a person said no to what ``step`` does at ``path``."""
        return any(is_inside(path, around) for _, around in self.refused.get(step.path, ()))

    def reach(self, step: PlanStep) -> None:
        self.reached.add(step.path)
        if len(self.steps) > self.limits.steps:
            raise TooLong

    def note(self, path: str, step: PlanStep, given: Json, value: Json, error: str | None = None) -> None:
        self.steps.append(Taken(path, step.do.kind, given, value, error))

    def choose(self, step: PlanStep, path: str, options: Sequence[str]) -> int:
        return self.choices.take(step.path, path, options)

    def mock(self, step: PlanStep, path: str) -> tuple[bool, Mock]:
        """Whether a result is given, and what: by the step's path in the run, its path in the plan, or its id."""
        for name in (path, step.path, step.id):
            if name in self.mocks:
                return True, self.mocks[name]
        return False, None


def names_of(expression: Expression) -> frozenset[str]:
    """The root names an expression reads."""
    match expression:
        case CelExpr(names=names):
            return frozenset(names)
        case TemplateExpr(parts=parts):
            return frozenset().union(*(names_of(part) for part in parts if not isinstance(part, str)))
        case ListExpr(items=items):
            return frozenset().union(*map(names_of, items))
        case MapExpr(entries=entries):
            return frozenset().union(*(names_of(key) | names_of(value) for key, value in entries))
        case _:
            return frozenset()
