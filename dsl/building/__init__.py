"""From grammar rules to nodes: one method a rule of ``grammar.lark``, called by the parser as it reduces.

The children of a rule are its tokens (punctuation too, so that every span is exact) and the nodes already made.
The methods keep no state: the parser is built once for the process. What one reading needs is the
:class:`~dsl.building.reading.Reading` of the moment.
"""

from __future__ import annotations

from dsl.building.expressions import Expressions
from dsl.building.heads import Heads, Types
from dsl.building.steps import Steps


class Builder(Expressions, Types, Heads, Steps):
    """All rules together, as the parser's transformer."""
