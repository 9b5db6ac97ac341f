"""Text from outside, between marks that it cannot forge: what a tool says of itself, what a run gave, what was pasted.

Two things hold together. A block's marks carry the hash of what stands between them, and no text can contain its own
hash; so the end of a block is the only place that says where it ends. And whatever merely looks like a mark, in any
script, case or spelling, is broken up, for a reader that does not compare hashes. Characters that cannot be seen are
left out: they carry orders past the eyes of whoever looks the text over.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

_OPENING = frozenset("<\u2039\u276c\u27e8\u3008\u2329\u02c2\uff1c\ufe64\u1438\u2770\u276e\u227a\u276a\u29fc")
"""What is drawn like the beginning of a mark."""

_OPENERS = re.compile(f"[{''.join(sorted(_OPENING))}]")
_UNCOMMON = re.compile("[^\n\t\x20-\x7e\xa1-\xac\xae-\u02ff]")
"""What is looked at character by character; a catalog of tools is long, and most of it is plain."""

_LOOKS_LIKE = {
    "d": "dԁⅾ\u0501", "a": "aаɑα\u0430\u03b1\u237a", "t": "tтτ\u0442\u03c4",
}  # fmt: skip
_MEANS = {character: plain for plain, those in _LOOKS_LIKE.items() for character in those}
_WORD = "data"
_BETWEEN = frozenset(" \t\n\r/\\\u2044\u2215\u29f8\uff0f-_.")
_BROKEN = "("
_MOST_BETWEEN = 8


def fenced(name: str, text: str) -> str:
    """``text`` as data of the sort ``name`` ("tools", "workflow", "run", ...)."""
    safe = _without_marks(visible(text))
    mark = sha256(f"{name}\n{safe}".encode()).hexdigest()[:16]
    return f'<data name="{name}" mark="{mark}">\n{safe}\n</data mark="{mark}">'


def visible(text: str) -> str:
    """The text without control and format characters, tags and lone surrogates; line ends and tabs stay."""
    return _UNCOMMON.sub(lambda found: "" if _unseen(found[0]) else found[0], text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 300) -> str:
    """Visible text on one line, so that what a tool says of itself cannot pass for several tools."""
    return " ".join(visible(text).split())[:limit]


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") or character in "\u2028\u2029"


def _without_marks(text: str) -> str:
    """Every sign that opens something like ``<data`` or ``</data`` becomes one that opens nothing."""
    return _OPENERS.sub(lambda found: _BROKEN if _begins_mark(text, found.end()) else found[0], text)


def _begins_mark(text: str, at: int) -> bool:
    end = min(len(text), at + _MOST_BETWEEN)
    start = at
    while at < end and text[at] in _BETWEEN:
        at += 1
    if text[start:at].isspace():
        return False  # a comparison: order.total < data.limit
    return _plain(text[at : at + 2 * len(_WORD)]).startswith(_WORD)


def _plain(text: str) -> str:
    """Letters as they are read: without accents, in lower case, and in our alphabet."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = (c for c in decomposed if not unicodedata.combining(c))
    return "".join(_MEANS.get(c, c) for c in "".join(bare).casefold())


__all__ = ["fenced", "one_line", "visible"]
