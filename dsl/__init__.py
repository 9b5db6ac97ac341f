"""Weft, the workflow language: read it, check it, change it, draw it, lower it. Pure: no input, output or clock."""

from dsl.catalog import Catalog
from dsl.cel import ExpressionError, evaluate, truth
from dsl.checks import check, notes
from dsl.diagnostic import Diagnostic, Fix, Position, Replacement
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
from dsl.estimate import Estimate, estimate
from dsl.formatter import format_text
from dsl.graph import Graph, graph_json, view
from dsl.layout import layout
from dsl.lowering import PlanError, content_hash, lower
from dsl.mermaid import mermaid
from dsl.palette import NewStep, new_step, new_step_text
from dsl.parse import Parsed, parse
from dsl.plan import Plan
from dsl.position import position
from dsl.svg import svg
from dsl.values import InputError, coerce, validate_input

__all__ = [
    "AddStep",
    "Catalog",
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
    "Graph",
    "InputError",
    "MoveStep",
    "NewStep",
    "Parsed",
    "Paste",
    "Plan",
    "PlanError",
    "Position",
    "RemoveStep",
    "RenameName",
    "RenameStep",
    "ReplaceText",
    "Replacement",
    "Sequence",
    "SetAnnotation",
    "SetArgument",
    "SetClause",
    "SetComment",
    "SetDoc",
    "SetExpression",
    "SetHeader",
    "Unwrap",
    "UseLine",
    "Wrap",
    "apply",
    "check",
    "coerce",
    "content_hash",
    "copy_text",
    "estimate",
    "evaluate",
    "format_text",
    "graph_json",
    "layout",
    "lower",
    "mermaid",
    "new_step",
    "new_step_text",
    "notes",
    "parse",
    "position",
    "svg",
    "truth",
    "validate_input",
    "view",
]
