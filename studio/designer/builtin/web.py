"""Addresses on the web that a request names: which tool calls them, how, and with what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import choices, properties, required, sort_of
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, stem, stems

URL: Final = re.compile(r"https?://[^\s\"'<>]*[^\s\"'<>.,;:!?)]")
_TO_URL = re.compile(r"\b(?:to|at) https?://", re.I)
_ANSWER = re.compile(
    r"\b(?:answer|response|reply|result|what (?:it|they) (?:says?|answers?|returns?))\b", re.I
)
_METHODS = {
    stem(word): method
    for method, words in {
        "POST": "post send submit create push add report book order",
        "PUT": "put replace",
        "PATCH": "patch update change",
        "DELETE": "delete remove erase",
    }.items()
    for word in words.split()
}


def caller(tools: Iterable[Known], words: str, best: Known | None) -> Known | None:
    """The tool for a clause that names an address, unless the clause only writes to somebody about it."""
    if not URL.search(words) or (best is not None and best.sends and not _TO_URL.search(words)):
        return None
    return next((known for known in tools if "url" in required(known.tool.input_schema)), None)


def method(verb: str, allowed: tuple[str, ...]) -> str | None:
    """How an address is called: by the verb, and reading where the verb says nothing."""
    wanted = verb.upper() if verb.upper() in allowed else _METHODS.get(stem(verb.lower()), "GET")
    return wanted if wanted in allowed else None


def is_method(known: Known, name: str) -> bool:
    schema = known.tool.input_schema
    return "url" in required(schema) and {"GET", "POST"} <= set(choices(properties(schema).get(name, {})))


def sent(scope: Scope, words: str) -> str | None:
    """The value of an earlier step that a clause speaks of, as what is sent to the address."""
    said = set(stems(URL.sub(" ", words)))
    named = [thing for thing in scope.things if thing.step and set(thing.words[-1:]) & said]
    return named[-1].name if named else None


def answer(scope: Scope, words: str) -> str | None:
    """The body of the newest answer from the web, as a text, where the clause speaks of it."""
    if not _ANSWER.search(words):
        return None
    for thing in reversed(scope.things):
        fields = properties(thing.schema)
        if thing.step and {"status", "body"} <= set(fields) and sort_of(fields["status"]) == "integer":
            return f"text({thing.name}.body)"
    return None


def names_url(name: str) -> bool:
    return name_stems(name)[-1:] in ((stem("url"),), (stem("link"),), (stem("uri"),))
