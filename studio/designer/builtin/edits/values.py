"""Words for a value as an expression, at a place of an existing workflow: "the customer's name", "12", "#ops"."""

from __future__ import annotations

import re

from dsl.catalog import Schema
from studio.designer.builtin.amounts import number_text, quantity
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import Place, Sort, sort_of
from studio.designer.builtin.words import PRONOUNS, STOP, raw_tokens, stem, stems

_SORTS: tuple[Sort, ...] = ("string", "number", "integer", "boolean", "array", "object", "any")
_PLAIN: tuple[Sort, ...] = ("string", "number", "integer", "boolean")
_HOLE = re.compile(r"\$?\{([^{}]*)\}|\[([\w '.]+)\]|<([\w '.]+)>")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SHARE = re.compile(
    r"^(?:(?P<n>\d+(?:[.,]\d+)?)\s*(?:%|percent)|(?P<half>half)|(?P<quarter>a quarter))\s+(?:of\s+)?"
    r"(?P<rest>.+)$",
    re.I,
)


def field(scope: Scope, words: str, sorts: tuple[Sort, ...] = _SORTS) -> Place | None:
    """What "the customer's name" or "the order number" is there."""
    said = tuple(s for s in (stem(w) for w in raw_tokens(words) if w not in STOP) if s not in PRONOUNS)
    if not said:
        return None
    found = scope.for_subject(said, sorts)
    if found is None:
        found = scope.for_argument(said, {}, floor=0.7)
    if found is None and said[-1] in (stem("number"), stem("id")):
        found = scope.for_argument((*said[:-1], "id"), {}, floor=0.7)
    return found if found is None or found.sort in sorts else None


def dotted(existing: Existing, scope: Scope, words: str) -> str:
    """An expression that was written as one (``order.total``, ``config.limit``); "" when it is none."""
    text = words.strip(" `")
    if not re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", text):
        return ""
    root, _, rest = text.partition(".")
    if root in ("config", "input"):
        return text if any(f.name == rest.split(".")[0] for f in existing.fields(root)) else ""
    return text if root in scope.names() else ""


def value(existing: Existing, scope: Scope, words: str, schema: Schema, *, text: bool = False) -> str | None:
    """The expression, None when the words say nothing that fits. With ``text`` any words will do, as they are."""
    raw = words.strip()
    sort = sort_of(schema)
    quoted = re.fullmatch(r"\"(.*)\"|“(.*)”|„(.*)[“”]|'(.*)'|«(.*)»|`(.*)`", raw, re.S)
    if quoted:
        return filled(existing, scope, next(g for g in quoted.groups() if g is not None))
    if written := dotted(existing, scope, raw):
        return written
    setting = re.fullmatch(
        r"(?:the\s+)?(?:setting|config(?:uration)?|input)\s+[`'\"]?(\w+)[`'\"]?", raw, re.I
    )
    if setting:
        for role in ("config", "input"):
            if any(f.name == setting[1] for f in existing.fields(role)):
                return f"{role}.{setting[1]}"
    if sort in ("number", "integer", "any") and (found := quantity(raw)) is not None:
        floating = sort == "number" or found.value != int(found.value)
        return number_text(found.value, floating=floating)
    if sort == "boolean" and raw.lower() in ("true", "false", "yes", "no", "on", "off"):
        return "true" if raw.lower() in ("true", "yes", "on") else "false"
    if address := _ADDRESS.fullmatch(raw):
        return quote(address[0])
    if channel := re.fullmatch(r"#[\w-]+", raw):
        return quote(channel[0])
    if (share := _SHARE.match(raw)) and sort in ("number", "any"):
        place = field(scope, share["rest"], ("number", "integer"))
        if place is not None:
            part = (
                0.5
                if share["half"]
                else 0.25
                if share["quarter"]
                else float(share["n"].replace(",", ".")) / 100
            )
            base = place.path if place.sort == "number" else f"double({place.path})"
            return f"{base} * {part!r}"
    if re.match(r"^(?:the|its|their|his|her)\s|'s\s", raw) or not text:
        wanted: tuple[Sort, ...] = (
            (sort,) if sort not in ("any", "number") else _SORTS if sort == "any" else ("number", "integer")
        )
        place = field(scope, raw, wanted)
        if place is not None:
            return f"double({place.path})" if sort == "number" and place.sort == "integer" else place.path
    allowed = [c for c in schema.get("enum", ()) if isinstance(c, str)]
    for choice in allowed:
        if stems(choice.replace("_", " ")) == stems(raw):
            return quote(choice)
    if sort == "string" and (
        text or (allowed == [] and len(raw.split()) == 1 and not re.match(r"^(?:the|an?)\b", raw))
    ):
        return quote(raw) if not allowed else None
    return None


def filled(existing: Existing, scope: Scope, text: str) -> str:
    """A text in quotes as Weft, its ``{customer name}`` holes filled where something fits; what fits nothing stays."""
    pieces, at = [], 0
    for match in _HOLE.finditer(text):
        inner = next(g for g in match.groups() if g is not None)
        path = dotted(existing, scope, inner)
        if not path and inner.strip() in scope.names():
            path = inner.strip()
        if not path:
            place = field(scope, inner, _PLAIN)
            path = place.path if place is not None else ""
        if path:
            pieces += [quote(text[at : match.start()])[1:-1], f"${{{path}}}"]
            at = match.end()
    pieces.append(quote(text[at:])[1:-1])
    return '"' + "".join(pieces) + '"'


__all__ = ["dotted", "field", "filled", "value"]
