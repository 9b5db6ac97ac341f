"""The examples of docs/language.md: each workflow with the input, what happens meanwhile, and the output below it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "language.md"

_BLOCK = re.compile(r"```weft\n(?P<text>.*?)```\n(?P<below>Input [^#|]*?)\n\n", re.S)
_STATED = re.compile(r"Input `(?P<given>[^`]*)`(?:, (?P<meanwhile>.*),)? gives `(?P<output>[^`]*)`\.")
_ANSWER = re.compile(r"answering `(?P<gate>[^`]*)` with (?P<answer>yes|no)")
_SAYS = re.compile(r"where the model says `(?P<words>[^`]*)`")
_EVENT = re.compile(r"when the event `(?P<name>[^`]*)` brings `(?P<payload>[^`]*)`")


@dataclass(frozen=True, slots=True)
class Example:
    """``answers``: by the path of an approval, "approved" or "rejected". ``says``: the words of the model, if asked."""

    name: str
    text: str
    given: Any
    output: Any
    answers: dict[str, str] = field(default_factory=dict)
    says: str | None = None
    events: tuple[tuple[str, Any], ...] = ()


def examples() -> dict[str, Example]:
    found = {}
    for block in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        text = block["text"]
        stated = _STATED.fullmatch(block["below"].replace("\n", " "))
        assert stated is not None, f"no input and output can be read in: {block['below']}"
        meanwhile = stated["meanwhile"] or ""
        answer, says, event = _ANSWER.search(meanwhile), _SAYS.search(meanwhile), _EVENT.search(meanwhile)
        name = text[text.index("workflow ") :].split()[1]
        found[name] = Example(
            name,
            text,
            json.loads(stated["given"]),
            json.loads(stated["output"]),
            {answer["gate"]: "approved" if answer["answer"] == "yes" else "rejected"} if answer else {},
            says["words"] if says else None,
            ((event["name"], json.loads(event["payload"])),) if event else (),
        )
    return found
