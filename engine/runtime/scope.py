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
    """Of the steps inside the block ``static`` of the plan ("": all of it) the first ``cut`` characters of the path,
    which are ``static``, are spelled ``prefix`` in the run. ``around``: where the block itself stands."""

    __slots__ = ("_outer", "around", "cut", "names", "prefix", "static")

    def __init__(
        self,
        names: dict[str, Json],
        outer: Scope | None = None,
        static: str = "",
        prefix: str = "",
        around: Scope | None = None,
    ) -> None:
        self.names = names
        self._outer = outer
        self.around = around
        self.static = static
        self.cut = len(static)
        self.prefix = prefix

    def path(self, static: str) -> str:
        return self.prefix + static[self.cut :] if self.cut else static

    def home(self, static: str) -> Scope:
        """The scope that spells the path of a step that may lie outside this scope's block: a call behind a gate."""
        scope = self
        while scope.around is not None and not is_inside(static, scope.static):
            scope = scope.around
        return scope

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
        return Scope({} if names is None else names, self, self.static, self.prefix, self.around)

    def round(self, static: str, path: str, names: dict[str, Json]) -> Scope:
        """A scope for one round of the block step that is ``static`` in the plan, spelled ``path``."""
        return Scope(names, self, static, path, self)

    def respelled(self, static: str, path: str) -> Scope:
        """The same names, where the steps of the block ``static`` are spelled ``path``: another attempt at it."""
        return Scope(self.names, self._outer, static, path, self)


def is_inside(path: str, prefix: str) -> bool:
    """Whether a step lies below another ("" is the whole run), in the plan as in the run; no step is below itself."""
    return not prefix or (
        path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in (".", "[", "#", "~")
    )
