"""Whom a message goes to and what it tells: the person and the facts that its words name, looked up where"
" they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from studio.designer.builtin.calls import ADDRESS, PROSE, thing_of
from studio.designer.builtin.draft import CallStep, DraftStep
from studio.designer.builtin.grounded.sources import call_for
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import Place, places, plain, properties, required, sort_of
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import STOP, likeness, name_stems, raw_tokens, singular, stem, word_list

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer

_VAGUE: Final = frozenset(
    map(
        stem,
        word_list(
            "id name status state email text message subject title day date number key type kind code total amount url"
            " phone address count value address system note reason description customer guest patient member"
        ),
    )
)
_ME: Final = re.compile(r"\b(?:me|us|myself)\b", re.IGNORECASE)
_MAIL: Final = frozenset(map(stem, ["email", "mail", "address"]))
_NO_PERSON: Final = frozenset(
    map(
        stem,
        word_list(
            "email mail letter message note text sms order number result notice thank you thanks reminder"
        ),
    )
)


def addressed(
    composer: Composer, known: Known, words: str, steps: list[DraftStep], scope: Scope
) -> tuple[tuple[str, str], ...]:
    """The address of the person that the words name, as (argument, expression); its look-up is added to ``steps``."""
    name = next(
        (
            n
            for n in properties(known.tool.input_schema)
            if n in required(known.tool.input_schema) and name_stems(n)[-1] in ADDRESS
        ),
        None,
    )
    if name is None or not known.sends or "@" in words or _ME.search(words):
        return ()
    if sort_of(properties(known.tool.input_schema)[name]) != "string":
        return ()
    found = _whose(composer, words, scope)
    if found is None:
        return ()
    teller, place = found
    if teller is None:
        return ((name, place.path),)
    if composer.stands(teller, scope):
        return ()
    call_for(composer, teller, steps, scope, "the message needs the address")
    step = scope.things[-1]
    if step.name != composer.looked_up.get(teller.id):
        return ()
    return ((name, f"{step.name}{place.path.removeprefix('probe')}"),)


def _whose(composer: Composer, words: str, scope: Scope) -> tuple[Known | None, Place] | None:
    outside = re.sub(r'"[^"]*"', " ", words)
    told = (
        re.split(r"\b(?:that|saying|whether|what|how|which|who|why|when)\b", outside, maxsplit=1)[0]
        or outside
    )
    tokens = [stem(w) for w in raw_tokens(told) if w not in STOP]
    people = [w for w in tokens if w not in _NO_PERSON]
    options: list[tuple[float, Known | None, Place]] = []
    if people and (named := scope.person_called(tuple(people[:2]))) is not None:
        options.append((1.3, None, named))
    for thing, place in scope.places():
        if _is_address(place) and place.sort == "string":
            options.append(
                (_near(place, thing.words, people) + 0.9 * (1 if place.certain else 0.5), None, place)
            )
    # Whom something in hand names as surely is not looked up once more.
    here = max((score for score, _, _ in options), default=0.0) - 0.9
    for other in composer.work.toolbox.tools:
        if not other.reads or other.lists or not other.tool.output_schema or composer.stands(other, scope):
            continue
        probe = thing_of(CallStep("probe", other.connector, other.tool.name, (), writes=False), other)
        inner = properties(other.tool.input_schema)
        needs = required(other.tool.input_schema)
        near_by = all(
            scope.for_argument(name_stems(n), inner.get(n, {}), floor=0.75) is not None for n in needs
        )
        # "With a patient_id in it": the request itself says what is in hand.
        told_of = all(
            len(name_stems(n)) > 1 and set(name_stems(n)) <= set(composer.work.topic) for n in needs
        )
        reach = 1.6 if (near_by and any(t.step for t in scope.things)) or (needs and told_of) else 0.0
        topical = 0.2 * sum(1 for w in probe.words if w in composer.work.topic)
        for place in places(probe.name, probe.words, probe.schema):
            if _is_address(place) and place.sort == "string":
                near = _near(place, probe.words, people)
                options.append(
                    (
                        near + (reach if near >= max(1.4, here + 0.01) else 0.0) + min(topical, 0.6),
                        other,
                        place,
                    )
                )
    best = max(options, key=lambda o: o[0], default=None)
    if best is None or best[0] < 1.2:
        return None
    return best[1], best[2]


def _is_address(place: Place) -> bool:
    if not place.leaf or place.path.count(".") == 0:
        return False
    return bool(set(place.leaf) & _MAIL) or plain(place.schema).get("format") == "email"


def _near(place: Place, about: tuple[str, ...], people: list[str]) -> float:
    """How surely an address is that of the person named: by its own name, else by what it belongs to."""
    own = [w for w in place.leaf if w not in _MAIL]
    path = [w for w in place.words if w not in _MAIL]
    for at, person in enumerate(people):
        early = 0.4 / (1 + at)
        if any(w == person for w in own):
            return 3.0 + early
        if any(likeness(w, person) for w in own):
            return 2.2 + early
    for at, person in enumerate(people):
        early = 0.4 / (1 + at)
        if not own and any(w == stem(singular(person)) for w in (*path, *about)):
            return 2.0 + early
        if not own and any(likeness(w, person) for w in (*path, *about)):
            return 1.4 + early
    return 0.6 if not people and not own else 0.35 if not people else 0.0


def provide_facts(composer: Composer, known: Known, words: str, steps: list[DraftStep], scope: Scope) -> None:
    """Look up what a text is to tell: "the mileage of the vehicle"."""
    inner = properties(known.tool.input_schema)
    if known.reads or not any(name_stems(n)[-1] in PROSE for n in inner):
        return
    outside = re.sub(r'"[^"]*"', " ", words)
    said = {stem(singular(w)) for w in raw_tokens(outside) if w not in STOP}
    for other in composer.work.toolbox.tools:
        if not other.reads or other.lists or not other.tool.output_schema or composer.stands(other, scope):
            continue
        if not set(map(stem, map(singular, other.noun))) & (set(composer.work.topic) | said):
            continue
        for name in properties(other.tool.output_schema):
            parts = name_stems(name)
            if not set(parts) <= said or (len(parts) == 1 and parts[0] in _VAGUE):
                continue
            if any(place.leaf == parts for _, place in scope.places()):
                continue
            call_for(composer, other, steps, scope, f"its {' '.join(raw_tokens(name))} is told")
            break
