"""Weft, the workflow language: read it, check it, change it, draw it, lower it. Pure: no input, output or clock.

What a running workflow needs (plans, values, expressions) is there at once. The rest is imported when it is first
asked for: a runner's start would pay half a second for an editor that it never opens. ``parse`` and ``position`` are
named as their modules, so they are there at once too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dsl.catalog import Catalog
from dsl.cel import ExpressionError, evaluate, truth
from dsl.diagnostic import Diagnostic, Fix, Position, Replacement
from dsl.parse import Parsed, parse
from dsl.plan import Plan
from dsl.position import position
from dsl.values import InputError, coerce, validate_input

if TYPE_CHECKING:
    from dsl.assist import definition, references, rename, renameable, semantic_tokens
    from dsl.assist.complete import Completion, complete
    from dsl.assist.hover import Hover, hover
    from dsl.assist.signature import Signature, signature
    from dsl.assist.symbols import Fold, Symbol, folding, symbols
    from dsl.checks import check, checking, notes
    from dsl.decoding import decoding_grammar
    from dsl.edits import (
        AddStep,
        Connect,
        Copied,
        Disconnect,
        Edit,
        Edited,
        EditError,
        MoveStep,
        Paste,
        RemoveStep,
        RenameName,
        RenameStep,
        ReplaceText,
        Sequence,
        SetAnnotation,
        SetArgument,
        SetClause,
        SetComment,
        SetDoc,
        SetExpression,
        SetHeader,
        Unwrap,
        UseLine,
        Wrap,
        apply,
        copy_text,
    )
    from dsl.estimation import Estimate, estimate
    from dsl.flat import Flat, FlatError, flatten, read_flat, text_of, text_of_graph
    from dsl.formatter import format_text
    from dsl.graph import (
        Graph,
        Placement,
        Spot,
        follow,
        graph_json,
        placed,
        placement_json,
        program_json,
        read_placement,
    )
    from dsl.graph.layout import layout
    from dsl.graph.mermaid import mermaid
    from dsl.graph.svg import svg
    from dsl.graph.view import view
    from dsl.lowering import PlanError, content_hash, lower
    from dsl.meaning.results import ResultType, types_of
    from dsl.palette import NewStep, new_step
    from dsl.simulation import Simulation, simulate

_LATER = {
    "dsl.assist": "Completion Fold Hover Signature Symbol complete definition folding hover references rename "
    "renameable semantic_tokens signature symbols",
    "dsl.checks": "check checking notes",
    "dsl.decoding": "decoding_grammar",
    "dsl.edits": "AddStep Connect Copied Disconnect Edit Edited EditError MoveStep Paste RemoveStep RenameName "
    "RenameStep ReplaceText Sequence SetAnnotation SetArgument SetClause SetComment SetDoc SetExpression "
    "SetHeader Unwrap UseLine Wrap apply copy_text",
    "dsl.estimation": "Estimate estimate",
    "dsl.flat": "Flat FlatError flatten read_flat text_of text_of_graph",
    "dsl.formatter": "format_text",
    "dsl.graph": "Graph Placement Spot follow graph_json layout mermaid placed placement_json program_json "
    "read_placement svg view",
    "dsl.lowering": "PlanError content_hash lower",
    "dsl.meaning.results": "ResultType types_of",
    "dsl.palette": "NewStep new_step",
    "dsl.simulation": "Simulation simulate",
}
_WHERE = {name: module for module, names in _LATER.items() for name in names.split()}

__all__ = [
    "AddStep",
    "Catalog",
    "Completion",
    "Connect",
    "Copied",
    "Diagnostic",
    "Disconnect",
    "Edit",
    "EditError",
    "Edited",
    "Estimate",
    "ExpressionError",
    "Fix",
    "Flat",
    "FlatError",
    "Fold",
    "Graph",
    "Hover",
    "InputError",
    "MoveStep",
    "NewStep",
    "Parsed",
    "Paste",
    "Placement",
    "Plan",
    "PlanError",
    "Position",
    "RemoveStep",
    "RenameName",
    "RenameStep",
    "ReplaceText",
    "Replacement",
    "ResultType",
    "Sequence",
    "SetAnnotation",
    "SetArgument",
    "SetClause",
    "SetComment",
    "SetDoc",
    "SetExpression",
    "SetHeader",
    "Signature",
    "Simulation",
    "Spot",
    "Symbol",
    "Unwrap",
    "UseLine",
    "Wrap",
    "apply",
    "check",
    "checking",
    "coerce",
    "complete",
    "content_hash",
    "copy_text",
    "decoding_grammar",
    "definition",
    "estimate",
    "evaluate",
    "flatten",
    "folding",
    "follow",
    "format_text",
    "graph_json",
    "hover",
    "layout",
    "lower",
    "mermaid",
    "new_step",
    "notes",
    "parse",
    "placed",
    "placement_json",
    "position",
    "program_json",
    "read_flat",
    "read_placement",
    "references",
    "rename",
    "renameable",
    "semantic_tokens",
    "signature",
    "simulate",
    "svg",
    "symbols",
    "text_of",
    "text_of_graph",
    "truth",
    "types_of",
    "validate_input",
    "view",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"dsl has no {name!r}")
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
