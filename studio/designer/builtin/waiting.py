"""Loops that wait for something, and waits for events, as steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from studio.designer.builtin.amounts import spoken_duration
from studio.designer.builtin.draft import CallStep, DraftStep, FailStep, LoopStep, WaitStep
from studio.designer.builtin.reading import Await, Repeat
from studio.designer.builtin.scope import Scope, Thing
from studio.designer.builtin.testing import Resolved, resolve
from studio.designer.builtin.words import name_stems

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place

_USUAL_ROUNDS: Final = 10
_USUAL_PAUSE: Final = "5m"
_USUAL_WAIT: Final = "7d"


def repeat(composer: Composer, item: Repeat, steps: list[DraftStep], scope: Scope, place: Place) -> None:
    work = composer.work
    inner = scope.inner()
    outside = list(work.effects)
    body = composer.compose(item.items, inner, replace(place, ahead=(item,)))
    asked = next((s for s in reversed(body) if isinstance(s, CallStep) and not s.writes), None)
    if asked is None:
        # "until it is healthy" behind something that only does: what tells it is asked in each round.
        asked = _asks(composer, item, body, inner, place)
    if asked is None:
        work.effects[:] = outside
        work.miss(item.words, "No tool tells when that holds, so it cannot be waited for.")
        return
    thing = next((t for t in reversed(inner.things) if t.name == asked.id), None)
    own = Scope([thing] if thing else [])
    found = resolve(item.until, own, None)
    if not isinstance(found, Resolved) or thing is None:
        work.miss(
            item.words,
            f"I found nothing in what {asked.connector}.{asked.tool} gives that tells when to stop.",
        )
        return
    body = [s for s in body if not hasattr(s, "test")]
    id_ = work.fresh(f"until_{found.name or 'done'}")
    pause = item.pause or _USUAL_PAUSE
    most = item.most or _USUAL_ROUNDS
    if not item.pause:
        work.assume(f"Between two looks it waits {spoken_duration(pause)}; say “every ...” for another time.")
    if not item.most:
        work.assume(f"It looks at most {most} times; after that the run fails as exhausted.")
    else:
        work.assume(f"When it does not hold after {most} times, the run fails as exhausted.")
    until = found.test.replace(f"{asked.id}.", f"{id_}.last.")
    spent: list[DraftStep] = []
    if item.spent:
        spent = composer.compose(
            item.spent, scope.inner(), replace(place, branch=f"it was not so that {found.spoken}", ahead=())
        )
        spent.append(
            FailStep(
                work.fresh(f"{id_}_gave_up"), "exhausted", f"Given up: {found.spoken} did not hold in time"
            )
        )
    waits = any(isinstance(s, WaitStep) for s in body)
    steps.append(
        LoopStep(
            id_, until, most,
            tuple(body) if waits else (WaitStep(work.fresh("pause"), pause), *body),
            asked.id,
            says=f"look every {spoken_duration(pause)} until {found.spoken}, at most {most} times",
            spent=tuple(spent),
        )
    )  # fmt: skip
    scope.add(Thing(f"{id_}.last", thing.words, thing.schema, step=True, noun=thing.noun))
    composer.last = None


def _asks(
    composer: Composer, item: Repeat, body: list[DraftStep], inner: Scope, place: Place
) -> CallStep | None:
    from studio.designer.builtin.deciding import checker
    from studio.designer.builtin.reading import Check, Is

    if not isinstance(item.until, Is):
        return None
    known = checker(composer, Check(item.words, "check", item.until, item.until.predicate))
    if known is None:
        return None
    return composer.call(known, "check", item.until.predicate, body, inner, place)


def await_event(composer: Composer, item: Await, steps: list[DraftStep], scope: Scope) -> None:
    work = composer.work
    found = scope.identity()
    when = ""
    if found is not None:
        leaf = found[1].path.rpartition(".")[2]
        name = (
            leaf
            if len(name_stems(leaf)) > 1
            else f"{(found[0].noun.removeprefix('item:') or found[0].name).split()[-1]}_{leaf}"
        )
        when = f" when event.{name} == {found[1].path}"
    timeout = item.timeout or _USUAL_WAIT
    steps.append(WaitStep(work.fresh(f"{item.entity}_event"), f'event "{item.event}"{when}', timeout))
    work.assume(
        f"It waits for the event {item.event!r} (sent to POST /api/events), {spoken_duration(timeout)} at most; "
        "after that the run fails as timed out."
    )
