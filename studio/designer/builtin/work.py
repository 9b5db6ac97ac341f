"""What is known while one workflow is written: its inputs, names taken, effects so far, and what to tell the person."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dsl.catalog import Catalog, Schema
from studio.designer.builtin.draft import InputField, alias_of
from studio.designer.builtin.preferences import Preferences
from studio.designer.builtin.scope import Scope, Thing, noun_words
from studio.designer.builtin.shapes import choices, item_schema, properties, required, sort_of
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import raw_tokens

_RESERVED = frozenset(["input", "config", "secrets", "output", "event", "e", "true", "false", "null", "in"])


@dataclass(frozen=True, slots=True)
class Effect:
    """A write that was placed: ``verb`` and ``noun`` say it in words; ``step`` names its result.

    ``amount`` is an expression that writes the amount for people, ``currency`` the path of its currency.
    """

    verb: str
    noun: str
    step: str
    amount: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A part of the request that is not in the workflow, and what it would take."""

    words: str
    need: str
    instead: str = ""
    """A tool that does much the same by other means than those asked for."""


@dataclass
class Work:
    catalog: Catalog
    toolbox: Toolbox
    preferences: Preferences = field(default_factory=Preferences)
    occasion: str = ""
    topic: tuple[str, ...] = ()
    inputs: dict[str, InputField] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Keys of questions that a person can answer in a word or two, in order."""
    entity: str = ""
    """The stem of what an event is about: that is what is looked up."""
    given: dict[tuple[str, str], str] = field(default_factory=dict)
    """Arguments (tool, name) that somebody types in, and their inputs."""
    sent: set[str] = field(default_factory=set)
    """Names of inputs that a caller is said to send along; those that nothing reads are left out in the end."""
    unplaced: list[Unplaced] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)
    """Steps that nobody asked for: what they give is not what a message is about."""
    grounded: bool = False
    """Whether the reading names tools itself; then what they need is looked up in chains."""

    def fresh(self, wanted: str) -> str:
        """A step id nobody has yet."""
        base = identifier(wanted)
        taken = self.ids | _RESERVED | {alias_of(name) for name in self.catalog.connectors}
        found, number = base, 2
        while found in taken:
            found, number = f"{base}_{number}", number + 1
        self.ids.add(found)
        return found

    def assume(self, text: str) -> None:
        if text not in self.assumptions:
            self.assumptions.append(text)

    def ask(self, text: str, key: str = "") -> None:
        """An open question; ``key`` names one that a word or two can answer."""
        if key and key not in self.asked:
            self.asked.append(key)
        if text not in self.questions:
            self.questions.append(text)

    def miss(self, words: str, need: str, instead: str = "") -> None:
        if not any(u.words == words for u in self.unplaced):
            self.unplaced.append(Unplaced(words, need, instead))

    def take_input(self, scope: Scope, name: str, schema: Schema, *, default: str = "", doc: str = "") -> str:
        """A workflow input of that name, made on first use; its expression."""
        name = identifier(name)
        if name not in self.inputs:
            self.inputs[name] = InputField(name, type_text(schema), default, doc)
        found = Thing(f"input.{name}", noun_words(name), schema, step=False)
        if found.name not in scope.names():
            scope.add(found)
        return found.name


def identifier(text: str) -> str:
    """A Weft identifier out of any words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    found = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:40].strip("_")
    return found if found and not found[0].isdigit() else f"step_{found}".strip("_")


def type_text(schema: Schema, depth: int = 3) -> str:
    """A JSON Schema as a Weft type, as far as the language can say it."""
    if allowed := choices(schema):
        return " | ".join(f'"{c}"' for c in allowed)
    match sort_of(schema):
        case "string":
            return "string"
        case "number":
            return "float"
        case "integer":
            return "int"
        case "boolean":
            return "bool"
        case "array":
            inner = type_text(item_schema(schema), depth - 1)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case "object":
            fields = properties(schema)
            if not fields or depth == 0:
                return "any"
            must = required(schema)
            parts = (
                f"{name}: {type_text(sub, depth - 1)}{'' if name in must or not must else '?'}"
                for name, sub in fields.items()
                if name.isidentifier()
            )
            return "{ " + ", ".join(parts) + " }"
        case _:
            return "any"


def words_to_title(name: str) -> str:
    return " ".join(raw_tokens(name))
