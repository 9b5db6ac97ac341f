"""The header: inputs, outputs and settings that come, change their type or default, and go."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import dsl
from dsl import tree
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.change import Change, Found
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.edits.values import field
from studio.designer.builtin.scope import is_amount
from studio.designer.builtin.words import name_stems, stem, stems
from studio.designer.builtin.work import identifier, type_text
from studio.designer.writing import Said

_Role: TypeAlias = Literal["input", "output", "config"]
_ROLE = (
    r"(?P<role>inputs?|parameters?|fields?|outputs?|results?|settings?|config(?:uration)?(?: values?)?"
    r"|options?)"
)
_NAME = r"[`'\"“]?(?P<name>[\w](?:[\w \-]|'s)*?)[`'\"”]?"
_TYPE = (
    r"(?P<type>strings?|texts?|words?|numbers?|floats?|decimals?|amounts?|ints?|integers?|whole"
    r" numbers?|bool(?:ean)?s?|yes[ /-]or[ /-]no|flags?|true/false|lists? of (?:strings?|texts?"
    r"|numbers?)|dates?|times?)"
)
_DEFAULT = (
    r"(?:,?\s*(?:with|and)?\s*(?:an?\s+|the\s+)?(?:default|value|initial value|defaulting)\s*(?:of|to"
    r"|is|=|value)?\s*(?P<default>\"[^\"]*\"|“[^”]*”|[\w.\-]+))?"
)
_OPTIONAL = r"(?P<optional>optional\s+)?"
_ADDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:add|create|introduce|include|declare|define|make)\s+(?:an?\s+|another\s+|the\s+|new"
        rf"\s+)*{_OPTIONAL}(?:new\s+)?(?:{_TYPE}\s+)?{_ROLE}\s*(?:called|named|for|:)?\s*(?:the"
        rf"\s+)?{_NAME}(?:\s*(?:,|of type|as an?|\(|:|which is an?|that is an?|being an?)\s*(?:an?\s+)?"
        rf"(?:{_TYPE.replace('<type>', '<type2>')}))?\)?{_DEFAULT}$",
        rf"^(?:add|take|ask for|accept|require)\s+{_NAME}\s+(?:as|to)\s+(?:an?\s+|the\s+)?{_OPTIONAL}"
        rf"(?:new\s+)?(?:{_TYPE}\s+)?{_ROLE}(?:\s+of (?:the|this) workflow)?{_DEFAULT}$",
        r"^(?:the workflow|it)\s+(?:should|must)\s+(?:also\s+)?(?:take|accept|ask for|get)\s+(?:an?\s+"
        rf"|the\s+){_OPTIONAL}{_NAME}(?:\s+as\s+(?:an?\s+)?{_ROLE})?{_DEFAULT}$",
    )
)
_RETURNS = re.compile(
    rf"^(?:also\s+)?(?:return|output|give back|give|report)\s+(?:also\s+)?{_NAME}(?:\s+(?:too|as well"
    r"|also|at the end|in the (?:result|output)|as (?:an?|the) (?:result|output)))*$",
    re.IGNORECASE,
)
_ALSO = re.compile(r"\b(?:also|too|as well|result|output)\b", re.IGNORECASE)
_REMOVES = re.compile(
    r"^(?:remove|delete|drop|take out|get rid of|don't ask for|no longer ask for|stop asking for)\s+"
    rf"(?:the\s+)?(?:{_ROLE}\s+(?:called\s+|named\s+)?(?P<name>[\w ]+)|(?P<name2>[\w ]+?)\s+"
    r"(?P<role2>input|parameter|output|setting|option)(?:\s+field)?)$",
    re.IGNORECASE,
)
_DEFAULTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:set|change|make|let|give)\s+(?:the\s+)?default(?:\s+value)?\s+(?:of|for)\s+(?:the\s+)?"
        r"(?P<name>[\w ]+?)\s+(?:to|be)\s+(?P<default>\"[^\"]*\"|“[^”]*”|\S+)$",
        r"^(?:the\s+)?(?P<name>[\w ]+?)\s+(?:should|must|shall)\s+(?:default to|be (?P<default2>\"[^\"]*"
        r"\"|“[^”]*”|\S+) by default)\s*(?P<default>\"[^\"]*\"|“[^”]*”|\S+)?$",
        r"^(?:the\s+)?default(?:\s+value)?\s+(?:of|for)\s+(?:the\s+)?(?P<name>[\w ]+?)\s+(?:should|must"
        r"|is|shall)\s+(?:be\s+)?(?P<default>\"[^\"]*\"|“[^”]*”|\S+)$",
        r"^give\s+(?:the\s+)?(?P<name>[\w ]+?)\s+(?:the\s+|a\s+)default(?:\s+value)?(?:\s+of)?\s+"
        r"(?P<default>\"[^\"]*\"|“[^”]*”|\S+)$",
    )
)
_OPTIONALS = re.compile(
    r"^(?:make\s+(?:the\s+)?(?:input\s+)?(?P<name>[\w ]+?)(?:\s+input)?\s+(?P<how>optional|required"
    r"|mandatory)|(?:the\s+)?(?:input\s+)?(?P<name2>[\w ]+?)\s+(?:should|must|is|may)\s+(?:be\s+)?"
    r"(?P<how2>optional|required|mandatory|left out))$",
    re.IGNORECASE,
)
_TYPES = re.compile(
    r"^(?:make|change|turn|set)\s+(?:the\s+(?:type of\s+)?)?(?:(?:input|output|setting|field)\s+)?"
    rf"(?P<name>[\w ]+?)\s+(?:to|into|be)?\s*(?:an?\s+)?{_TYPE}$",
    re.IGNORECASE,
)


def declare(clause: str, existing: Existing) -> Found | None:
    for pattern in _DEFAULTS:
        if match := pattern.match(clause):
            default = match["default"] or match.groupdict().get("default2") or ""
            found = _defaulted(existing, match["name"], default)
            if found is not None:
                return found
    if match := _OPTIONALS.match(clause):
        return _optional(existing, match["name"] or match["name2"], match["how"] or match["how2"])
    if (match := _TYPES.match(clause)) and (
        found := _typed(existing, match["name"], match["type"])
    ) is not None:
        return found
    if match := _REMOVES.match(clause):
        found = _removed(existing, match["name"] or match["name2"], match["role"] or match["role2"] or "")
        if found is not None:
            return found
    for pattern in _ADDS:
        if match := pattern.match(clause):
            groups = match.groupdict()
            role = _role(groups.get("role") or "input")
            if role == "output":
                return _returned(existing, match["name"])
            kind = groups.get("type") or groups.get("type2") or ""
            return _added(
                existing, role, match["name"], kind, groups.get("default") or "", bool(groups.get("optional"))
            )
    if (match := _RETURNS.match(clause)) and _ALSO.search(clause):
        return _returned(existing, re.sub(r"^the\s+", "", match["name"]))
    return None


def _role(word: str) -> _Role:
    word = word.lower()
    if word.startswith(("output", "result")):
        return "output"
    return "config" if word.startswith(("setting", "config", "option")) else "input"


def _find(
    existing: Existing, words: str, roles: tuple[_Role, ...] = ("input", "config", "output")
) -> tuple[_Role, tree.Field] | None:
    said = stems(re.sub(r"\b(?:input|setting|output|field|parameter|default|value)\b", "", words))
    if not said:
        return None
    for exact in (True, False):
        for role in roles:
            for known in existing.fields(role):
                own = name_stems(known.name)
                if tuple(said) == own if exact else set(said) <= set(own):
                    return role, known
    return None


def _type(words: str, name: str = "", default: str = "") -> str:
    words = words.lower()
    if words.startswith("list"):
        return f"{_type(words.split(' of ')[1])}[]"
    if re.match(r"int|whole", words):
        return "int"
    if re.match(r"float|decimal|amount|number", words):
        return "float"
    if re.match(r"bool|yes|flag|true", words):
        return "bool"
    if words:
        return "string"
    if re.fullmatch(r"-?\d+", default):
        return "float" if is_amount(name_stems(name)) else "int"
    if re.fullmatch(r"-?\d+\.\d+", default):
        return "float"
    if default.lower() in ("true", "false"):
        return "bool"
    if is_amount(name_stems(name)) or name_stems(name)[-1:] in ((stem("limit"),), (stem("threshold"),)):
        return "float"
    return (
        "int"
        if name_stems(name)[-1:] in ((stem("count"),), (stem("days"),), (stem("quantity"),))
        else "string"
    )


def _literal(default: str, kind: str) -> str | None:
    raw = default.strip("\"“”'")
    if kind == "string":
        return quote(raw)
    if kind == "bool":
        return {
            "true": "true",
            "yes": "true",
            "on": "true",
            "false": "false",
            "no": "false",
            "off": "false",
        }.get(raw.lower())
    if kind in ("int", "float") and re.fullmatch(r"-?\d+(?:\.\d+)?", raw):
        if kind == "int":
            return raw if float(raw) == int(float(raw)) else None
        return raw if "." in raw else f"{raw}.0"
    return None


def _added(existing: Existing, role: _Role, name: str, kind: str, default: str, optional: bool) -> Found:
    name = identifier(re.sub(r"^(?:the|an?)\s+|'s\b", "", name))
    if any(f.name == name for f in existing.fields(role)):
        return Said(f"There is a {'setting' if role == 'config' else role} {name!r} already.")
    text = _type(kind, name, default)
    questions: tuple[str, ...] = ()
    if default:
        literal = _literal(default, text)
        if literal is None:
            return Said(f"{default} is no {text}, so it cannot be the default of {name!r}.")
        text += f" = {literal}"
    elif role == "config":
        fallback = {"string": '""', "int": "0", "float": "0.0", "bool": "false"}.get(text, '""')
        text += f" = {fallback}"
        questions = (f"What should the setting {name!r} be? It is {fallback} for now.",)
    elif optional:
        text += "?"
    elif any(not isinstance(t.on, tree.Manual) for t in existing.triggers()):
        text += "?"
        questions = (f"The triggers give no {name!r}, so it may be left out. What should it be then?",)
    word = "setting" if role == "config" else role
    edit = dsl.SetHeader(part=role, name=name, text=text)
    assumptions = () if kind or default else (f"{name!r} is taken to be a {text.split(' ')[0].rstrip('?')}.",)
    return Change((edit,), f"There is a new {word} {name!r}; nothing uses it yet.", assumptions, questions)


def _defaulted(existing: Existing, words: str, default: str) -> Found | None:
    found = _find(existing, words, ("config", "input"))
    if found is None or not default:
        return None
    role, known = found
    kind = existing.text[known.type.span.start : known.type.span.end].rstrip("?")
    literal = _literal(default, kind)
    if literal is None and isinstance(known.type, tree.UnionType):
        literal = quote(default.strip('"“”'))
    if literal is None:
        return Said(f"{default} is no {kind}, so it cannot be the default of {known.name!r}.")
    written = existing.text[known.type.span.start : known.type.span.end]
    edit = dsl.SetHeader(part=role, name=known.name, text=f"{written} = {literal}")
    return Change((edit,), f"The default of {known.name!r} is now {literal}.")


def _optional(existing: Existing, words: str, how: str) -> Found | None:
    found = _find(existing, words, ("input",))
    if found is None:
        return None
    role, known = found
    kind = existing.text[known.type.span.start : known.type.span.end]
    if how.lower() in ("required", "mandatory"):
        new = kind.rstrip("?")
        said = f"{known.name!r} must now be given."
    else:
        new = kind if kind.endswith("?") else f"({kind})?" if "|" in kind else f"{kind}?"
        said = f"{known.name!r} may now be left out."
    if new == kind and known.default is None:
        return Said(f"{known.name!r} is {how} already.")
    return Change((dsl.SetHeader(part=role, name=known.name, text=new),), said)


def _typed(existing: Existing, words: str, kind: str) -> Found | None:
    found = _find(existing, words)
    if found is None:
        return None
    role, known = found
    new = _type(kind)
    text = new
    if known.default is not None:
        written = existing.written(known.default)
        literal = _literal(written, new)
        if literal is None:
            return Said(
                f"The default of {known.name!r} is {written}, which is no {new}. Tell me another default."
            )
        text += f" = {literal}"
    return Change((dsl.SetHeader(part=role, name=known.name, text=text),), f"{known.name!r} is now a {new}.")


def _removed(existing: Existing, words: str, role: str) -> Found | None:
    wanted = _role(role) if role else None
    found = _find(existing, words, (wanted,) if wanted else ("input", "config", "output"))
    if found is None:
        return None
    sort, known = found
    readers = (
        [
            p
            for p in existing.steps
            if re.search(rf"\b{sort}\.{known.name}\b", existing.text[p.step.span.start : p.step.span.end])
        ]
        if sort != "output"
        else []
    )
    innermost = [p for p in readers if not any(existing.within(q, p) for q in readers)]
    if innermost:
        names = ", ".join(repr(p.step.id) for p in innermost[:5])
        return Said(
            f"{known.name!r} is used by {names}. Tell me what they should use instead, then I remove it."
        )
    hand = Hand(existing)
    hand.make(dsl.SetHeader(part=sort, name=known.name, text=None))
    if sort == "output":
        _without_key(hand, known.name)
    return hand.change(f"The {'setting' if sort == 'config' else sort} {known.name!r} is removed.")


def _without_key(hand: Hand, name: str) -> None:
    """Results no longer give what is no output any more."""
    for _ in range(50):
        found = None
        for place in hand.existing.steps:
            match place.step.kind:
                case tree.Return(value=tree.MapOf(entries=entries) as value):
                    kept = [
                        (k, v) for k, v in entries if not (isinstance(k, tree.Constant) and k.value == name)
                    ]
                    if len(kept) < len(entries):
                        inner = ", ".join(
                            f"{hand.existing.written(k)}: {hand.existing.written(v)}" for k, v in kept
                        )
                        found = dsl.SetExpression(
                            path=place.path, field="value", value=f"{{ {inner} }}" if inner else "{}"
                        )
                        _ = value
                        break
                case _:
                    continue
        if found is None:
            return
        hand.make(found)


def _returned(existing: Existing, words: str) -> Found:
    """One more output: in the declaration, and in every result that ends a run."""
    ends = [p for p in existing.steps if isinstance(p.step.kind, tree.Return)]
    last = [p for p in ends if not p.container]
    container, before = ("", last[-1].step.id) if last else ("", None)
    scope = scope_at(existing, container, before)
    known = field(scope, words)
    if known is None:
        return Said(f"Nothing that is known at the end is {words!r}, so it cannot be in the result.")
    name = identifier(words)
    if any(f.name == name for f in existing.fields("output")):
        return Said(f"The result has {name!r} already.")
    hand = Hand(existing)
    kind = type_text(known.schema)
    early = [p for p in ends if p not in last[-1:]]
    kind = f"({kind})?" if early and "|" in kind else f"{kind}?" if early or not known.certain else kind
    if existing.fields("output") or not ends:
        hand.make(dsl.SetHeader(part="output", name=name, text=kind))
    for place in [p for p in hand.existing.steps if isinstance(p.step.kind, tree.Return)]:
        value = known.path if last and place.path == last[-1].path else "null"
        match place.step.kind:
            case tree.Return(value=tree.MapOf(entries=entries, span=span)) if entries:
                at = entries[-1][1].span.end
                now = next(p for p in hand.existing.steps if p.path == place.path)
                assert isinstance(now.step.kind, tree.Return) and isinstance(now.step.kind.value, tree.MapOf)
                at = now.step.kind.value.entries[-1][1].span.end
                hand.make(dsl.ReplaceText(start=at, end=at, text=f", {name}: {value}"))
                _ = span
            case _:
                continue
    if not last:
        hand.make(dsl.AddStep(text=f"step done: return {{ {name}: {known.path} }}"))
    return hand.change(f"The result now also has {name!r} ({known.path}).")


# ---- a number as a setting -----------------------------------------------------------------------------


__all__ = ["declare"]
