"""A whole program as flat JSON: every step with the id of the block it stands in, every expression as Weft text.

It says the same as the text: :func:`flatten` takes it from a text, :func:`text_of` writes the text of it, in canonical
form. Its JSON Schema (``Flat.model_json_schema()``) has no recursion, so that a model that knows nothing of our grammar
can fill it; what is wrong with an answer comes back as sentences (:func:`read_flat`).
"""

from __future__ import annotations

from typing import Any

from dsl.flat.flattening import flatten
from dsl.flat.forms import Flat
from dsl.flat.printing import text_of
from dsl.flat.problems import FlatError, read_flat

__all__ = ["Flat", "FlatError", "flatten", "read_flat", "text_of", "text_of_graph"]


def text_of_graph(graph: Any) -> str:
    """The canonical text of a graph as ``weft graph --format json`` gives it. Raises :class:`FlatError`."""
    program = graph.get("program") if isinstance(graph, dict) else None
    if program is None:
        raise FlatError(("this graph does not hold its program: the text it was made of could not be read",))
    return text_of(read_flat(program))
