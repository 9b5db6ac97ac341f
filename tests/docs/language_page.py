"""The examples of docs/language.md: each workflow with the input, answer and output that stand below it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "language.md"

_BLOCK = re.compile(r"```weft\n(?P<text>.*?)```\n(?P<below>[^\n]*(?:\n[^\n#|`]+)*)", re.S)
_INPUT = re.compile(
    r"Input `(?P<given>[^`]*)`(?:, answering `(?P<gate>[^`]*)` with (?P<answer>yes|no),)? gives `(?P<output>[^`]*)`"
)


@dataclass(frozen=True, slots=True)
class Example:
    """``answers`` maps the path of an approval to "approved" or "rejected"; ``model`` is what the model says."""

    name: str
    text: str
    given: Any
    answers: dict[str, str]
    output: Any


def examples() -> list[Example]:
    found = []
    for block in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        text = block["text"]
        stated = _INPUT.match(block["below"].replace("\n", " "))
        assert stated is not None, f"this example says no input and output: {text[:80]}"
        answer = {"yes": "approved", "no": "rejected"}.get(stated["answer"] or "")
        found.append(
            Example(
                re.search(r"workflow (\w+)", text)[1],  # type: ignore[index]
                text,
                json.loads(stated["given"]),
                {stated["gate"]: answer} if answer else {},
                json.loads(stated["output"]),
            )
        )
    return found
