"""What somebody types in when a workflow is started: "I enter the SKU, the quantity and the value", "(sku, value)".

Such a value is an input, and wired into the calls that take one of that name: it is neither looked up nor taken from a
number that happens to be said nearby.
"""

from __future__ import annotations

import re
from typing import Final

from dsl.catalog import Schema
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import choices, plain, properties, sort_of
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import STOP, name_stems, raw_tokens, singular
from studio.designer.builtin.work import Work

_WORD: Final = (
    r"(?!(?:the|an?|its|their|his|her|no|not|then|so|if|when|and|or|please"
    r"|i|we|it|he|she|they|you|at|most|about|say"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|that|this|is|are|must|should|has|have|to|for|in|on|of|by|with|within|as)\b)[a-z][\w\-]*"
)
_NAME: Final = rf"(?:(?:the|an?|its|their|his|her) )?{_WORD}(?: {_WORD}){{0,2}}"
_LIST: Final = rf"{_NAME}(?:(?:, (?:and )?| and |/| \+ ){_NAME}){{0,6}}"
_TYPED: Final = re.compile(
    rf"\b(?:(?:i|we|somebody|someone|the (?:user|caller|clerk|person))(?:'d|'ll)? (?:only |just |will |would"
    rf" |can |want to "
    rf"|like to )*(?:type|types|enter|enters|give|gives|provide|provides|put|puts|fill|fills|pass|passes)(?: in)?"
    rf"|(?:takes?|given|gets) as inputs?|inputs?(?: are| is)?:?|parameters?(?: are)?:?|given:?) "
    rf"(?P<list>{_LIST})(?= *(?:[,.;:\n)]|$|and then\b|then\b|to (?:it|you)\b|when\b|as inputs?\b))",
    re.IGNORECASE,
)
_BRACKETS: Final = re.compile(
    rf"\((?:with |inputs?:? |given |i (?:give|enter|type in) )?(?P<list>{_NAME}(?:(?:, (?:and )?| and "
    rf"|/){_NAME}){{1,6}})"
    r"(?: (?:are |is )?(?:given|typed in|entered|inputs?))?\)",
    re.IGNORECASE,
)
_TELLS: Final = re.compile(
    r"\b(?:e?mail|message|post|send|notify|tell|write(?! off)|with the|saying|report)\b", re.IGNORECASE
)
_SPLIT: Final = re.compile(r",\s*(?:and )?| and |/| \+ ")
_FIELDS: Final = frozenset(name_stems("id number no sku code key amount quantity value"))
_PLAIN: Final = ("string", "integer", "number", "boolean")


def typed_in(request: str) -> tuple[str, ...]:
    """What is said to be typed in, in words, in order."""
    text = re.sub(r'"[^"]*"', " ", request)
    found = [match["list"] for match in _TYPED.finditer(text) if _names_fields(match["list"])]
    for match in _BRACKETS.finditer(text):
        sentence = re.split(r"[.;\n](?=\s)", text[: match.start()])[-1]
        if not _TELLS.search(sentence):
            found.append(match["list"])
    names: list[str] = []
    for listed in found:
        for item in _SPLIT.split(listed):
            words = [w for w in raw_tokens(item) if w not in STOP]
            if words:
                names.append(" ".join(words))
    return tuple(dict.fromkeys(names))


def _names_fields(listed: str) -> bool:
    """Whether a list names values: several of them, or one by what a value is called ("the order id")."""
    return len(_SPLIT.split(listed)) > 1 or name_stems(listed)[-1] in _FIELDS


def take_what_is_given(names: tuple[str, ...], tools: tuple[Known, ...], work: Work, scope: Scope) -> None:
    """Inputs for what is typed in, where one of the ``tools`` that the request uses takes such a value."""
    for said in names:
        stems = name_stems(said)
        for known in tools:
            for name, schema in properties(known.tool.input_schema).items():
                if (
                    sort_of(schema) in _PLAIN
                    and not choices(schema)
                    and (known.id, name) not in work.given
                    and _is(stems, name, known)
                ):
                    called = _called(said, name, known)
                    expression = work.take_input(scope, called, plain(schema), doc=_doc(schema))
                    work.given[(known.id, name)] = expression


def _is(said: tuple[str, ...], name: str, known: Known) -> bool:
    words, full = name_stems(name), _whole(name, known)
    if said in (words, full) or set(words) < set(said) <= set(full):
        return True
    if set(said) <= _MAILS and words[-1:] == ("email",) and known.head in _MAKES:
        return True
    if said == words[: len(said)]:
        # "the contact" is the contact's name; their address is said as such.
        return words[-1] not in _ADDRESSES
    return said == full[:-1] and full[-1] in _IDS


_MAKES: Final = frozenset(name_stems("create add register insert new open"))
_MAILS: Final = frozenset(["mail", "email", "address"])
_ADDRESSES: Final = frozenset(["email", "mail", "phone", "address"])
_IDS: Final = frozenset(["id", "number", "no", "key", "code", "ref"])


def _whole(name: str, known: Known) -> tuple[str, ...]:
    """ "id" of a tool about leads is the lead's id."""
    words = name_stems(name)
    return words if len(words) > 1 else (*name_stems(" ".join(map(singular, known.noun))), *words)


def _called(said: str, name: str, known: Known) -> str:
    words = name_stems(name)
    if words[-1] not in ("id", "number", "name", "key", "code", "no"):
        return said
    if len(words) == 1 and words[0] in ("id", "number", "name", "key", "code"):
        return f"{singular(' '.join(known.noun))} {name}".strip()
    return name


def _doc(schema: Schema) -> str:
    said = plain(schema).get("description") or plain(schema).get("title") or ""
    return re.split(r"(?<=[.!?])\s|\n", str(said))[0].strip()[:100].replace("\r", " ")


def without_typed_in(request: str) -> str:
    """The request without what only says that something is typed in."""

    def typed(match: re.Match[str]) -> str:
        return "" if _names_fields(match["list"]) else match[0]

    def listed(match: re.Match[str]) -> str:
        return "" if typed_in(match.string[: match.end()].rpartition("\n")[2]) else match[0]

    parts = re.split(r'("[^"]*")', request)
    for index in range(0, len(parts), 2):
        parts[index] = _BRACKETS.sub(listed, _SAID_TYPED.sub(typed, parts[index]))
    return re.sub(r"[ \t]+(?=[.,;:!?](?:\s|$))", "", "".join(parts))


_SAID_TYPED: Final = re.compile(
    rf"(?:,? (?:so|and|where|for which|when) (?:that )?|\bwhen |\bthen )?{_TYPED.pattern}[,:]?", re.IGNORECASE
)
