"""Names and places while a path is walked: what an expression sees, and how a step's path is spelled in the run."""

from __future__ import annotations

from dsl.plan import Json


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

    def env(self, names: tuple[str, ...] | frozenset[str]) -> dict[str, Json]:
        """The values of those names that have one."""
        found: dict[str, Json] = {}
        for name in names:
            scope: Scope | None = self
            while scope is not None:
                if name in scope.names:
                    found[name] = scope.names[name]
                    break
                scope = scope._outer
        return found

    def inner(self, names: dict[str, Json] | None = None) -> Scope:
        """A scope inside, on the same round: of a catch or a compensation."""
        return Scope({} if names is None else names, self, self.cut, self.prefix)

    def round(self, static: str, path: str, names: dict[str, Json]) -> Scope:
        """A scope for one round of the block step that is ``static`` in the plan, spelled ``path``."""
        return Scope(names, self, len(static), path)

    def respelled(self, static: str, path: str) -> Scope:
        """The same names, where the steps of the block ``static`` are spelled ``path``: another attempt at it."""
        return Scope(self.names, self._outer, len(static), path)
