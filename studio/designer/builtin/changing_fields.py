"""Tools that change a field of what there is: its own value is no new one."""

from __future__ import annotations

from typing import Final

from studio.designer.builtin.shapes import required
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, singular, stem, stems, word_list

CHANGES: Final = frozenset(
    map(stem, word_list("set update change assign move adjust transition edit rename scale transfer"))
)
_ROOTS: Final = frozenset(map(stem, word_list("id no number key sku ref reference code host")))


def no_change(known: Known, about: tuple[str, ...], leaf: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a value is what a change would only write back: the owner that a lead has, as its new owner.

    ``about`` and ``leaf`` are the words of where the value stands, ``words`` those of the argument.
    """
    if known.verb not in CHANGES or leaf != words or words[-1] in _ROOTS:
        return False
    own = {stem(singular(w)) for w in known.noun}
    own |= {s for n in required(known.tool.input_schema) for s in name_stems(n)[:-1]}
    own |= set(stems(known.tool.description.split(".")[0]))
    return bool(set(about) & own)
