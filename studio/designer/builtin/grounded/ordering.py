"""Items put where they belong: questions in front of what waits for them, the other case at the end of a chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from studio.designer.builtin.reading import Act, Ask, Each, Item, Together, When
from studio.designer.builtin.tiers import ended

Writes: TypeAlias = Callable[[Item], bool]
"""Whether an item is a deed that changes something."""


def into(items: list[Item], inner: list[Item]) -> None:
    """What is listed below a line goes into what the line says."""
    last = items[-1] if items and inner else None
    match last:
        case When() if not last.then or not last.other:
            items[-1] = replace(last, then=(*last.then, *inner))
        case Each():
            items[-1] = replace(last, items=(*last.items, *inner))
        case _:
            items.extend(inner)


def tools(item: Item) -> set[str]:
    """The tools that an item's deeds mean."""
    match item:
        case Act():
            return {item.tool}
        case When(then=then, other=other):
            return set().union(*map(tools, (*then, *other)))
        case Each(items=inner) | Together(items=inner):
            return set().union(*map(tools, inner))
        case _:
            return set()


def flat(items: list[Item]) -> list[Item]:
    """An "each" inside of a loop is the one that is gone through."""
    return [one for item in items for one in (item.items if isinstance(item, Each) else (item,))]


def otherwise(items: list[Item], rest: tuple[Item, ...]) -> bool:
    """Put what happens otherwise behind the last run of conditions, as the end of one chain of them."""
    at = len(items)
    while at > 0 and isinstance(items[at - 1], When) and not items[at - 1].other:  # type: ignore[union-attr]
        at -= 1
    run = items[at:]
    last = items[-1] if items else None
    if not run:
        closed = ended(last, rest) if isinstance(last, When) else None
        if closed is not None:
            items[-1] = closed
        return closed is not None
    for item in reversed(run):
        assert isinstance(item, When)
        rest = (replace(item, other=rest),)
    items[at:] = list(rest)
    return True


def together(items: list[Item], words: str) -> list[Item]:
    """The deeds of a sentence side by side."""
    acts = [i for i in items if isinstance(i, Act)]
    if len(acts) < 2:
        return items
    at = items.index(acts[0])
    return [*items[:at], Together(tuple(acts), words), *[i for i in items[at:] if i not in acts]]


def yes_before(items: list[Item], changes: Writes) -> list[Item]:
    """A question of a sentence stands before the deeds of that sentence that change something."""
    ask = next((n for n, i in enumerate(items) if isinstance(i, Ask)), None)
    if ask is None or any(changes(i) for i in items[ask + 1 :]):
        return items
    first = next((n for n, i in enumerate(items[:ask]) if changes(i)), None)
    if first is None:
        return items
    return [*items[:first], items[ask], *items[first:ask], *items[ask + 1 :]]


def asks_first(items: list[Item], changes: Writes) -> list[Item]:
    """A question that nothing waits for stands before the deeds in front of it."""

    def only_asks(item: Item) -> bool:
        return isinstance(item, Ask) or (
            isinstance(item, When)
            and bool(item.then or item.other)
            and all(only_asks(i) for i in (*item.then, *item.other))
        )

    for index, item in enumerate(items):
        if not only_asks(item) or any(
            changes(i) or (isinstance(i, When | Each) and not only_asks(i) and tools(i))
            for i in items[index + 1 :]
        ):
            continue
        first = index
        while first > 0 and (changes(items[first - 1]) or only_asks(items[first - 1])):
            first -= 1
        at = next((n for n in range(first, index) if changes(items[n])), None)
        if at is not None:
            moved = items.pop(index)
            items.insert(at, moved)
    return items
