"""Names in layers: what a place may read, without copying it for every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.catalog import Schema


class Names(Mapping[str, Schema]):
    """The names of ``base`` and the first ``limit`` of ``added``, which may still grow while this is kept.

    A later name hides an earlier one of a layer below; within a layer the first of two stays.
    """

    __slots__ = ("_added", "_base", "_limit")

    def __init__(
        self, base: Mapping[str, Schema], added: Mapping[str, tuple[int, Schema]], limit: int
    ) -> None:
        self._base = base
        self._added = added
        self._limit = limit

    def __getitem__(self, name: str) -> Schema:
        found = self._added.get(name)
        if found is not None and found[0] < self._limit:
            return found[1]
        return self._base[name]

    def __iter__(self) -> Iterator[str]:
        own = [name for name, (number, _) in self._added.items() if number < self._limit]
        yield from (name for name in self._base if name not in own)
        yield from own

    def __len__(self) -> int:
        return sum(1 for _ in self)


def with_names(base: Mapping[str, Schema], added: Mapping[str, Schema]) -> Names:
    """``base`` and a few more names over it."""
    return Names(base, {name: (0, schema) for name, schema in added.items()}, 1)
