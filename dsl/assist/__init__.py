"""Help while writing: completion, hover, signatures, where names come from, outlines and colours. All pure.

Every function takes the text as it is, mistakes and all, and never raises, but for ``rename``, which raises
:class:`dsl.EditError` when a name cannot be given. Offsets and spans count characters of the text.
"""

from __future__ import annotations

from dsl.assist.colours import COLOURS, Coloured, semantic_tokens
from dsl.assist.complete import Completion, complete
from dsl.assist.hover import Hover, hover
from dsl.assist.navigation import definition, references, rename, renameable
from dsl.assist.signature import Parameter, Signature, signature
from dsl.assist.symbols import Fold, Symbol, folding, symbols

__all__ = [
    "COLOURS",
    "Coloured",
    "Completion",
    "Fold",
    "Hover",
    "Parameter",
    "Signature",
    "Symbol",
    "complete",
    "definition",
    "folding",
    "hover",
    "references",
    "rename",
    "renameable",
    "semantic_tokens",
    "signature",
    "symbols",
]
