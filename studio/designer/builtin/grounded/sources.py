"""Where a value comes from when nobody said: the chain of look-ups that gives it, from what can be typed in.

"The fee for its kind and floor area" needs an application's kind; an application is read by its number; its number is
what somebody types in. A value that a read gives is looked up rather than asked for; what is to be made anew, what is
said in the clause and what is typed in are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from studio.designer.builtin import literals
from studio.designer.builtin.calls import ADDRESS, PROSE, Wish, thing_of, write_call
from studio.designer.builtin.changing_fields import CHANGES
from studio.designer.builtin.draft import CallStep, DraftStep
from studio.designer.builtin.scope import Scope, kin
from studio.designer.builtin.shapes import choices, fits, places, properties, required, sort_of
from studio.designer.builtin.spans import bound, end_of
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, singular, stem, word_list

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer

_ROOTS: Final = frozenset(map(stem, word_list("id no number key sku ref reference code host")))
_WHERE: Final = frozenset(map(stem, word_list("channel room board group zone")))
_MAKES: Final = frozenset(
    map(stem, word_list("create add register insert open new make draft order submit file"))
)
_BARE: Final = frozenset(
    map(stem, word_list("id name number key ref code text type to from email title subject body"))
)


def provide_chain(
    composer: Composer, known: Known, words: str, steps: list[DraftStep], scope: Scope, depth: int = 2
) -> None:
    """Add the reads that give what a call needs, if there are such."""
    if depth < 0:
        return
    inner = properties(known.tool.input_schema)
    entity = _entity(known)
    for name in sorted(required(known.tool.input_schema), key=list(inner).index if inner else None):
        schema = inner.get(name, {})
        parts = name_stems(name)
        if (known.id, name) in composer.work.given or sort_of(schema) in ("boolean", "array", "object"):
            continue
        if not known.reads and parts[-1] in PROSE and sort_of(schema) == "string":
            continue
        if known.sends and (parts[-1] in ADDRESS or parts[-1] in _WHERE):
            continue
        if (
            literals.spoken(words, name, schema, needed=True, known=frozenset(), own=frozenset(known.name))
            is not None
        ):
            continue
        if (choices(schema) and not known.reads) or (known.verb in CHANGES and parts[-1] not in _ROOTS):
            continue
        if (
            scope.for_argument(parts, schema, floor=0.75) is not None
            or bound(scope, known, parts) is not None
        ):
            continue
        own = parts[-1] in _ROOTS and (
            len(parts) == 1 or bool(set(parts[:-1]) & set(entity)) or (known.reads and _own(known, parts))
        )
        giver = _giver(composer, known, parts, schema, scope)
        if giver is None:
            continue
        if own and not (
            set(_entity(giver)) and set(_entity(giver)) <= set(composer.work.topic) and len(parts) > 1
        ):
            # Its own number: typed in, unless what the request speaks of has it.
            continue
        call_for(composer, giver, steps, scope, f"{known.id} needs it", depth - 1)


def call_for(
    composer: Composer, known: Known, steps: list[DraftStep], scope: Scope, why: str, depth: int = 2
) -> None:
    """The look-up ``known`` with what it needs before it, once in a scope."""
    if composer.stands(known, scope):
        return
    provide_chain(composer, known, " ".join(known.noun), steps, scope, depth)
    step = write_call(composer.work, scope, known, Wish("get", " ".join(known.noun)))
    steps.append(step)
    scope.add(thing_of(step, known))
    composer.note(known, step)
    composer.looked_up[known.id] = step.id
    composer.work.looked.add(step.id)
    composer.work.assume(
        f"The {step.id.replace('_', ' ')} is looked up with {known.id} first, because {why}."
    )


def _giver(
    composer: Composer, known: Known, parts: tuple[str, ...], schema: object, scope: Scope
) -> Known | None:
    """The read that gives a field of that name, about what the request speaks of."""
    topic = set(composer.work.topic)
    best: tuple[float, Known] | None = None
    for other in composer.work.toolbox.tools:
        if other.id == known.id or not other.reads or other.lists or not other.tool.output_schema:
            continue
        if known.verb in _MAKES and not known.reads and set(_entity(other)) & set(_entity(known)):
            continue
        inner = properties(other.tool.input_schema)
        needs = sorted(required(other.tool.input_schema))
        if any(name_stems(n) == parts for n in needs):
            continue
        probe = thing_of(CallStep("probe", other.connector, other.tool.name, (), writes=False), other)
        exact = [
            p
            for p in places(probe.name, probe.words, probe.schema)
            if p.leaf == parts and fits(p.schema, schema)  # type: ignore[arg-type]
        ]
        if not exact and (end := end_of(probe, known, parts)) is not None:
            exact = [end]
        if not exact or (len(parts) == 1 and parts[0] in _BARE):
            continue
        score = 1.0 + 0.6 * len(set(_entity(other)) & topic)
        stands = all(scope.for_argument(name_stems(n), inner[n], floor=0.75) for n in needs)
        if not stands and not set(_entity(other)) & topic:
            # Nobody spoke of such a thing.
            continue
        roots = [n for n in needs if name_stems(n)[-1] in _ROOTS or _own(other, name_stems(n))]
        score += 0.8 if len(roots) == len(needs) else -0.8
        score += 0.5 if stands else 0.0
        score += 0.4 * sum(1 for n in needs if n in properties(known.tool.input_schema))
        if best is None or score > best[0] + 1e-9:
            best = score, other
    return best[1] if best is not None and best[0] > 0.6 else None


def _entity(known: Known) -> tuple[str, ...]:
    return tuple(stem(singular(w)) for w in known.noun)


def _own(known: Known, parts: tuple[str, ...]) -> bool:
    """Whether an argument is what the thing itself is called by: its result has it too, under the same name."""
    fields = [name_stems(n) for n in properties(known.tool.output_schema or {})]
    return parts in fields or any(len(f) == 1 and kin(f[-1], parts[-1]) for f in fields)
