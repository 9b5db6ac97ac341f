"""Intents to steps: the heart of the built-in designer.

The composer walks the intents in order and keeps a scope of what can be named. Every decision it makes for the person
is noted as an assumption; whatever it cannot place is kept as such and never silently dropped or guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from studio.designer.builtin import prose, web
from studio.designer.builtin.acting import act
from studio.designer.builtin.asks import ask
from studio.designer.builtin.calls import Wish, person_of, takes_address, thing_of, write_call
from studio.designer.builtin.deciding import check, when
from studio.designer.builtin.draft import (
    CallStep,
    DraftStep,
    EachStep,
    FailStep,
    GuardedStep,
    ReturnStep,
    TogetherStep,
    WaitStep,
    step_text,
    walk,
)
from studio.designer.builtin.grounded.recipients import addressed, provide_facts
from studio.designer.builtin.grounded.sources import provide_chain
from studio.designer.builtin.lists import find_list, of_the_item
from studio.designer.builtin.lookups import provide
from studio.designer.builtin.looping import over_all, stands_for_all
from studio.designer.builtin.reading import (
    Act,
    Again,
    Answer,
    Ask,
    Await,
    Check,
    Each,
    GiveUp,
    Item,
    Pause,
    Repeat,
    Stop,
    Think,
    Together,
    Trouble,
    Unclear,
    When,
)
from studio.designer.builtin.scope import Scope, Thing
from studio.designer.builtin.shapes import required
from studio.designer.builtin.testing import Resolved
from studio.designer.builtin.thinking import think
from studio.designer.builtin.tools import Known
from studio.designer.builtin.troubles import meant, put_in_place, trouble
from studio.designer.builtin.waiting import await_event, repeat
from studio.designer.builtin.words import GENERIC_VERBS, likeness, raw_tokens, singular, stem
from studio.designer.builtin.work import Work, identifier


@dataclass(frozen=True, slots=True)
class Place:
    """Where steps are being written: ``branch`` is the condition in words and ``ending`` its short name."""

    branch: str = ""
    ending: str = ""
    loop: bool = False
    ahead: tuple[Item, ...] = ()


def _read_already(step: CallStep, steps: list[DraftStep]) -> CallStep | None:
    """The same question asked before, with nothing since that could change the answer."""
    for earlier in reversed(steps):
        if not isinstance(earlier, CallStep) or earlier.writes:
            return None
        if (earlier.connector, earlier.tool, earlier.args) == (step.connector, step.tool, step.args):
            return earlier
    return None


class Composer:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.last: Resolved | None = None
        self.looked_up: dict[str, str] = {}
        self.loops: list[str] = []
        """The lists that are gone through where steps are being written."""
        self._calls: dict[str, list[str]] = {}

    def stands(self, known: Known, scope: Scope) -> bool:
        """Whether a result of the tool can be named here."""
        ids = (*self._calls.get(known.id, ()), self.looked_up.get(known.id, ""))
        return any(id in scope.names() for id in ids)

    def calls_of(self, known: Known, scope: Scope) -> list[str]:
        """The results of the tool that can be named here, oldest first."""
        return [id for id in self._calls.get(known.id, ()) if id in scope.names()]

    def note(self, known: Known, step: CallStep) -> None:
        self._calls.setdefault(known.id, []).append(step.id)

    def compose(self, items: tuple[Item, ...], scope: Scope, place: Place) -> list[DraftStep]:
        steps: list[DraftStep] = []
        for index, item in enumerate(items):
            ahead = items[index + 1 :] + place.ahead
            self._place(item, steps, scope, replace(place, ahead=ahead))
        return steps

    def _place(self, item: Item, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        match item:
            case Act():
                act(self, item, steps, scope, place)
            case Check():
                check(self, item, steps, scope, place)
            case Ask():
                ask(self, item, steps, scope, place)
            case When():
                when(self, item, steps, scope, place)
            case Each():
                self.each(item, steps, scope, place)
            case Together():
                self._together(item, steps, scope, place)
            case Pause(duration):
                steps.append(WaitStep(self.work.fresh("pause"), duration))
            case Stop(status):
                steps.append(self.end(status or identifier(place.ending or "stopped"), place))
            case Again(times, words, pause):
                span = f"{pause} to {pause}" if pause else "1s to 1m"
                self._amend(steps, words, retry=f"{times} backoff {span}")
            case GiveUp(duration):
                self._amend(steps, item.words, timeout=duration)
            case Trouble():
                trouble(self, item, steps, scope, place)
            case Repeat():
                repeat(self, item, steps, scope, place)
            case Await():
                await_event(self, item, steps, scope)
            case Answer():
                self.work.miss(item.words, "Nobody is asked before it.")
            case Think():
                think(self, item, steps, scope)
            case Unclear(words, why):
                self.work.miss(words, why)
            case _:
                assert_never(item)

    def match(self, item: Act, scope: Scope | None = None) -> Known | None:
        """The tool for an action; among tools that send, one that reaches whom it is for."""
        if item.tool:
            return next((k for k in self.work.toolbox.tools if k.id == item.tool), None)
        ranked = self.work.toolbox.rank(item.verb, item.rest, self.work.topic)
        if calls := web.caller(self.work.toolbox.tools, item.words, ranked[0].known if ranked else None):
            return calls
        if not ranked and not item.verb and not item.known:
            # A line that only names what is to be read: "articles below the reorder level".
            named = [
                m
                for m in self.work.toolbox.rank("list", item.rest, self.work.topic)
                if m.known.reads and m.known.lists
            ]
            return named[0].known if named and named[0].score > 6 else None
        if not ranked:
            return None
        best = self._listing(item, [m.known for m in ranked]) or ranked[0].known
        if self._only_guessed(item, best):
            return None
        if best.sends and scope is not None and not re.search(r"#|\b(?:channel|team|slack)\b", item.rest):
            reaching = [m.known for m in ranked if m.known.sends and takes_address(m.known)]
            if (
                reaching
                and not takes_address(best)
                and scope.address_of(person_of(Wish(item.verb, item.rest)))
            ):
                return reaching[0]
        return best

    def _only_guessed(self, item: Act, known: Known) -> bool:
        """Whether a dangerous tool would be called for a verb that says nothing: "make the members happier" charges
        nobody."""
        sense = stem(item.verb.lower())
        if sense not in GENERIC_VERBS or known.verb in ("", *GENERIC_VERBS) or likeness(sense, known.verb):
            return False
        said = {stem(w) for w in raw_tokens(item.rest)}
        nature = self.work.catalog.nature(known.connector, known.tool.name)
        return nature.dangerous and not any(likeness(w, known.verb) for w in said)

    def _listing(self, item: Act, ranked: list[Known]) -> Known | None:
        """The tool that lists, where several things are to be read at once: "look up the delivered orders"."""
        if not ranked[0].reads or ranked[0].lists or not required(ranked[0].tool.input_schema):
            return None
        told = re.split(
            r"\b(?:that|which|who|with|of|in|from|by|below|above|over|under|to|and|for)\b",
            item.rest,
            maxsplit=1,
        )[0]
        last = raw_tokens(told)[-1:]
        if not last or singular(last[0]) == last[0] or over_all(item.rest):
            return None
        return next(
            (
                k
                for k in ranked
                if k.lists and any(stem(singular(w)) == stem(singular(last[0])) for w in k.noun)
            ),
            None,
        )

    def call(
        self, known: Known, verb: str, words: str, steps: list[DraftStep], scope: Scope, place: Place
    ) -> CallStep:
        given: tuple[tuple[str, str], ...] = ()
        if self.work.grounded:
            provide_chain(self, known, words, steps, scope)
            provide_facts(self, known, words, steps, scope)
            given = addressed(self, known, words, steps, scope)
        if not given:
            provide(self, known, words, steps, scope, place)
        last = not any(isinstance(later, Act | Ask) for later in place.ahead)
        step = write_call(
            self.work,
            scope,
            known,
            Wish(prose.base_form(verb.lower()) if verb else "", words, place.branch, last, given),
        )
        if known.reads and (same := _read_already(step, steps)):
            self.work.ids.discard(step.id)
            return same
        steps.append(step)
        scope.add(thing_of(step, known))
        self.note(known, step)
        return step

    def has(self, steps: list[DraftStep], known: Known) -> bool:
        return any(
            isinstance(s, CallStep) and (s.connector, s.tool) == (known.connector, known.tool.name)
            for s in walk(tuple(steps))
        )

    def end(self, status: str, place: Place) -> DraftStep:
        if place.loop:
            code = identifier(status)
            return FailStep(self.work.fresh(code), "skipped", f"left out: {status.replace('_', ' ')}")
        return ReturnStep(self.work.fresh(identifier(status)), identifier(status))

    def each(self, item: Each, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        if self.loops and (stands_for_all(item.noun) or of_the_item(item.noun, scope)):
            # "match each with its order" inside of a loop: this one.
            steps += self.compose(item.items, scope, place)
            return
        found = find_list(self, item.noun, steps, scope, place, item.tool)
        if found.items in self.loops:
            # "go through all warnings and silence each alert": the inner "each" is the one that is gone through.
            self.work.ids.discard(found.item.name)
            steps += self.compose(found.wrap(item.items), scope, place)
            return
        inner = scope.inner()
        inner.add(found.item)
        self.loops.append(found.items)
        body = self.compose(found.wrap(item.items), inner, replace(place, loop=True, branch=""))
        self.loops.pop()
        if not body:
            return
        if any(isinstance(s, FailStep) and s.code == "skipped" for s in walk(tuple(body))):
            body = [
                GuardedStep(self.work.fresh("one"), tuple(body), ("skipped",), self.work.fresh("left_out"))
            ]
        at_once = item.concurrency or self.work.preferences.at_once
        if at_once is None:
            self.work.assume('They are handled one after another; say "at most 5 at once" to go faster.')
        steps.append(
            EachStep(
                self.work.fresh(f"each_{found.item.name}"),
                found.item.name,
                found.items,
                at_once,
                tuple(body),
                says=f"for each {item.noun}",
            )
        )

    def _together(self, item: Together, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        children = self._apart(item, scope, place)
        ahead, beside = sorted_out(children)
        if any(isinstance(s, CallStep) and s.writes for s in ahead):
            self.work.assume(
                f"What was to run beside {ahead[-1].id.replace('_', ' ')!r} needs its result, so it runs after it."
            )
        steps += ahead
        if len(beside) < 2:
            steps += beside
        else:
            steps.append(TogetherStep(self.work.fresh("together"), tuple(beside)))

    def _apart(self, item: Together, scope: Scope, place: Place) -> list[DraftStep]:
        """What stands side by side, none reading another's result unless nothing else gives what it needs."""
        inputs, ids, effects = dict(self.work.inputs), set(self.work.ids), list(self.work.effects)
        things, favoured, asked = list(scope.things), list(scope.favoured), list(self.work.assumptions)
        steps: list[DraftStep] = []
        results: list[Thing] = []
        for one in item.items:
            inner = scope.inner()
            group = self.compose((one,), inner, place)
            given = len(self.work.inputs) - len(inputs)
            looked = {s.id for s in group[:-1] if isinstance(s, CallStep) and not s.writes}
            for thing in inner.things[len(scope.things) :]:
                (scope.things if thing.name in looked or not thing.step else results).append(thing)
            steps += group
        if given > 1 and len(results) > 1:
            # More is asked for than one thing's id: a sibling may give it.
            self.work.inputs, self.work.ids, self.work.effects = inputs, ids, effects
            self.work.assumptions = asked
            scope.things, scope.favoured = things, favoured
            return self.compose(item.items, scope, place)
        scope.things += results
        return steps

    def _amend(self, steps: list[DraftStep], words: str, **clauses: str) -> None:
        step = meant(words, steps)
        if step is None:
            self.work.miss(words, "There is no step before it that this could apply to.")
        elif "retry" in clauses and step.writes and not step.key:
            self.work.miss(
                words,
                f"{step.connector}.{step.tool} has no key that would keep a retry from doing it twice.",
            )
        else:
            put_in_place(steps, step.id, lambda found: replace(found, **clauses))


def sorted_out(children: list[DraftStep]) -> tuple[list[DraftStep], list[DraftStep]]:
    """What must come before, because others beside it read it, and what can run side by side."""
    ahead: list[DraftStep] = []
    beside = list(children)
    while True:
        needed = [
            step
            for step in beside
            if any(re.search(rf"\b{step.id}\.", step_text(other)) for other in beside if other.id != step.id)
        ]
        if not needed:
            return ahead, beside
        first = next(
            (
                s
                for s in needed
                if not any(re.search(rf"\b{o.id}\.", step_text(s)) for o in beside if o.id != s.id)
            ),
            needed[0],
        )
        ahead.append(first)
        beside.remove(first)
