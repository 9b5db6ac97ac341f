"""Which values a condition bounds from above, by a number that is the same in every run."""

from __future__ import annotations

from dsl import tree
from dsl.flow.values import Value, Values

Bounded = frozenset[Value]
_NONE: Bounded = frozenset()

_DEEPEST = 20
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Bounds:
    """What is bounded when a condition came out true, or false. Equal questions are answered once."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._known: dict[tuple[int, bool, bool], Bounded] = {}

    def when(self, test: tree.Expr, path: str, outcome: bool, *, in_round: bool = False) -> Bounded:
        """The values that are at most some fixed number when ``test`` came out as ``outcome``.

        A test that cannot be computed fails its step, so what is said of the other outcome need not hold then. Of
        ``a || b`` that is true, one may have failed: only what each of them says alone is sure.
        """
        question = (id(test), outcome, in_round)
        if question not in self._known:
            self._known[question] = _NONE  # for a condition that is about itself
            self._known[question] = self._when(test, path, outcome, in_round)
        return self._known[question]

    def _when(self, test: tree.Expr, path: str, outcome: bool, in_round: bool) -> Bounded:
        test, path, in_round = self._values.meant(test, path, in_round=in_round)

        def when(part: tree.Expr, outcome: bool) -> Bounded:
            return self.when(part, path, outcome, in_round=in_round)

        match test:
            case tree.Unary(op="!", operand=operand):
                return when(operand, not outcome)
            case tree.Binary(op="&&" | "||" as op, left=left, right=right):
                first, second = when(left, outcome), when(right, outcome)
                return first | second if (op == "&&") == outcome else first & second
            case tree.Conditional(test=inner, then=then, other=other):
                first = when(inner, True) | when(then, outcome)
                second = when(inner, False) | when(other, outcome)
                return first & second
            case tree.Binary(op="in", left=left, right=tree.ListOf(items=items)) if outcome:
                limits = [self._values.of(item, path, in_round=in_round) for item in items]
                if limits and all(map(self._values.fixed, limits)):
                    return frozenset({self._values.of(left, path, in_round=in_round)})
            case tree.Binary(op="<" | "<=" | ">" | ">=" | "==" | "!=" as op, left=left, right=right):
                less = self._values.of(left, path, in_round=in_round)
                more = self._values.of(right, path, in_round=in_round)
                return self._compared(less, op, more, outcome) | self._compared(
                    more, _MIRRORED[op], less, outcome
                )
        return _NONE

    def _compared(self, value: Value, op: str, limit: Value, outcome: bool) -> Bounded:
        bounding = ("<", "<=", "==") if outcome else (">", ">=", "!=")
        return frozenset({value}) if op in bounding and self._values.fixed(limit) else _NONE

    def equal(self, subject: tree.Expr, value: tree.Expr, path: str, outcome: bool) -> Bounded:
        """What is bounded when ``subject`` is, or is not, ``value``: for the cases of a ``switch``."""
        meant, _, _ = self._values.meant(subject, path)
        if isinstance(meant, tree.Constant) and isinstance(meant.value, bool):
            return self.when(value, path, meant.value == outcome)
        if outcome and self._values.fixed(self._values.of(value, path)):
            return frozenset({self._values.of(subject, path)})
        return _NONE

    def open(self, amount: tree.Expr, path: str, depth: int = 0) -> Bounded:
        """The values of which an amount is one, but for those that its own conditions bound: empty when it is fixed."""
        value = self._values.of(amount, path)
        if self._values.fixed(value):
            return _NONE
        meant, place, _ = self._values.meant(amount, path)
        if isinstance(meant, tree.Conditional) and depth < _DEEPEST:
            then = self.open(meant.then, place, depth + 1) - self.when(meant.test, place, True)
            other = self.open(meant.other, place, depth + 1) - self.when(meant.test, place, False)
            return then | other
        return frozenset({value})
