"""Steps taken from a text as a text of their own, to be pasted there or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import tree
from dsl.edits.ground import Ground
from dsl.edits.models import EditError, Paste, UseLine
from dsl.edits.steps import own_lines
from dsl.outline import uses
from dsl.parse import Parsed
from dsl.walk import walk


@dataclass(frozen=True, slots=True)
class Copied:
    """``text`` is Weft: the steps with their comments, without indentation; ``uses`` what their aliases stand for."""

    text: str
    uses: tuple[UseLine, ...]

    def paste(self, container: str = "", before: str | None = None) -> Paste:
        return Paste(container=container, before=before, text=self.text, uses=self.uses)


def copy_text(parsed: Parsed, paths: Sequence[str]) -> Copied:
    """The steps at these paths, in the order they are written; a step inside another of them comes with that one.

    Raises :class:`EditError` where one of them does not exist.
    """
    ground = Ground(parsed)
    chosen = {path: ground.place(path) for path in paths}
    outer = [
        place
        for path, place in ground.places.items()
        if path in chosen and not any(path.startswith((f"{other}.", f"{other}~")) for other in chosen)
    ]
    if not outer:
        raise EditError("there is nothing to copy", "choose one step or more")
    aliases = uses(ground.workflow)
    found: dict[str, UseLine] = {}
    for node in walk(tuple(place.step for place in outer)):
        match node:
            case tree.Call(alias=alias) | tree.RunWorkflow(alias=alias) | tree.ToolRef(alias=alias):
                use = aliases.get(alias)
                if use is not None:
                    found[alias] = UseLine(alias=alias, connector=use.name, source=use.source)
    return Copied("".join(own_lines(ground, place.step) for place in outer), tuple(found.values()))
