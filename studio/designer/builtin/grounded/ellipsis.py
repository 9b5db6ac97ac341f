"""Cases that only name what is different: "over 30 kilos as freight, the rest as parcel" is one deed with two values.

While a request is read, such a case is kept as an act of the tool `VALUES`; once all is read, each becomes the deed
that stands in front of it, behind it or in the case before it, with the new value in the place of the old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from studio.designer.builtin.calls import ADDRESS
from studio.designer.builtin.reading import Act, Each, Item, Together, Unclear, When
from studio.designer.builtin.shapes import choices, properties, sort_of
from studio.designer.builtin.tools import Known, Toolbox
from studio.designer.builtin.words import PRONOUNS, STOP, name_stems, raw_tokens, stem, word_list

VALUES: Final = "="
"""The tool of an act that only names values."""

_KINDS: Final = (
    ("quoted", r'"[^"]*"|quoted\d+text'),
    ("address", r"[\w.+-]+@[\w-]+\.[\w.]+\w"),
    ("channel", r"#[\w-]+"),
    ("percent", r"(?<![\w.#])\d+(?:[.,]\d+)?\s?(?:%|percent\b)"),
    ("number", r"(?<![\w.#$€£])\d+(?:[.,]\d+)?(?!\s?(?:%|percent\b)|[\w.]*\w)"),
    ("name", r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof)\.? )?\b[A-Z][\w\-]+(?: [A-Z][\w\-]+)*"),
)
_HELPING: Final = (
    STOP
    | PRONOUNS
    | frozenset(
        word_list(
            "go goes going get gets getting become becomes use used uses take takes taken instead only just set put"
        )
    )
)


class Values:
    """The values that words name to the tools of one catalog."""

    def __init__(self, toolbox: Toolbox) -> None:
        self.tools = {k.id: k for k in toolbox.tools if not k.reads}
        self._choices = {
            frozenset(raw_tokens(c)) for k in self.tools.values() for c in _choices_of(k) if raw_tokens(c)
        }
        self._around = {w for k in self.tools.values() for w in (*raw_tokens(k.connector), *k.noun)}
        self._arguments = {
            name
            for k in self.tools.values()
            for n in properties(k.tool.input_schema)
            for name in raw_tokens(n)[-1:]
        }

    def only(self, text: str) -> bool:
        """Whether a phrase names values and nothing else."""
        left, found = text, 0
        for _, pattern in _KINDS:
            left, count = re.subn(pattern, " ", left)
            found += count
        words = [w for w in raw_tokens(left) if w not in _HELPING]
        for choice in sorted(self._choices, key=len, reverse=True):
            if choice <= set(words):
                words = [w for w in words if w not in choice]
                found += 1
        if found == 0:
            return bool(self.named(text))
        return all(w in self._arguments for w in words)

    def named(self, text: str) -> str:
        """The argument that "service freight" names."""
        words = [w for w in raw_tokens(text) if w not in _HELPING]
        while len(words) > 2 and words[0] in self._around:
            words = words[1:]
        plain = (
            len(words) == 2 and words[0] in self._arguments and words[1] not in self._around | self._arguments
        )
        return words[0] if plain else ""

    def of(self, model: Act, text: str) -> Act | None:
        """The deed ``model`` with the values of the text; None when its tool takes none of that sort."""
        known = self.tools.get(model.tool)
        if known is None:
            return None
        rest, changed = model.rest, False
        for allowed in map(choices, properties(known.tool.input_schema).values()):
            new = _said(text, allowed)
            if not new:
                continue
            old = _said(rest, allowed)
            rest = (
                re.sub(_worded(old), new.replace("_", " "), rest, count=1, flags=re.I)
                if old
                else f"{rest} {new}"
            )
            changed = True
        takes = set(_sorts(known))
        for kind, pattern in _KINDS:
            value, before = re.search(pattern, text), re.search(pattern, rest)
            if kind == "number" and value is not None and before is None:
                # "25 percent for gold, the rest 5".
                before = re.search(r"\d+(?:[.,]\d+)?(?=\s?(?:%|percent\b))", rest)
            if (
                value is None
                or (kind == "name" and changed)
                or kind not in takes | ({"name"} if before else set())
            ):
                continue
            rest = rest.replace(before[0], value[0], 1) if before else f"{rest} {text}"
            changed = True
            if not before:
                break
        if (
            not changed
            and (argument := self.named(text))
            and argument in map(_last, properties(known.tool.input_schema))
        ):
            rest, changed = f'{rest} {argument} "{raw_tokens(text)[-1]}"', True
        return replace(model, rest=rest, words=f"{model.verb} {rest}") if changed else None


def _last(name: str) -> str:
    return (raw_tokens(name) or ("",))[-1]


def _choices_of(known: Known) -> Iterator[str]:
    for schema in properties(known.tool.input_schema).values():
        yield from choices(schema)


def _sorts(known: Known) -> Iterator[str]:
    """Which sorts of values a tool takes."""
    for name, schema in properties(known.tool.input_schema).items():
        last = name_stems(name)[-1]
        if sort_of(schema) in ("number", "integer"):
            yield from ("number", "percent")
        elif sort_of(schema) == "string" and not choices(schema):
            yield "quoted"
            if last in ADDRESS:
                yield "address"
            if last in _ROOMS:
                yield "channel"


_ROOMS: Final = frozenset(map(stem, word_list("channel room")))


def _said(text: str, allowed: tuple[str, ...]) -> str:
    said = set(raw_tokens(text))
    found = [c for c in allowed if raw_tokens(c) and set(raw_tokens(c)) <= said]
    return max(found, key=len) if found else ""


def _worded(choice: str) -> str:
    return r"\b" + r"[ _\-]".join(map(re.escape, raw_tokens(choice))) + r"\b"


def filled(items: list[Item], values: Values, else_meant: dict[str, Act]) -> list[Item]:
    """The items with every case that only names values as a deed. ``else_meant`` is what it would be alone."""
    if not any(_lacks(i) for i in items):
        return items
    return _Filler(values, else_meant).list(items)


def _lacks(item: Item) -> bool:
    match item:
        case Act(tool=tool):
            return tool == VALUES
        case When(then=then, other=other):
            return any(_lacks(i) for i in (*then, *other))
        case Each(items=inner) | Together(items=inner):
            return any(_lacks(i) for i in inner)
        case _:
            return False


class _Filler:
    def __init__(self, values: Values, else_meant: dict[str, Act]) -> None:
        self.values = values
        self.else_meant = else_meant
        self.model: Act | None = None

    def list(self, items: list[Item]) -> list[Item]:
        out: list[Item] = []
        taken: set[int] = set()
        for index, item in enumerate(items):
            if index in taken:
                continue
            if isinstance(item, When) and _lacks(item) and (model := self._in(item) or self.model) is None:
                behind = next((n for n in range(index + 1, len(items)) if self._writes(items[n])), None)
                if behind is not None:
                    # "over 30 kg service freight, else parcel. Book it."
                    model = items[behind]  # type: ignore[assignment]
                    assert isinstance(model, Act)
                    taken.add(behind)
                    out.append(self._closed(item, model, model))
                    self.model = model
                    continue
            front = out[-1] if out else None
            if (
                isinstance(item, When)
                and self._only_values(item)
                and isinstance(front, Act)
                and self._writes(front)
                and all(self.values.of(front, v.rest) for v in _value_acts(item))
            ):
                # "Post it: critical -> #alerts, else #ops": what stands in front is for the other cases.
                out.pop()
                out.append(self._closed(item, front, front))
                continue
            out.append(self._one(item))
        return out

    def _in(self, item: When) -> Act | None:
        """The first deed of a chain of cases."""
        for one in (*item.then, *item.other):
            if self._writes(one):
                assert isinstance(one, Act)
                return one
            if isinstance(one, When) and (found := self._in(one)) is not None:
                return found
        return None

    def _writes(self, item: Item) -> bool:
        return isinstance(item, Act) and item.tool in self.values.tools

    def _only_values(self, item: When) -> bool:
        return all(
            (isinstance(i, Act) and i.tool == VALUES) or (isinstance(i, When) and self._only_values(i))
            for i in (*item.then, *item.other)
        ) and bool(item.then)

    def _closed(self, item: When, model: Act, other: Act) -> When:
        """A chain of cases with the deed in each of them, and as it is where none of them holds."""
        then = tuple(self._with(i, model, other) for i in item.then)
        last = tuple(self._with(i, model, other) for i in item.other) if item.other else (other,)
        return replace(item, then=then, other=last)

    def _with(self, item: Item, model: Act, other: Act) -> Item:
        if isinstance(item, When):
            return self._closed(item, model, other)
        if isinstance(item, Act) and item.tool == VALUES:
            return self.values.of(model, item.rest) or self._alone(item)
        return item

    def _one(self, item: Item) -> Item:
        match item:
            case Act(tool=tool) if tool == VALUES:
                made = self.values.of(self.model, item.rest) if self.model else None
                return made or self._alone(item)
            case Act() if self._writes(item):
                self.model = item
                return item
            case When(then=then, other=other):
                if self.model is None or not self._writes(self.model):
                    self.model = self._in(item) or self.model
                first = tuple(self._one(i) for i in then)
                return replace(item, then=first, other=tuple(self._one(i) for i in other))
            case Each(items=inner):
                return replace(item, items=tuple(self.list(list(inner))))
            case _:
                return item

    def _alone(self, item: Act) -> Item:
        alone = self.else_meant.get(item.words)
        if alone is not None and self._writes(alone):
            self.model = alone
        return alone or Unclear(item.words, f"I could not tell what {item.words!r} is for.")


def _value_acts(item: When) -> Iterator[Act]:
    for one in (*item.then, *item.other):
        if isinstance(one, Act) and one.tool == VALUES:
            yield one
        elif isinstance(one, When):
            yield from _value_acts(one)
