"""From the tree to the plan: CEL source text for what must be computed, plain parts for what need not."""

from __future__ import annotations

import json
import math
from typing import assert_never

from dsl import plan, tree
from dsl.cel.errors import ExpressionError
from dsl.cel.functions import FUNCTIONS, MACROS, METHODS
from dsl.cel.printing import show_duration

# Words CEL keeps for itself. Weft reserves nothing: a step may be called `loop`.
_RESERVED = frozenset(
    {
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
    }
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)
_NOT_SELECTABLE = frozenset({"in", "true", "false", "null"})
_LEFT_TO_RIGHT = (frozenset({"+", "-"}), frozenset({"*", "/", "%"}))
_MAX_DEPTH = 30


def root_name(name: str) -> str:
    """A name as the CEL source spells it; undone by nobody, the environment is spelled the same way."""
    return f"__{name}" if name in _RESERVED or name.startswith("__") else name


def free_names(expression: tree.Expr) -> tuple[str, ...]:
    """The root names that an expression reads, in order of first use, comprehension variables left out."""
    found: dict[str, None] = {}
    _collect(expression, frozenset(), found)
    return tuple(found)


def children(expression: tree.Expr) -> tuple[tree.Expr, ...]:
    """The direct parts of an expression that are expressions."""
    match expression:
        case tree.Constant() | tree.Duration() | tree.Name():
            return ()
        case tree.Template(parts=parts):
            return tuple(part for part in parts if not isinstance(part, str))
        case tree.Member(target=target):
            return (target,)
        case tree.Index(target=target, index=index):
            return (target, index)
        case tree.FunctionCall(args=args):
            return args
        case tree.MethodCall(target=target, args=args):
            return (target, *args)
        case tree.Unary(operand=operand):
            return (operand,)
        case tree.Binary(left=left, right=right):
            return (left, right)
        case tree.Conditional(test=test, then=then, other=other):
            return (test, then, other)
        case tree.ListOf(items=items):
            return items
        case tree.MapOf(entries=entries):
            return tuple(part for entry in entries for part in entry)
        case _:
            assert_never(expression)


def bound_variable(expression: tree.Expr) -> str | None:
    """The variable that a ``map``, ``filter``, ... brings in, if it is one."""
    match expression:
        case tree.MethodCall(method=method, args=(tree.Name(id=variable), _, *_)) if method in MACROS:
            return variable
    return None


def _collect(expression: tree.Expr, bound: frozenset[str], found: dict[str, None]) -> None:
    variable = bound_variable(expression)
    if variable is not None and isinstance(expression, tree.MethodCall):
        _collect(expression.target, bound, found)
        for part in expression.args[1:]:
            _collect(part, bound | {variable}, found)
        return
    if isinstance(expression, tree.Name) and expression.id not in bound:
        found[expression.id] = None
    for part in children(expression):
        _collect(part, bound, found)


def lower(expression: tree.Expr) -> plan.Expression:
    """The plan's form of an expression. Raises ExpressionError for what CEL could never compute."""
    match expression:
        case tree.Constant(value=value):
            if isinstance(value, float) and not math.isfinite(value):
                raise ExpressionError("the number is too large")
            return plan.ConstantExpr(value=value)
        case tree.Duration(ms=ms):
            return plan.ConstantExpr(value=show_duration(ms))
        case tree.Unary(op="-", operand=tree.Constant(value=int() | float() as number)) if not isinstance(
            number, bool
        ):
            return plan.ConstantExpr(value=-number)
        case tree.Template(parts=parts):
            holes = tuple(part if isinstance(part, str) else lower(part) for part in parts)
            if all(isinstance(hole, str) for hole in holes):
                return plan.ConstantExpr(value="".join(hole for hole in holes if isinstance(hole, str)))
            return plan.TemplateExpr(parts=holes)
        case tree.ListOf(items=items):
            lowered = tuple(map(lower, items))
            if all(isinstance(item, plan.ConstantExpr) for item in lowered):
                return plan.ConstantExpr(value=[i.value for i in lowered if isinstance(i, plan.ConstantExpr)])
            return plan.ListExpr(items=lowered)
        case tree.MapOf(entries=entries):
            return _lower_map(entries)
        case _:
            return plan.CelExpr(source=_source(expression, 0), names=free_names(expression))


def _lower_map(entries: tuple[tuple[tree.Expr, tree.Expr], ...]) -> plan.Expression:
    lowered = tuple((lower(key), lower(value)) for key, value in entries)
    constant: dict[str, plan.Json] = {}
    for key, value in lowered:
        if not isinstance(key, plan.ConstantExpr) or not isinstance(value, plan.ConstantExpr):
            return plan.MapExpr(entries=lowered)
        if not isinstance(key.value, str):
            return plan.MapExpr(entries=lowered)
        constant[key.value] = value.value
    return plan.ConstantExpr(value=constant)


def _source(expression: tree.Expr, depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise ExpressionError("the expression is nested too deeply; name a part of it with a `let` step")
    deeper = depth + 1
    match expression:
        case tree.Constant(value=value):
            return _literal(value)
        case tree.Duration(ms=ms):
            return f'duration("{show_duration(ms)}")'
        case tree.Template(parts=parts):
            inner = (_literal(p) if isinstance(p, str) else _source(p, deeper) for p in parts)
            return f"_text([{', '.join(inner)}])"
        case tree.Name(id=name):
            return root_name(name)
        case tree.Member() | tree.Index():
            return _chain(expression, depth)
        case tree.FunctionCall(function="has", args=(tree.Member() as member,)):
            return _has(member, deeper)
        case tree.FunctionCall(function=function, args=args):
            _known(function, len(args), FUNCTIONS, "function")
            return f"{function}({', '.join(_source(arg, deeper) for arg in args)})"
        case tree.MethodCall(target=target, method="orValue", args=(other,)):
            return f"_default({_source(target, deeper)}, {_source(other, deeper)})"
        case tree.MethodCall(target=target, method="hasValue", args=()):
            return f"({_source(target, deeper)} != null)"
        case tree.MethodCall(target=target, method=method, args=args):
            _known(method, len(args), METHODS, "method")
            if method in MACROS and bound_variable(expression) is None:
                raise ExpressionError(f"`{method}` needs a name first, as in `list.{method}(item, ...)`")
            inner = (_source(arg, deeper) for arg in args)
            return f"{_operand(target, deeper)}.{method}({', '.join(inner)})"
        case tree.Unary(op=op, operand=operand):
            return f"{op}{_operand(operand, deeper)}"
        case tree.Binary(op="&&" | "||" as op):
            # CEL balances these chains itself, so a long one is not a deep one.
            return f" {op} ".join(_operand(part, deeper) for part in _flat(expression, op))
        case tree.Binary(op=op, left=left, right=right):
            first = _source(left, deeper) if _follows(left, op) else _operand(left, deeper)
            return f"{first} {op} {_operand(right, deeper)}"
        case tree.Conditional(test=test, then=then, other=other):
            return f"{_operand(test, deeper)} ? {_operand(then, deeper)} : {_operand(other, deeper)}"
        case tree.ListOf(items=items):
            return f"[{', '.join(_source(item, deeper) for item in items)}]"
        case tree.MapOf(entries=entries):
            pairs = (f"{_source(key, deeper)}: {_source(value, deeper)}" for key, value in entries)
            return f"{{{', '.join(pairs)}}}"
        case _:
            assert_never(expression)


def _flat(expression: tree.Expr, op: str) -> list[tree.Expr]:
    parts: list[tree.Expr] = []
    while isinstance(expression, tree.Binary) and expression.op == op:
        parts.append(expression.right)
        expression = expression.left
    return [expression, *reversed(parts)]


def _follows(left: tree.Expr, op: str) -> bool:
    """Whether ``left op ...`` means the same without parentheses around ``left``."""
    return isinstance(left, tree.Binary) and any({left.op, op} <= same for same in _LEFT_TO_RIGHT)


def _operand(expression: tree.Expr, depth: int) -> str:
    """Source that may stand beside an operator. Parentheses cost nothing to read for a machine."""
    text = _source(expression, depth)
    match expression:
        case tree.Unary() | tree.Binary() | tree.Conditional():
            return f"({text})"
        case tree.Constant(value=int() | float()):
            return f"({text})" if text.startswith("-") else text
    return text


def _chain(expression: tree.Member | tree.Index, depth: int) -> str:
    """``a.b[0].c``. From the first ``.?`` on, whatever is missing or null makes the whole chain null."""
    links: list[tree.Member | tree.Index] = []
    root: tree.Expr = expression
    while isinstance(root, tree.Member | tree.Index):
        links.append(root)
        root = root.target
    links.reverse()
    text, keys = _operand(root, depth + 1), list[str]()
    optional = False
    if len(links) > _MAX_DEPTH - depth:
        raise ExpressionError("the expression is nested too deeply; name a part of it with a `let` step")
    for link in links:
        optional = optional or (isinstance(link, tree.Member) and link.optional)
        match link:
            case tree.Member(name=name) if optional:
                keys.append(_literal(name))
            case tree.Index(index=index) if optional:
                keys.append(_source(index, depth + 1))
            case tree.Member(name=name):
                text += f'["{name}"]' if name in _NOT_SELECTABLE else f".{name}"
            case tree.Index(index=index):
                text += f"[{_source(index, depth + 1)}]"
    return f"_get({text}, [{', '.join(keys)}])" if optional else text


def _has(member: tree.Member, depth: int) -> str:
    target = _source(member.target, depth)
    if member.optional or "_get(" in target or member.name in _NOT_SELECTABLE:
        return f"(_get({target}, [{_literal(member.name)}]) != null)"
    return f"has({_operand(member.target, depth)}.{member.name})"


def _known(name: str, count: int, table: dict[str, tuple[int, ...]], sort: str) -> None:
    if name not in table:
        raise ExpressionError(f"there is no {sort} `{name}`")
    if count not in table[name]:
        wanted = " or ".join(map(str, table[name]))
        raise ExpressionError(f"`{name}` takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}")


def _literal(value: str | int | float | bool | None) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            if not -(2**63) <= value < 2**63:
                raise ExpressionError("the number is too large")
            return str(value)
        case float():
            if not math.isfinite(value):
                raise ExpressionError("the number is too large")
            return repr(value)
        case _:
            assert_never(value)


def show_expression(expression: tree.Expr) -> str:
    """An expression in one line for people, close to how it was written."""
    match expression:
        case tree.Constant(value=str() as value):
            return json.dumps(value, ensure_ascii=False)
        case tree.Constant(value=value):
            return _literal(value)
        case tree.Duration(ms=ms):
            return show_duration(ms)
        case tree.Template(parts=parts):
            return (
                '"' + "".join(p if isinstance(p, str) else f"${{{show_expression(p)}}}" for p in parts) + '"'
            )
        case tree.Name(id=name):
            return name
        case tree.Member(target=target, name=name, optional=optional):
            return f"{_show_operand(target)}{'.?' if optional else '.'}{name}"
        case tree.Index(target=target, index=index):
            return f"{_show_operand(target)}[{show_expression(index)}]"
        case tree.FunctionCall(function=function, args=args):
            return f"{function}({', '.join(map(show_expression, args))})"
        case tree.MethodCall(target=target, method=method, args=args):
            return f"{_show_operand(target)}.{method}({', '.join(map(show_expression, args))})"
        case tree.Unary(op=op, operand=operand):
            return f"{op}{_show_operand(operand)}"
        case tree.Binary(op=op, left=left, right=right):
            return f"{_show_side(left, op)} {op} {_show_side(right, op)}"
        case tree.Conditional(test=test, then=then, other=other):
            return f"{_show_operand(test)} ? {_show_operand(then)} : {_show_operand(other)}"
        case tree.ListOf(items=items):
            return f"[{', '.join(map(show_expression, items))}]"
        case tree.MapOf(entries=entries):
            return "{ " + ", ".join(f"{_show_key(k)}: {show_expression(v)}" for k, v in entries) + " }"
        case _:
            assert_never(expression)


def _show_operand(expression: tree.Expr) -> str:
    text = show_expression(expression)
    return f"({text})" if isinstance(expression, tree.Binary | tree.Conditional) else text


_TIGHTNESS = {"||": 1, "&&": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}


def _show_side(expression: tree.Expr, op: str) -> str:
    text = show_expression(expression)
    if isinstance(expression, tree.Conditional):
        return f"({text})"
    if isinstance(expression, tree.Binary):
        same = expression.op == op and op in ("||", "&&", "+", "*")
        tighter = _TIGHTNESS.get(expression.op, 3) > _TIGHTNESS.get(op, 3)
        return text if same or tighter else f"({text})"
    return text


def _show_key(key: tree.Expr) -> str:
    if isinstance(key, tree.Constant) and isinstance(key.value, str) and key.value.isidentifier():
        return key.value
    return show_expression(key) if isinstance(key, tree.Constant) else f"({show_expression(key)})"
