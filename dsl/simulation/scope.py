"""Names and places while a path is walked: what an expression sees, and how a step's path is spelled in the run."""

from __future__ import annotations

from dsl.plan import Json


class Scope:
    """Inside the block ``static`` of the plan ("": all of it) the paths of steps, which begin with that, begin with
    ``prefix`` in the run. ``around``: where the block itself stands."""

    __slots__ = ("_outer", "around", "names", "prefix", "static")

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
        self.prefix = prefix

    def path(self, static: str) -> str:
        return self.prefix + static[len(self.static) :]

    def home(self, static: str) -> Scope:
        """The scope that spells the path of a step that may lie outside this scope's block: a call behind a gate."""
        scope = self
        while scope.around is not None and not is_inside(static, scope.static):
            scope = scope.around
        return scope

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
