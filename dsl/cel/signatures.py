"""What the checker is told about functions: as exact as what they do at run time, and no stricter.

CEL's own functions are known to its library. Here are those of ours, and those that stand in a checked source for
something the checker would refuse although it works: texts with holes, optional fields, comparing for equality.
Kinds are written as the shapes are: ``l_int`` is a list of whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    parameters: tuple[str, ...]
    result: str
    member: bool = False


def _all(name: str, *forms: tuple[tuple[str, ...], str], member: bool = False) -> tuple[Signature, ...]:
    return tuple(Signature(name, parameters, result, member) for parameters, result in forms)


_MIXED = (("int", "double"), ("double", "int"))
_NUMBERS = ("int", "double")
_LISTS = tuple(((f"l_{kind}",), kind) for kind in _NUMBERS)
_ORDERED = (*_LISTS, (("l_string",), "string"))
_PAIRS = (
    *(((kind, kind), kind) for kind in ("int", "double", "string")),
    *((kinds, "dyn") for kinds in _MIXED),
)
_TEXT = ("string",)

SIGNATURES: tuple[Signature, ...] = (
    *(one for op in "+-*/" for one in _all(f"_{op}_", *((kinds, "double") for kinds in _MIXED))),
    *(
        one
        for op in ("<", "<=", ">", ">=")
        for one in _all(f"_{op}_", *((kinds, "bool") for kinds in _MIXED))
    ),
    Signature("_text", ("l_dyn",), "string"),
    Signature("_get", ("dyn", "l_dyn"), "dyn"),
    Signature("_default", ("dyn", "dyn"), "dyn"),
    Signature("_any", ("l_dyn",), "dyn"),
    Signature("_same", ("dyn", "dyn"), "bool"),
    Signature("_there", ("dyn",), "bool"),
    *_all(
        "_in",
        (("dyn", "l_dyn"), "bool"),
        *(((kind, "m_dyn"), "bool") for kind in ("string", "int", "double", "bool")),
    ),
    *_all("_int", *(((kind,), "int") for kind in ("string", "int", "double", "bool", "timestamp"))),
    *_all("_duration", *(((kind,), "duration") for kind in ("string", "duration"))),
    Signature("_object", ("l_dyn",), "m_dyn"),
    Signature("text", ("dyn",), "string"),
    *_all("money", *(((kind,), "string") for kind in _NUMBERS)),
    *_all("round", *(((kind,), kind) for kind in _NUMBERS), *(((kind, "int"), kind) for kind in _NUMBERS)),
    *_all("abs", *(((kind,), kind) for kind in _NUMBERS)),
    *(one for name in ("floor", "ceil") for one in _all(name, *(((kind,), "int") for kind in _NUMBERS))),
    *_all("sum", *_LISTS),
    *(one for name in ("min", "max") for one in _all(name, *_ORDERED, *_PAIRS)),
    *_all("sum", *_LISTS, member=True),
    *(one for name in ("min", "max") for one in _all(name, *_ORDERED, member=True)),
    *_all("sort", *((parameters, parameters[0]) for parameters, _ in _ORDERED), member=True),
    *_all("join", (("l_dyn",), "string"), (("l_dyn", "string"), "string"), member=True),
    Signature("split", ("string", "string"), "l_string", True),
    Signature("replace", ("string", "string", "string"), "string", True),
    *(
        Signature(name, _TEXT, "string", True)
        for name in ("trim", "upper", "lower", "upperAscii", "lowerAscii")
    ),
    Signature("indexOf", ("string", "string"), "int", True),
    *_all("substring", (("string", "int"), "string"), (("string", "int", "int"), "string"), member=True),
)
