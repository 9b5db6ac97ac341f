"""Looking for steps by their names, titles, tools, sentences, and by what is written in them. Pure."""

from __future__ import annotations

from dsl import tree
from dsl.outline import slots
from studio.editor.reading import Reading


def find(reading: Reading, words: str) -> tuple[str, ...]:
    """The paths of the steps that hold every one of the words, in the order they are written."""
    wanted = words.casefold().split()
    if not wanted:
        return ()
    shown = {node["step"]: node for node in reading.graph["nodes"] if node["step"] == node["id"]}
    found = []
    for path, place in reading.steps.items():
        node = shown.get(path, {})
        about = (place.step.id, node.get("title"), node.get("tool"), node.get("sentence"), place.step.doc)
        text = " ".join([*(str(each) for each in about if each), _own_text(place.step, reading.text)])
        if all(word in text.casefold() for word in wanted):
            found.append(path)
    return tuple(found)


def _own_text(step: tree.Step, text: str) -> str:
    """What is written in a step itself, without the steps inside."""
    at, pieces = step.span.start, []
    for slot in sorted(slots(step), key=lambda slot: slot.block.span.start):
        pieces.append(text[at : slot.block.span.start])
        at = max(at, slot.block.span.end)
    return " ".join([*pieces, text[at : step.span.end]])
