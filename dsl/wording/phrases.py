"""Expressions in plain words: ``order.total > config.threshold`` as "the order total is over the threshold (100)".

What has no short words is shown as it is written: a wrong paraphrase is worse than a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dsl import tree
from dsl.cel import show_expression
from dsl.cel.printing import show_number
from dsl.wording.spelling import clip, duration_words, listed, plain_words, singular
from dsl.wording.terms import Terms

LONGEST = 110
"""Characters of a condition in words; a longer one is shown as it is written, cut to a line."""

# An operator as it is said, and as its opposite is said.
_COMPARED = {
    ">": ("is over", "is at most"),
    ">=": ("is at least", "is under"),
    "<": ("is under", "is at least"),
    "<=": ("is at most", "is over"),
    "==": ("is", "is not"),
    "!=": ("is not", "is"),
}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
_COMPUTED = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
_EMPTY_OR_NOT = frozenset({(">", 0), ("!=", 0), (">=", 1), ("==", 0), ("<", 1), ("<=", 0)})
_ASKED = {
    "contains": ("contains", "does not contain"),
    "startsWith": ("starts with", "does not start with"),
    "endsWith": ("ends with", "does not end with"),
}
# Functions and methods that change how a value is written, not what it is.
_TRANSPARENT = frozenset({"text", "string", "int", "double", "round", "money", "timestamp", "duration"}) | {
    "lower",
    "upper",
    "lowerAscii",
    "upperAscii",
    "trim",
}
_LOOKING = frozenset({"get", "fetch", "find", "check", "load", "read", "lookup"})
_NO_NOUNS = frozenset({"to", "from", "of", "in", "by", "at", "on", "with", "for"})
_WHOLE = re.compile(r"(?<![\w.\"])(\d+)\.0(?!\w)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,40}|[^\s@\"]+@[^\s@\"]+")


def source_words(expression: tree.Expr, limit: int = 60) -> str:
    """An expression as it is written, in one line; a whole number is one."""
    return clip(_WHOLE.sub(r"\1", show_expression(expression)), limit)


def condition_words(expression: tree.Expr, terms: Terms) -> str:
    """A condition as it goes on behind "if": "the order total is over 100", "not eligible"."""
    words = _clause(expression, terms, True)
    return words if len(words) <= LONGEST else source_words(expression)


def value_words(expression: tree.Expr, terms: Terms, limit: int = 60) -> str:
    """A value as a noun: "the order total", "the threshold (100)", "paid"."""
    words = _noun(expression, terms)
    return words if words is not None and len(words) <= limit else source_words(expression, limit)


def has_words(expression: tree.Expr, terms: Terms) -> bool:
    """Whether :func:`value_words` has words of its own for a value."""
    return _noun(expression, terms) is not None


def chain_of(expression: tree.Expr) -> tuple[str, ...] | None:
    """``order.customer.email`` as its names."""
    match expression:
        case tree.Name(id=name):
            return (name,)
        case tree.Member(target=target, name=name):
            found = chain_of(target)
            return None if found is None else (*found, name)
        case _:
            return None


def entity_of(name: str, terms: Terms) -> str:
    """What a name at the head of a chain is about: "order" for ``get_order``, "error" for a caught one."""
    if name in terms.errors:
        return "error"
    words = plain_words(name).split(" ")
    return " ".join(words[1:] if len(words) > 1 and words[0] in _LOOKING else words)


def _clause(expression: tree.Expr, terms: Terms, yes: bool) -> str:
    match expression:
        case tree.Unary(op="!", operand=operand):
            return _clause(operand, terms, not yes)
        case tree.Constant(value=bool() as value):
            return "always" if value is yes else "never"
        case tree.Binary(op="&&" | "||" as op):
            return _joined(expression, op, terms, yes)
        case tree.Binary(op="in", left=left, right=tree.ListOf(items=items)) if items:
            shown = [value_words(item, terms, 30) for item in items[:4]]
            choice = listed(shown, "or") if len(items) <= 4 else f"one of {', '.join(shown)}, …"
            return f"{_being(left, 'is' if yes else 'is not', terms)} {choice}"
        case tree.Binary(op="in", left=left, right=right):
            return f"{_being(left, 'is' if yes else 'is not', terms)} in {value_words(right, terms)}"
        case tree.Binary(op=op) if op in _COMPARED:
            return _comparison(expression, terms, yes)
        case tree.FunctionCall(function="has", args=(one,)):
            return _being(one, "is given" if yes else "is not given", terms)
        case tree.MethodCall(target=target, method="hasValue", args=()):
            return _being(target, "is given" if yes else "is not given", terms)
        case tree.MethodCall(target=target, method=method, args=(one,)) if method in _ASKED:
            verb = _ASKED[method][not yes]
            return f"{value_words(target, terms)} {verb} {value_words(one, terms)}"
        case tree.Name() | tree.Member() if (chain := chain_of(expression)) is not None:
            return _flag(chain, terms, yes)
        case _:
            return source_words(expression) if yes else f"not ({source_words(expression)})"


def _joined(whole: tree.Binary, op: str, terms: Terms, yes: bool) -> str:
    parts: list[tree.Expr] = [whole.right]
    left = whole.left
    while isinstance(left, tree.Binary) and left.op == op:
        parts.append(left.right)
        left = left.left
    # Not (a and b) is: not a, or not b.
    word = "and" if (op == "&&") is yes else "or"
    said = []
    for part in (left, *reversed(parts)):
        inner = part.operand if isinstance(part, tree.Unary) and part.op == "!" else part
        words = _clause(part, terms, yes)
        mixed = isinstance(inner, tree.Binary) and inner.op in ("&&", "||")
        said.append(f"({words})" if mixed else words)
    return f" {word} ".join(said)


def _comparison(whole: tree.Binary, terms: Terms, yes: bool) -> str:
    op: str = whole.op
    left, right = whole.left, whole.right
    if isinstance(left, tree.Constant) and not isinstance(right, tree.Constant):
        op, left, right = _FLIPPED[op], right, left
    equal = (op == "==") is yes
    match op, right:
        case "==" | "!=", tree.Constant(value=bool() as value):
            return _clause(left, terms, value is equal)
        case "==" | "!=", tree.Constant(value=None):
            return _being(left, "is missing" if equal else "is there", terms)
        case "==" | "!=", tree.Constant(value=""):
            return _being(left, "is empty" if equal else "is not empty", terms)
    size = _size(left)
    if size is not None and isinstance(right, tree.Constant) and (op, right.value) in _EMPTY_OR_NOT:
        some = (op in (">", "!=", ">=")) is yes
        return _being(size, "is not empty" if some else "is empty", terms)
    return f"{_being(left, _COMPARED[op][not yes], terms)} {value_words(right, terms)}"


def _being(subject: tree.Expr, verb: str, terms: Terms) -> str:
    """ "the order total is over", "the order items are not empty"."""
    noun = value_words(subject, terms)
    last = noun.rpartition(" ")[2]
    one = singular(last) == last or noun.startswith(("the number of ", "the sum of ")) or not last.isalpha()
    return f"{noun} {verb}" if one else f"{noun} are{verb.removeprefix('is')}"


def _size(expression: tree.Expr) -> tree.Expr | None:
    match expression:
        case tree.FunctionCall(function="size", args=(one,)):
            return one
        case tree.MethodCall(target=target, method="size", args=()):
            return target
        case _:
            return None


_VERBS: dict[str, Callable[[bool, str], str]] = {
    "is": lambda yes, rest: f"is {rest}" if yes else f"is not {rest}",
    "was": lambda yes, rest: f"was {rest}" if yes else f"was not {rest}",
    "has": lambda yes, rest: f"has {rest}" if yes else f"does not have {rest}",
    "needs": lambda yes, rest: f"needs {rest}" if yes else f"does not need {rest}",
    "can": lambda yes, rest: f"can {rest}" if yes else f"cannot {rest}",
}


def _flag(chain: tuple[str, ...], terms: Terms, yes: bool) -> str:
    """Something that is true or false: "the order is not eligible" where it is known what it is about."""
    subject, words = _subject(chain, terms), plain_words(chain[-1]).split(" ")
    if words[0] in _VERBS and len(words) > 1:
        return f"{subject or 'it'} {_VERBS[words[0]](yes, ' '.join(words[1:]))}"
    predicate = " ".join(words)
    if subject:
        return f"{subject} is {'' if yes else 'not '}{predicate}"
    return predicate if yes else f"not {predicate}"


def _subject(chain: tuple[str, ...], terms: Terms) -> str:
    """ "the order" for ``check.eligible`` where ``check`` is a call about one ``order_id``; "" when nobody can say."""
    if len(chain) > 2:
        return "it" if chain[-2] == "last" else f"the {plain_words(chain[-2])}"
    step = terms.steps.get(chain[0])
    if len(chain) < 2 or chain[0] in ("input", "config", "secrets", "event"):
        return ""
    if step is None:
        return f"the {entity_of(chain[0], terms)}"
    match step.kind:
        case tree.Call(args=args) | tree.RunWorkflow(args=args):
            about = [arg.name for arg in args if arg.name.endswith("_id") and len(arg.name) > 3]
            return f"the {plain_words(about[0].removesuffix('_id'))}" if len(about) == 1 else ""
        case _:
            return ""


def _noun(expression: tree.Expr, terms: Terms) -> str | None:
    match expression:
        case tree.Constant(value=value):
            return _constant(value)
        case tree.Duration(ms=ms):
            return duration_words(ms)
        case tree.Name() | tree.Member():
            chain = chain_of(expression)
            return None if chain is None else _named(chain, terms)
        case tree.FunctionCall(function=name, args=(one, *_)) if name in _TRANSPARENT:
            return _noun(one, terms)
        case tree.MethodCall(target=target, method=name, args=()) if name in _TRANSPARENT:
            return _noun(target, terms)
        case tree.MethodCall(target=target, method="orValue"):
            return _noun(target, terms)
        case tree.FunctionCall(function="size" | "sum" as name, args=(one,)):
            return _counted(name, one, terms)
        case tree.MethodCall(target=target, method="size" | "sum" as name, args=()):
            return _counted(name, target, terms)
        case tree.MethodCall(target=target, method="filter"):
            noun = _noun(target, terms)
            return None if noun is None else f"the matching {noun.removeprefix('the ')}"
        case tree.Binary(op=op, left=left, right=right) if op in _COMPUTED:
            simple = not isinstance(left, tree.Binary) and not isinstance(right, tree.Binary)
            first, second = _noun(left, terms), _noun(right, terms)
            return f"{first} {_COMPUTED[op]} {second}" if simple and first and second else None
        case _:
            return None


def _constant(value: str | int | float | bool | None) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return show_number(value)
        case str():
            return value.replace("_", " ") if _WORD.fullmatch(value) else f'"{value}"'


def _counted(name: str, of: tree.Expr, terms: Terms) -> str | None:
    noun = _noun(of, terms)
    if noun is None:
        return None
    return f"the number of {noun.removeprefix('the ')}" if name == "size" else f"the sum of {noun}"


def _named(chain: tuple[str, ...], terms: Terms) -> str | None:
    root, *fields = chain
    step = terms.steps.get(root)
    if root in ("input", "secrets") and fields:
        parts = list(map(plain_words, fields))
    elif root == "config" and fields:
        return f"the {' '.join(map(plain_words, fields[-2:]))}{_setting(fields, terms)}"
    elif step is not None and isinstance(step.kind, tree.Loop) and fields:
        if fields == ["count"]:
            return "the number of rounds"
        parts = [plain_words(name) for name in fields if name != "last"] or ["last result"]
    else:
        parts = [entity_of(root, terms), *map(plain_words, fields)]
    if parts[-1] in _NO_NOUNS:
        return f'the "{parts[-1]}" given' if len(parts) == 1 else None
    owner, last = " ".join(parts[-2:-1]), parts[-1]
    # "the refund ID" rather than "the refund refund ID".
    return f"the {last}" if not owner or owner in last else f"the {owner} {last}"


def _setting(fields: list[str], terms: Terms) -> str:
    match terms.config.get(fields[0]) if len(fields) == 1 else None:
        case tree.Constant(value=bool() | int() | float() | str() as value) if value != "":
            return f" ({clip(_constant(value), 30)})"
        case tree.Duration(ms=ms):
            return f" ({duration_words(ms)})"
        case _:
            return ""
