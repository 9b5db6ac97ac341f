"""A model's answer taken apart while it streams: prose for the person, the text for the checker."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPEN = re.compile(r"```[a-zA-Z]*[ \t]*\n")
_FENCE = "```"


class Splitter:
    """Feeds on pieces of an answer and gives back the prose of each, without the fenced text.

    A fence may come in any number of pieces: what could still become one is held back.
    """

    def __init__(self) -> None:
        self.whole = ""
        self._shown = 0
        self._inside = False

    def feed(self, piece: str) -> str:
        self.whole += piece
        shown = ""
        while True:
            rest = self.whole[self._shown :]
            if self._inside:
                at = rest.find("\n" + _FENCE)
                if at < 0:
                    return shown
                self._shown += at + 1 + len(_FENCE)
                self._inside = False
                continue
            at = rest.find("`")
            if at < 0:
                self._shown = len(self.whole)
                return shown + rest
            shown += rest[:at]
            self._shown += at
            rest = rest[at:]
            if opened := _OPEN.match(rest):
                self._shown += opened.end()
                self._inside = True
                # The newline before the text also ends an empty block.
                self._shown -= 1
                continue
            if (rest.startswith(_FENCE) and "\n" not in rest) or _FENCE.startswith(rest):
                return shown
            shown += "`"
            self._shown += 1


@dataclass(frozen=True, slots=True)
class Parts:
    """``text`` is the workflow, "" when the answer holds none."""

    prose: str
    text: str
    assumptions: tuple[str, ...]
    questions: tuple[str, ...]


def take_apart(answer: str) -> Parts:
    """A whole answer. A block that was never closed counts up to its end; a bare text without fences too."""
    blocks = re.findall(r"```[a-zA-Z]*[ \t]*\n(.*?)(?:\n```|\Z)", answer, re.S)
    text = next((b for b in reversed(blocks) if re.search(r"\bworkflow\s+\w+\s*\{", b)), "")
    prose = re.sub(r"```[a-zA-Z]*[ \t]*\n.*?(?:\n```|\Z)", "\n", answer, flags=re.S)
    if not text and (bare := re.search(r"^(?:///[^\n]*\n)*workflow\s+\w+\s*\{.*^\}", answer, re.S | re.M)):
        text = bare[0]
        prose = answer.replace(text, "\n")
    assumptions, questions, said = [], [], []
    into = said
    for line in prose.splitlines():
        heading = line.strip().strip("*#: ").lower()
        if heading in ("assumptions", "questions", "open questions"):
            into = assumptions if heading == "assumptions" else questions
        elif into is said:
            said.append(line)
        elif bullet := line.strip().lstrip("-*• ").strip():
            into.append(bullet)
    return Parts("\n".join(said).strip(), text.strip(), tuple(assumptions[:12]), tuple(questions[:12]))
