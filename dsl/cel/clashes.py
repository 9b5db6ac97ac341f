"""What the checker refuses, in words for people; nothing for what works all the same."""

from __future__ import annotations

from dataclasses import dataclass

from dsl import tree
from dsl.cel.source import show_expression
from dsl.cel.typing import Clash
from dsl.diagnostic import Fix, Replacement

_WORDS = {
    "string": "a text",
    "int": "a whole number",
    "double": "a number",
    "bool": "true or false",
    "null_type": "null",
    "google.protobuf.Timestamp": "a time",
    "google.protobuf.Duration": "a duration",
    "timestamp": "a time",
    "duration": "a duration",
    "dyn": "a value of an unknown kind",
}
_OPERATORS = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_"})
_COMPARISONS = frozenset({"_<_", "_<=_", "_>_", "_>=_"})
_KEYS = frozenset({"string", "int", "double", "bool", "dyn"})
_LOGIC = frozenset({"_&&_", "_||_", "!_"})

USAGE: dict[str, str] = {
    "size": "a text, a list or an object has a size, as in `order.items.size()`",
    "string": "a number, true or false and a time can be made a text; `text(...)` takes anything",
    "int": 'give it a number or a text that holds one, as in `int("7")`',
    "double": 'give it a number or a text that holds one, as in `double("7.5")`',
    "bool": 'give it the text "true" or "false"',
    "timestamp": 'give it a text, as in `timestamp("2026-01-31T09:00:00Z")`',
    "duration": 'give it a text, as in `duration("1h30m")`',
    "money": "give it a number, as in `money(order.total)`",
    "round": "give it a number, and how many digits: `round(order.total, 2)`",
    "abs": "give it a number",
    "floor": "give it a number",
    "ceil": "give it a number",
    "sum": "give it a list of numbers, as in `order.items.map(item, item.price).sum()`",
    "min": "give it a list of numbers or of texts, or two of them",
    "max": "give it a list of numbers or of texts, or two of them",
    "sort": "only a list of numbers or of texts can be sorted",
    "join": 'it joins a list with a text, as in `names.join(", ")`',
    "split": 'it splits a text at a text, as in `names.split(",")`',
    "contains": 'it looks for a text in a text; for an item of a list write `"a" in names`',
    "startsWith": 'it takes a text of a text, as in `order.id.startsWith("A-")`',
    "endsWith": 'it takes a text of a text, as in `order.id.endsWith("-1")`',
    "matches": 'it takes a pattern for a text, as in `order.id.matches("^A-[0-9]+$")`',
    "replace": 'it takes two texts of a text, as in `name.replace("a", "b")`',
    "indexOf": 'it looks for a text in a text, as in `name.indexOf("a")`',
    "substring": "it takes whole numbers of a text, as in `name.substring(0, 3)`",
    "trim": "it is for texts",
    "upper": "it is for texts",
    "lower": "it is for texts",
    "upperAscii": "it is for texts",
    "lowerAscii": "it is for texts",
    "_get": "take a field of an object",
}
"""How a function or a method is meant to be used, in half a sentence."""


@dataclass(frozen=True, slots=True)
class Complaint:
    message: str
    help: str
    span: tree.Span
    fix: Fix | None = None


def complaint_of(clash: Clash, node: tree.Expr) -> Complaint | None:
    """The words for what is refused at a node; None when it works at run time whatever the checker thinks."""
    if _works(clash, node):
        return None
    match clash.sort, node:
        case "field", tree.Member(target=target, name=name, span=span):
            shown = show_expression(target)
            at = tree.Span(span.end - len(name), span.end)
            return Complaint(f"`{shown}` has no field `{name}`", f"use a field that `{shown}` has", at)
        case "field", tree.FunctionCall():
            return None  # `has` asks for a field that may not be there
        case "select", tree.FunctionCall(args=(tree.Member(target=target) as member, *_)):
            return _no_fields(clash, member, target)
        case "select" | "field", tree.Member(target=target) | tree.Index(target=target):
            return _no_fields(clash, node, target)
        case "range", _:
            shown, kind = show_expression(node), words_of(clash.operands[0])
            return Complaint(f"this needs a list, but `{shown}` is {kind}", "use it on a list", node.span)
        case "call", _:
            return _call(clash, node)
    return None


def _works(clash: Clash, node: tree.Expr) -> bool:
    first, last = clash.operands[0], clash.operands[-1]
    match clash.sort:
        case "range":
            return _is_object(first)
        case "call":
            match clash.function:
                case "_?_:_":
                    return isinstance(node, tree.Conditional) and first in ("bool", "dyn")
                case "_+_":
                    return first.startswith("list") and last.startswith("list")
                case "_[_]":
                    return _is_object(first) and last in ("string", "dyn")
                case "_in":
                    return _is_object(last) and first in _KEYS
                case "size":
                    return _is_object(first)
    return False


def _no_fields(clash: Clash, node: tree.Expr, target: tree.Expr) -> Complaint:
    shown = show_expression(target)
    kind = words_of(clash.operands[0])
    is_list = clash.operands[0].startswith("list")
    if isinstance(node, tree.Index):
        return Complaint(
            f"`{shown}` is {kind}, it has no fields",
            f"take an item by its number, as in `{shown}[0]`" if is_list else f"use `{shown}` itself",
            node.span,
        )
    name = node.name if isinstance(node, tree.Member) else ""
    return Complaint(
        f"`{shown}` is {kind}, it has no field `{name}`",
        f"take one of its items first, as in `{shown}[0].{name}`" if is_list else f"use `{shown}` itself",
        node.span,
    )


def _call(clash: Clash, node: tree.Expr) -> Complaint | None:
    kinds = [words_of(one) for one in clash.operands]
    shown = show_expression(node)
    function = clash.function
    match node:
        case tree.Binary(op=op, left=left, right=right) if function in _OPERATORS:
            help_, fix = _mend(clash, node)
            if op == "%":
                return Complaint(
                    f"`%` needs whole numbers on both sides, not {kinds[0]} and {kinds[1]}: {shown}",
                    "turn a number into a whole one with `floor(...)`",
                    node.span,
                )
            return Complaint(
                f"cannot compute `{op}` of {kinds[0]} and {kinds[1]}: {shown}", help_, node.span, fix
            )
        case tree.Binary() if function in _COMPARISONS:
            help_, fix = _mend(clash, node)
            return Complaint(f"cannot compare {kinds[0]} with {kinds[1]}: {shown}", help_, node.span, fix)
        case tree.Binary(left=left, right=right) if function in _LOGIC:
            culprit = right if clash.operands[0] in ("bool", "dyn") else left
            return _condition(culprit, kinds[1] if culprit is right else kinds[0])
        case tree.Unary(op="!", operand=operand):
            return _condition(operand, kinds[0])
        case tree.Unary(operand=operand):
            return Complaint(
                f"`-` needs a number, but `{show_expression(operand)}` is {kinds[0]}",
                "use a number",
                node.span,
            )
        case tree.Conditional(test=test):
            return _condition(test, kinds[0])
        case tree.Binary(op="in", right=right) if kinds[1] == "an object":
            return Complaint(
                f"`in` looks for the name of a field in `{show_expression(right)}`, not for {kinds[0]}",
                'look for a text, as in `"name" in order`',
                node.span,
            )
        case tree.Binary(op="in", right=right):
            return Complaint(
                f"`in` needs a list or an object on its right: `{show_expression(right)}` is {kinds[1]}",
                "to look for a text in a text, write `whole.contains(part)`",
                node.span,
            )
        case tree.Index(target=target, index=index):
            return _index(clash, node, target, index, kinds)
        case tree.MethodCall(method=method, args=args) if function.startswith(("_", "@")):
            # A loop is written out by the library: what is refused is a part that decides.
            test = args[1]
            kind = kinds[1] if function in _LOGIC and len(kinds) == 2 else kinds[0]
            return Complaint(
                f"`{method}` needs a condition, but `{show_expression(test)}` is {kind}",
                "compare it with something",
                test.span,
            )
        case tree.MethodCall(target=target, method=method):
            on = "" if clash.operands[0] == "dyn" else f" on {kinds[0]}"
            given = f" with {' and '.join(kinds[1:])}" if kinds[1:] else ""
            return Complaint(f"`{method}` cannot be used{on}{given}: {shown}", _usage(method), node.span)
        case tree.FunctionCall(function=name):
            return Complaint(
                f"`{name}` cannot be used with {' and '.join(kinds)}: {shown}", _usage(name), node.span
            )
    return None


def _condition(node: tree.Expr, kind: str) -> Complaint:
    return Complaint(
        f"the condition must be true or false, but `{show_expression(node)}` is {kind}",
        "compare it with something",
        node.span,
    )


def _index(clash: Clash, node: tree.Expr, target: tree.Expr, index: tree.Expr, kinds: list[str]) -> Complaint:
    shown = show_expression(target)
    if clash.operands[0].startswith("list"):
        return Complaint(
            f"an item of a list is taken by its number, but `{show_expression(index)}` is {kinds[1]}",
            f"write `{shown}[0]` for the first item",
            index.span,
        )
    if clash.operands[0].startswith("map") or _is_object(clash.operands[0]):
        return Complaint(
            f"a field of an object is taken by its name, but `{show_expression(index)}` is {kinds[1]}",
            f'write `{shown}["name"]`',
            index.span,
        )
    help_ = f"use `{shown}` itself"
    if clash.operands[0] == "string":
        help_ = f"write `{shown}.substring(0, 1)` for its first character"
    return Complaint(f"`{shown}` is {kinds[0]}, it has no items", help_, node.span)


def _mend(clash: Clash, node: tree.Binary) -> tuple[str, Fix | None]:
    """What to do about two sides of different kinds, and the change itself where it is plain."""
    kinds = set(clash.operands)
    if "string" in kinds and "google.protobuf.Duration" in kinds:
        text = node.left if clash.operands[0] == "string" else node.right
        shown = show_expression(text)
        if clash.operands[0] == "string" and node.op in ("+", "-"):
            return f"turn the text into a time with `timestamp({shown})`", None
        return f"turn the text into a duration with `duration({shown})`", None
    if "string" in kinds and "google.protobuf.Timestamp" in kinds:
        text = node.left if clash.operands[0] == "string" else node.right
        shown = show_expression(text)
        return (
            f"turn the text into a time with `timestamp({shown})`, or into a duration with `duration({shown})`",
            None,
        )
    if "string" in kinds and kinds & {"int", "double"}:
        return number_for_text(node.left, node.right)
    return "make both sides the same kind of value", None


def number_for_text(left: tree.Expr, right: tree.Expr) -> tuple[str, Fix | None]:
    """For a text beside a number: the number without its quotes, where the text holds one."""
    for side in (left, right):
        if isinstance(side, tree.Constant) and isinstance(side.value, str) and _is_number(side.value):
            plain = side.value.strip()
            return f"write the number without quotes: {plain}", Fix(
                f"Change to `{plain}`", (Replacement(side.span, plain),)
            )
    return (
        'write a text with holes, as in "${a}${b}", or turn the text into a number with `double(...)`',
        None,
    )


def _is_number(text: str) -> bool:
    """Whether a text is a number as Weft writes them."""
    whole, dot, fraction = text.strip().removeprefix("-").partition(".")
    digits = (whole, fraction) if dot else (whole,)
    return all(part.isascii() and part.isdigit() and len(part) <= 15 for part in digits)


def words_of(type_: str) -> str:
    """A type as the checker names it, in plain words."""
    if type_.startswith("list"):
        return "a list"
    if type_.startswith("map") or _is_object(type_):
        return "an object"
    return _WORDS.get(type_, "a value of another kind")


def _is_object(type_: str) -> bool:
    return type_.startswith("weft.")


def _usage(name: str) -> str:
    if name.startswith("get"):
        return "it is for times, as in `timestamp(order.placed_at).getFullYear()`"
    return USAGE.get(name, "use a value of another kind")
