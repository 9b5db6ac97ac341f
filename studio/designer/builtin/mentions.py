"""What is said twice: a deed named as the subject of a request, and asked for again behind the yes it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio.designer.builtin.reading import Act, Ask, Each, Item, Together, When
from studio.designer.builtin.tools import Known

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer


def used(composer: Composer, items: tuple[Item, ...]) -> tuple[Known, ...]:
    """The tools that the deeds of a request mean, each once, in order."""
    found = [known for act in _acts(items) if (known := composer.match(act)) is not None]
    return tuple({known.id: known for known in found}.values())


def said_once(composer: Composer, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items without a deed in front of a yes that is asked for again behind it, where it needs one."""
    kept = list(items)
    for index, item in enumerate(items):
        if not isinstance(item, Act):
            continue
        known = composer.match(item)
        if known is None or not composer.work.catalog.nature(known.connector, known.tool.name).dangerous:
            continue
        behind = items[index + 1 :]
        at = next((n for n, one in enumerate(behind) if _asks(one)), None)
        if at is not None and any(_same(composer, act, known) for act in _acts(behind[at:])):
            kept.remove(item)
    return tuple(kept)


def _same(composer: Composer, act: Act, known: Known) -> bool:
    other = composer.match(act)
    return other is not None and other.id == known.id


def _asks(item: Item) -> bool:
    match item:
        case Ask():
            return True
        case When(then=then, other=other):
            return any(map(_asks, (*then, *other)))
        case _:
            return False


def _acts(items: tuple[Item, ...]) -> Iterator[Act]:
    for item in items:
        match item:
            case Act():
                yield item
            case When(then=then, other=other):
                yield from _acts((*then, *other))
            case Each(items=inner) | Together(items=inner):
                yield from _acts(inner)
            case _:
                continue
