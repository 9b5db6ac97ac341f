"""Reads that nobody asked for but that something needs: the order whose total is compared, the customer's address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio.designer.builtin.calls import (
    ADDRESS,
    PROSE,
    Wish,
    address_of_whom,
    person_of,
    thing_of,
    write_call,
)
from studio.designer.builtin.draft import CallStep, DraftStep
from studio.designer.builtin.lists import list_of
from studio.designer.builtin.payloads import sent_for
from studio.designer.builtin.reading import Is, When
from studio.designer.builtin.scope import Scope, is_amount
from studio.designer.builtin.shapes import choices, properties, required, sort_of
from studio.designer.builtin.testing import Unresolved
from studio.designer.builtin.tools import Known, head_noun
from studio.designer.builtin.words import name_stems, singular, stem, stems
from studio.designer.builtin.work import identifier

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place


def provide(
    composer: Composer,
    known: Known,
    words: str,
    steps: list[DraftStep],
    scope: Scope,
    place: Place | None = None,
) -> None:
    """Look up the thing an effect is about when nobody asked to, but its values are needed."""
    if known.reads:
        return
    if place is not None and known.sends and (told := _LIST_OF.search(words)) is not None:
        noun = (told["what"] or told["many"]).strip()
        if not any(p.sort == "array" for _, p in scope.places()) and (lister := list_of(composer, noun)):
            composer.call(lister, "list", noun, steps, scope, place)
    wanted: list[tuple[str, ...]] = []
    for name, schema in properties(known.tool.input_schema).items():
        parts = name_stems(name)
        if name in required(known.tool.input_schema) and is_amount(parts) and not re.search(r"\d", words):
            if scope.for_argument(parts, schema) is None:
                wanted.append(parts)
        elif (
            not known.sends
            and name in required(known.tool.input_schema)
            and sort_of(schema) in ("string", "integer", "number")
            and not choices(schema)
            and parts[-1] not in ("id", *PROSE)
            and scope.for_argument(parts, schema) is None
            and not (parts[-1] == "email" and address_of_whom(scope, Wish("", words)))
        ):
            wanted.append(parts)
        elif (
            known.sends
            and parts[-1] in ADDRESS
            and "@" not in words
            and not re.search(r"\b(?:me|us)\b", words)
        ):
            who = person_of(Wish("send", words))
            if scope.address_of(who) is None and not re.search(r"#\w|\bchannel\b|\broom\b", words):
                wanted.append((*who[:1], "email"))
    # What is made anew is not looked up first.
    but = name_stems(" ".join(map(singular, known.noun))) if known.head in _MAKES else ()
    for parts in wanted:
        if not (but and sent_for(composer.work, scope, parts, {})):
            fetch(composer, parts, steps, scope, f"{known.tool.title or known.tool.name} needs it", but=but)


_LIST_OF = re.compile(
    r"\b(?:list|overview|number|count|names) of (?:all )?(?:the |our )?(?P<what>[\w ]+?)(?= (?:to|by|via|in|on"
    r"|as|and|with|at)\b|[,.;]|$)"
    r"|\bhow many (?P<many>[\w ]+?)(?= (?:there|are|we|is|have|exist)\b|[,.;]|$)",
    re.IGNORECASE,
)
_MAKES = frozenset(map(stem, ["create", "add", "register", "insert", "open", "new"]))


def fetch(
    composer: Composer,
    wanted: tuple[str, ...],
    steps: list[DraftStep],
    scope: Scope,
    why: str,
    *,
    entity: tuple[str, ...] = (),
    but: tuple[str, ...] = (),
    depth: int = 1,
) -> bool:
    """Add the read that gives a field named ``wanted``, if some tool does and its inputs are only ids."""
    topic = (*entity, *composer.work.topic)
    best: tuple[float, Known] | None = None
    for known in composer.work.toolbox.tools:
        if not known.reads or not known.tool.output_schema or known.lists:
            continue
        needs = [n for n in required(known.tool.input_schema)]
        noun = name_stems(" ".join(map(singular, known.noun))) or known.name
        inner = properties(known.tool.input_schema)
        if any(not (_names_one(n, noun) or scope.for_argument(name_stems(n), inner[n])) for n in needs):
            continue
        probe = Scope()
        probe.add(thing_of(CallStep("probe", known.connector, known.tool.name, (), writes=False), known))
        place = (
            probe.address_of(wanted[:-1])
            if wanted[-1] == "email"
            else probe.for_argument(wanted, {})
            or probe.for_subject(wanted, ("number", "integer", "boolean", "string"), money=True)
        )
        if but and (set(noun) & set(but) or any(name_stems(n) == wanted for n in needs)):
            continue
        related = sum(1 for n in noun if n in topic) + (0.5 if any(n in wanted for n in noun) else 0)
        related += 1.0 if composer.work.entity and composer.work.entity in noun else 0.0
        if (
            not related
            and needs
            and all(scope.for_argument(name_stems(n), inner[n], floor=0.9) for n in needs)
        ):
            related = 0.3
        if (
            not related
            and place is not None
            and wanted[-1] in place.leaf
            and set(topic) & known.fields["description"]
        ):
            related = 0.2
        if place is not None and related and (best is None or related > best[0]):
            best = related, known
    if best is None or composer.has(steps, best[1]):
        return False
    known = best[1]
    if depth > 0:
        for name in sorted(required(known.tool.input_schema)):
            schema = properties(known.tool.input_schema)[name]
            if scope.for_argument(name_stems(name), schema) is None and len(name_stems(name)) > 1:
                own = name_stems(" ".join(known.noun))
                fetch(
                    composer,
                    name_stems(name),
                    steps,
                    scope,
                    f"{known.id} needs it",
                    but=(*own, *but),
                    depth=depth - 1,
                )
    step = write_call(composer.work, scope, known, Wish("get", " ".join(known.noun)))
    steps.append(step)
    scope.add(thing_of(step, known))
    composer.looked_up[known.id] = step.id
    composer.note(known, step)
    composer.work.looked.add(step.id)
    composer.work.assume(
        f"The {step.id.replace('_', ' ')} is looked up with {known.id} first, because {why}."
    )
    return True


_NAMING = frozenset(
    map(stem, ["id", "number", "key", "ref", "no", "sku", "host", "service", "code", "email"])
)


def _names_one(argument: str, noun: tuple[str, ...]) -> bool:
    """Whether an argument says which one is meant: an id, a number, or the thing's own name."""
    words = name_stems(argument)
    return words[-1] in _NAMING or (len(words) == 1 and words[0] in noun)


def fetch_for_test(
    composer: Composer, missing: Unresolved, item: When, steps: list[DraftStep], scope: Scope
) -> bool:
    wanted = stems(missing.wanted.removeprefix("whether ")) or ("total",)
    if missing.quantity is not None and missing.quantity.sort == "plain" and missing.quantity.unit:
        wanted = stems(missing.quantity.unit) or wanted
    if isinstance(item.test, Is):
        wanted = (stems(item.test.predicate) and stems(item.test.subject)) or wanted
    why = "the condition needs it"
    head = head_noun(missing.wanted.removeprefix("whether "))
    if head and head != wanted[-1] and fetch(composer, (head,), steps, scope, why, entity=tuple(wanted)):
        return True
    return fetch(composer, tuple(wanted[-1:]), steps, scope, why, entity=tuple(wanted))


def ask_for_number(composer: Composer, missing: Unresolved, item: When, scope: Scope) -> None:
    if missing.quantity is None:
        return
    name = identifier(missing.wanted)
    composer.work.take_input(
        scope, name, {"type": "number"}, doc=f"Compared with {missing.quantity.spoken()}."
    )
    composer.work.assume(f"No tool gives {missing.wanted!r}, so the workflow asks for it when it is started.")
