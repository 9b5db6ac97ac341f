"""What a step can name where it stands: inputs, results of earlier steps, the item of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl.catalog import Schema
from studio.designer.builtin.shapes import Place, Sort, fits, places
from studio.designer.builtin.words import likeness, stem

_GENERIC = frozenset(
    map(
        stem,
        ["id", "name", "status", "state", "type", "email", "title", "description", "key", "number", "date"],
    )
)
_AMOUNTS = tuple(map(stem, ["total", "amount", "value", "price", "sum", "cost", "balance"]))
PEOPLE = frozenset(
    map(
        stem,
        [
            "owner", "manager", "contact", "assignee", "responsible", "buyer", "reporter", "requester", "author",
            "approver", "reviewer", "supervisor", "lead", "agent", "attendant", "engineer", "inspector",
        ],
    )
)  # fmt: skip
"""Fields that say who does or answers for something; a server may put an address or a name into them."""
_LEAF_KIN = (
    frozenset(map(stem, ["to", "email", "recipient", "address", "mail"])),
    frozenset(map(stem, ["id", "key", "ref", "reference", "number", "no"])),
)


@dataclass(frozen=True, slots=True)
class Thing:
    """One name in scope. ``words`` are the stems people call it by; ``step`` is false for inputs."""

    name: str
    words: tuple[str, ...]
    schema: Schema
    step: bool
    noun: str = ""


@dataclass
class Scope:
    """``favoured`` are paths that a condition spoke of: the same number is meant again by what follows."""

    things: list[Thing] = field(default_factory=list)
    favoured: list[str] = field(default_factory=list)

    def inner(self) -> Scope:
        return Scope(list(self.things), list(self.favoured))

    def add(self, thing: Thing) -> None:
        self.things.append(thing)

    def names(self) -> set[str]:
        return {thing.name for thing in self.things}

    def places(self) -> Iterator[tuple[Thing, Place]]:
        """Everything that can be named, latest step first, inputs last."""
        for thing in sorted(self.things, key=lambda t: t.step, reverse=True):
            for place in places(thing.name, thing.words, thing.schema):
                yield thing, place

    # ---- looking for the value of an argument ----------------------------------------------------------

    def for_argument(
        self,
        wanted: tuple[str, ...],
        schema: Schema,
        hints: tuple[str, ...] = (),
        floor: float = 0.55,
        but: frozenset[str] = frozenset(),
    ) -> Place | None:
        """The place whose name and type suit an argument called ``wanted`` (stems); None when none is good enough, or
        only those at the paths ``but``."""
        best: tuple[float, Place] | None = None
        for thing, place in self.places():
            if place.path in but or not fits(place.schema, schema):
                continue
            score = self._suits(thing, place, wanted, hints)
            if score >= floor and (best is None or score > best[0] + 1e-9):
                best = score, place
        return best[1] if best else None

    def _suits(self, thing: Thing, place: Place, wanted: tuple[str, ...], hints: tuple[str, ...]) -> float:
        leaf, full = place.leaf, place.words
        last = wanted[-1]
        if leaf == wanted:
            base = 1.0 if len(wanted) > 1 or last not in _GENERIC else 0.5
        elif set(wanted) <= set(full) and leaf and leaf[-1] == last:
            base = 1.05 if len(thing.words) and set(wanted[:-1]) == set(place.words[:-1]) else 0.97
        elif leaf and (kin(leaf[-1], last) or likeness(leaf[-1], last)):
            others = wanted[:-1]
            if any(not _like_any(word, full) for word in others):
                return 0.0
            base = 0.72 if len(wanted) == 1 or others else 0.6
        else:
            return 0.0
        extra = [
            w for w in leaf if not any(likeness(w, other) for other in (*wanted, *hints)) and not kin(w, last)
        ]
        base -= 0.35 * len(extra)
        base -= 0.02 * place.path.count(".")
        base += 0.25 if any(_like_any(h, full) for h in hints) else 0.0
        base += 0.2 if place.path in self.favoured else 0.0
        base -= 0.0 if place.certain else 0.15
        base -= 0.0 if thing.step else 0.05
        base += 0.12 if thing.noun.startswith("item:") else 0.0
        if place.sort == "integer" and leaf in _COUNTS and counts_a_list(thing):
            base -= 0.5
        return base

    # ---- looking for what a condition speaks of --------------------------------------------------------

    def for_subject(
        self, subject: tuple[str, ...], sorts: tuple[Sort, ...], *, money: bool = False
    ) -> Place | None:
        """The place that "the order total" or, for money, just "the order" means."""
        best: tuple[float, Place] | None = None
        for thing, place in self.places():
            if place.sort not in sorts:
                continue
            score = self._speaks_of(place, subject, money=money)
            if score <= 0:
                continue
            score += (0.15 if place.path in self.favoured else 0.0) - 0.03 * place.path.count(".")
            score += 0.05 if thing.step else 0.0
            score -= 0.0 if place.certain else 0.2
            if best is None or score > best[0] + 1e-9:
                best = score, place
        return best[1] if best else None

    def _speaks_of(self, place: Place, subject: tuple[str, ...], *, money: bool) -> float:
        amount = any(likeness(w, a) for w in place.leaf for a in _AMOUNTS)
        if not subject:
            if place.path in self.favoured:
                return 1.0
            return (
                0.5 + (0.2 if place.leaf and place.leaf[-1] == "total" else 0.0) if money and amount else 0.0
            )
        covered = [max((likeness(s, w) for w in place.words), default=0.0) for s in subject]
        if min(covered) == 0.0:
            return 0.0
        on_leaf = max((likeness(s, w) for s in subject for w in place.leaf), default=0.0)
        extra = sum(1 for w in place.leaf if not _like_any(w, subject))
        if on_leaf:
            return on_leaf + sum(covered) / len(covered) - 0.25 * extra
        if money and amount:
            return 0.6 + (0.2 if place.leaf and place.leaf[-1] == "total" else 0.0)
        return 0.0

    # ---- people ----------------------------------------------------------------------------------------

    def address_of(self, person: tuple[str, ...]) -> Place | None:
        """An e-mail address of the person meant; of anyone when nobody is named."""
        found = []
        for _, place in self.places():
            if place.sort == "string" and place.leaf and "email" in place.leaf:
                near = [w for w in person if _like_any(w, place.words)]
                if near or not person:
                    found.append((len(near), place.certain, -place.path.count("."), place))
        return max(found, key=lambda f: f[:3])[3] if found else None

    def person_called(self, person: tuple[str, ...]) -> Place | None:
        """The field that says who somebody is, where no field says the address: "owner" of a cost centre."""
        return next(
            (
                place
                for thing, place in self.places()
                if thing.step
                and place.sort == "string"
                and place.path != thing.name
                and len(place.leaf) == 1
                and place.leaf[0] in person
                and place.leaf[0] in PEOPLE
            ),
            None,
        )

    def sibling(self, path: str, leaf: str) -> Place | None:
        """The field ``leaf`` beside the field at ``path``."""
        parent = path.rpartition(".")[0]
        return next((p for _, p in self.places() if p.path == f"{parent}.{leaf}"), None) if parent else None

    def currency_of(self, path: str) -> Place | None:
        """The field that says the currency of an amount, beside it."""
        parent = path.rpartition(".")[0]
        beside = [p for _, p in self.places() if parent and p.path.rpartition(".")[0] == parent]
        return next((p for p in beside if "currency" in p.leaf or "currenc" in p.leaf), None)

    def identity(self) -> tuple[Thing, Place] | None:
        """The thing the work is about and its id: the latest item of a loop, else the first thing read."""
        ordered = [t for t in self.things if t.step]
        loops = [t for t in ordered if t.noun.startswith("item:")]
        inputs = [t for t in self.things if not t.step]
        for thing in [*reversed(loops), *ordered]:
            for place in places(thing.name, thing.words, thing.schema, depth=1):
                # "invoiceNumber" of an invoice is its own, "supplierId" is not.
                named = (
                    len(place.leaf) > 1
                    and set(place.leaf[:-1]) <= set(thing.words)
                    and place.path != thing.name
                )
                if (
                    named
                    and (kin(place.leaf[-1], "id") or place.leaf[-1] in ("no", "sku"))
                    and place.sort in ("string", "integer")
                ):
                    return thing, place
        for thing in [*reversed(loops), *ordered, *inputs]:
            for place in places(thing.name, thing.words, thing.schema, depth=1):
                own = place.leaf in (("id",), ("key",), ("number",)) and place.path != thing.name
                itself = place.path == thing.name and place.leaf[-1:] == ("id",) and place.sort == "string"
                if (own or itself) and place.sort in ("string", "integer"):
                    return thing, place
        for thing in [*reversed(loops), *ordered, *inputs]:
            for place in places(thing.name, thing.words, thing.schema, depth=1):
                if (
                    place.leaf[-1:] == ("id",)
                    and place.path != thing.name
                    and place.sort in ("string", "integer")
                ):
                    return thing, place
        for thing in [*reversed(loops), *ordered, *inputs]:
            for place in places(thing.name, thing.words, thing.schema, depth=1):
                numbered = place.leaf[-1:] in (("no",), ("number",), ("sku",), ("key",))
                if numbered and place.path.count(".") == 1 and place.sort in ("string", "integer"):
                    return thing, place
        return None


def counts_a_list(thing: Thing) -> bool:
    """Whether a thing is a list with what counts it: "orders" and "total"."""
    return any(p.sort == "array" for p in places(thing.name, thing.words, thing.schema, depth=1))


_COUNTS = frozenset((stem(word),) for word in ("total", "count", "size", "number", "length", "hits"))


def kin(left: str, right: str) -> bool:
    """Whether two last words of names say the same sort of thing: "to" and "email", "no" and "number"."""
    return any(left in group and right in group for group in _LEAF_KIN)


def _like_any(word: str, words: tuple[str, ...]) -> bool:
    return any(likeness(word, other) > 0 for other in words)


def is_amount(words: tuple[str, ...]) -> bool:
    if set(words) & _COUNTED_IN:
        return False
    return any(likeness(w, a) for w in words for a in _AMOUNTS)


_COUNTED_IN = frozenset(
    map(stem, ["days", "hours", "minutes", "weeks", "percent", "rate", "count", "quantity"])
)


def noun_words(noun: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in noun.lower().replace("_", " ").split())
