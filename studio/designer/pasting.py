"""What a person says in their own words, and what they pasted: a mail, a document, a log.

Only the words of the person ask for something. A pasted part is material: it is told apart by how it begins (the head
of a mail, a quoted line, a fenced block) and goes to a model between marks, and not at all to the built-in rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.designer.fencing import fenced

_HEAD = re.compile(r"(?:From|Von|De|To|An|Subject|Betreff|Sent|Date|Cc|Reply-To)\s*:\s*\S", re.IGNORECASE)
_BORDER = re.compile(
    r"\s*(?:-{2,}|_{5,}|={3,}|\*{3,})?\s*(?:original message|forwarded message|begin forwarded message|"
    r"weitergeleitete nachricht|start of (?:mail|message|document))\b.*",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\s*>")
_FENCE = re.compile(r"\s*(```|~~~|\"\"\")")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a message; ``pasted`` when they are not the person's own words."""

    text: str
    pasted: bool


def pieces(message: str) -> tuple[Piece, ...]:
    """A message in its parts, in order. The head of a mail begins a pasted part that goes on to the end."""
    found: list[tuple[bool, list[str]]] = []
    lines = message.splitlines()
    fence = ""
    mail = False
    for number, line in enumerate(lines):
        opened = _FENCE.match(line)
        if fence:
            pasted, ends = True, bool(opened and opened[1] == fence)
            fence = "" if ends else fence
        elif opened and not mail:
            pasted, fence = True, opened[1]
            if line.count(fence) > 1:
                fence = ""
        else:
            mail = mail or bool(_BORDER.fullmatch(line)) or _begins_mail(lines, number)
            pasted = mail or bool(_QUOTED.match(line))
        if found and (found[-1][0] == pasted or not line.strip()):
            found[-1][1].append(line)
        else:
            found.append((pasted, [line]))
    return tuple(Piece("\n".join(those).strip("\n"), pasted) for pasted, those in found)


def _begins_mail(lines: list[str], at: int) -> bool:
    """Two lines of a mail's head, one under the other."""
    return bool(_HEAD.match(lines[at])) and at + 1 < len(lines) and bool(_HEAD.match(lines[at + 1]))


def own_words(message: str) -> str:
    """The message without what was pasted; the whole of it where there is nothing else."""
    own = "\n".join(piece.text for piece in pieces(message) if not piece.pasted).strip()
    return own or message


def with_marks(message: str) -> str:
    """The message as a model gets it: what was pasted stands between marks, unless all of it was."""
    parts = pieces(message)
    if not any(part.pasted for part in parts) or all(part.pasted for part in parts):
        return message
    return "\n".join(fenced("pasted", part.text) if part.pasted else part.text for part in parts)


__all__ = ["Piece", "own_words", "pieces", "with_marks"]
