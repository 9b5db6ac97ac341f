"""Names and places while a run goes on: what an expression sees, and the structural path of a step.

A scope opens for each round of a ``foreach`` or ``loop``, for a catch and for a compensation. Everything else shares
the scope around it. A step's path in the plan has no rounds; its path in the run has them (``results[3].route``): a
scope knows how the beginning of its steps' paths is spelled in this run.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any

_MISSING = object()


class Scope:
    """``cut`` characters of a step's path in the plan are spelled ``prefix`` in the run."""

    __slots__ = ("_outer", "cut", "names", "prefix")

    def __init__(
        self, names: dict[str, Json], outer: Scope | None = None, cut: int = 0, prefix: str = ""
    ) -> None:
        self.names = names
        self._outer = outer
        self.cut = cut
        self.prefix = prefix

    def path(self, static: str) -> str:
        return self.prefix + static[self.cut :] if self.cut else static

    def get(self, name: str) -> Json:
        """The value of a name. Raises ``KeyError``."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name, _MISSING)
            if value is not _MISSING:
                return value
            scope = scope._outer
        raise KeyError(name)

    def has(self, name: str) -> bool:
        try:
            self.get(name)
        except KeyError:
            return False
        return True

    def inner(self, names: dict[str, Json] | None = None) -> Scope:
        """A scope inside, on the same round: of a catch or a compensation."""
        return Scope({} if names is None else names, self, self.cut, self.prefix)

    def round(self, static: str, path: str, names: dict[str, Json]) -> Scope:
        """A scope for one round of the block step that is ``static`` in the plan, spelled ``path``."""
        return Scope(names, self, len(static), path)

    def respelled(self, static: str, path: str) -> Scope:
        """The same names, where the steps of the block ``static`` are spelled ``path``: another attempt at it."""
        return Scope(self.names, self._outer, len(static), path)
