"""Intents to steps: the heart of the built-in designer.

The composer walks the intents in order and keeps a scope of what can be named. Every decision it makes for the person
is noted as an assumption; whatever it cannot place is kept as such and never silently dropped or guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from studio.designer.builtin import prose
from studio.designer.builtin.asks import ask
from studio.designer.builtin.calls import Wish, person_of, takes_address, thing_of, write_call
from studio.designer.builtin.draft import (
    CallStep,
    DraftStep,
    EachStep,
    FailStep,
    GuardedStep,
    IfStep,
    ReturnStep,
    TogetherStep,
    WaitStep,
    step_text,
    walk,
)
from studio.designer.builtin.lists import find_list
from studio.designer.builtin.lookups import ask_for_number, fetch_for_test, provide
from studio.designer.builtin.reading import (
    Act,
    Again,
    Ask,
    Check,
    Each,
    GiveUp,
    Is,
    Item,
    Pause,
    Same,
    Stop,
    Together,
    Unclear,
    When,
)
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import places
from studio.designer.builtin.testing import Resolved, Unresolved, inverted, opposite, resolve
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, raw_tokens, stem, stems
from studio.designer.builtin.work import Work, identifier

_REFUSALS = frozenset(map(stem, ["reject", "refuse", "decline", "deny"]))
_APPROVING = re.compile(r"\b(?:approv|sign(?:s|ed)?[ -]?off|permission|authori[sz]|go-ahead|consent)", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """Where steps are being written: ``branch`` is the condition in words and ``ending`` its short name."""

    branch: str = ""
    ending: str = ""
    loop: bool = False
    ahead: tuple[Item, ...] = ()


class Composer:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.last: Resolved | None = None
        self.looked_up: dict[str, str] = {}

    def compose(self, items: tuple[Item, ...], scope: Scope, place: Place) -> list[DraftStep]:
        steps: list[DraftStep] = []
        for index, item in enumerate(items):
            ahead = items[index + 1 :] + place.ahead
            self._place(item, steps, scope, replace(place, ahead=ahead))
        return steps

    def _place(self, item: Item, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        match item:
            case Act():
                self._act(item, steps, scope, place)
            case Check():
                self._check(item, steps, scope, place)
            case Ask():
                ask(self, item, steps, scope, place)
            case When():
                self._when(item, steps, scope, place)
            case Each():
                self._each(item, steps, scope, place)
            case Together():
                self._together(item, steps, scope, place)
            case Pause(duration):
                steps.append(WaitStep(self.work.fresh("pause"), duration))
            case Stop(status):
                steps.append(self.end(status or identifier(place.ending or "stopped"), place))
            case Again(times):
                self._amend(steps, item.words, retry=f"{times} backoff 1s to 1m")
            case GiveUp(duration):
                self._amend(steps, item.words, timeout=duration)
            case Unclear(words, why):
                self.work.miss(words, why)
            case _:
                assert_never(item)

    # ---- actions -------------------------------------------------------------------------------------

    def _act(self, item: Act, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        known = self.match(item, scope)
        if (
            item.aside
            and known
            and (self.has(steps, known) or any(self._means(later, known) for later in place.ahead))
        ):
            return
        if known is None:
            sense = stem(item.verb)
            if _APPROVING.search(item.words):
                ask(self, Ask(item.words, self._role_in(item.words)), steps, scope, place)
                return
            if sense in _REFUSALS:
                steps.append(self.end("rejected", place))
                return
            if item.known or stems(item.words):
                self.work.miss(item.words, self._need(item))
            return
        if known.reads and self.looked_up.get(known.id) in scope.names():
            return
        words = re.sub(r'"[^"]*"', "", item.words)
        gated = bool(_APPROVING.search(words)) and not known.sends and not _APPROVING.search(known.tool.name)
        if gated and not known.reads:
            ask(
                self,
                Ask(words, self._role_in(words)),
                steps,
                scope,
                replace(place, ahead=(item, *place.ahead)),
            )
        self.call(known, item.verb, item.rest, steps, scope, place)
        if gated and known.reads:
            ask(self, Ask(words, self._role_in(words)), steps, scope, place)

    def _role_in(self, words: str) -> str:
        """A role of the account that the words name; "" when they name none."""
        if by := re.search(r"\b(?:by|of|from) (.+)$", words):
            return by[1]
        spoken = set(stems(words))
        return next(
            (role for role in sorted(self.work.catalog.roles or ()) if set(name_stems(role)) <= spoken), ""
        )

    def match(self, item: Act, scope: Scope | None = None) -> Known | None:
        """The tool for an action; among tools that send, one that reaches whom it is for."""
        ranked = self.work.toolbox.rank(item.verb, item.rest, self.work.topic)
        if not ranked:
            return None
        best = ranked[0].known
        if best.sends and scope is not None and not re.search(r"#|\b(?:channel|team|slack)\b", item.rest):
            reaching = [m.known for m in ranked if m.known.sends and takes_address(m.known)]
            if (
                reaching
                and not takes_address(best)
                and scope.address_of(person_of(Wish(item.verb, item.rest)))
            ):
                return reaching[0]
        return best

    def call(
        self, known: Known, verb: str, words: str, steps: list[DraftStep], scope: Scope, place: Place
    ) -> CallStep:
        provide(self, known, words, steps, scope)
        last = not any(isinstance(later, Act | Ask) for later in place.ahead)
        step = write_call(
            self.work,
            scope,
            known,
            Wish(prose.base_form(verb.lower()) if verb else "", words, place.branch, last),
        )
        steps.append(step)
        scope.add(thing_of(step, known))
        return step

    def has(self, steps: list[DraftStep], known: Known) -> bool:
        return any(
            isinstance(s, CallStep) and (s.connector, s.tool) == (known.connector, known.tool.name)
            for s in walk(tuple(steps))
        )

    def _means(self, item: Item, known: Known) -> bool:
        match item:
            case Act(aside=False):
                return self.match(item) == known
            case When(_, then, other):
                return any(self._means(i, known) for i in (*then, *other))
            case Each(_, items) | Together(items):
                return any(self._means(i, known) for i in items)
            case _:
                return False

    def _need(self, item: Act) -> str:
        nearest = self.work.toolbox.rank("", item.words, ())
        near = f" The nearest is {nearest[0].known.id}." if nearest else ""
        words = item.words[:1].lower() + item.words[1:]
        what = words if item.verb else f"do {words!r}"
        return f"None of the connected tools can {what}; connect a connector with such a tool.{near}"

    # ---- checks and conditions -----------------------------------------------------------------------

    def _check(self, item: Check, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        found = resolve(item.test, scope, self.last) if item.test else None
        known = self._checker(item)
        if (
            not isinstance(found, Resolved)
            or isinstance(item.test, Same)
            or (found.weak and known and not self.has(steps, known))
        ):
            if known is None:
                need = (
                    f"nothing tells {found.wanted}"
                    if isinstance(found, Unresolved)
                    else "no tool checks that"
                )
                self.work.miss(item.words, f"I could not check this: {need}.")
                return
            step = self.call(known, item.verb, item.rest, steps, scope, place)
            steps[-1] = step = replace(step, says=item.words)
            own = Scope([t for t in scope.things if t.name == step.id])
            found = resolve(item.test, own, None) if item.test else None
            if not isinstance(found, Resolved):
                found = self._only_answer(own, item)
            if found is None:
                return
        self.last = found
        scope.favoured += [p.path for p in found.about if p.sort in ("number", "integer")]
        if self._asked_again(item, place.ahead):
            return
        failing = inverted(found)
        status = (
            f"not_{identifier(found.name)}" if not found.name.startswith("not_") else identifier(found.name)
        )
        test_id = self.work.fresh(f"unless_{identifier(found.name)}")
        self.work.assume(
            f"When {failing.spoken}, this one is left out."
            if place.loop
            else f"When {failing.spoken}, the workflow ends with status {status!r} and does nothing more."
        )
        steps.append(
            IfStep(test_id, failing.test, (self.end(status, place),), says=f"stop unless {found.spoken}")
        )

    def _checker(self, item: Check) -> Known | None:
        words = item.rest
        if isinstance(item.test, Is):
            words = f"{item.test.predicate} {item.test.subject}"
        for match in self.work.toolbox.rank(item.verb, words, self.work.topic):
            known = match.known
            if known.reads and (not isinstance(item.test, Is) or _knows(known, item.test.predicate)):
                return known
        return None

    def _only_answer(self, own: Scope, item: Check) -> Resolved | None:
        answers = [
            p for t in own.things for p in places(t.name, t.words, t.schema, depth=1) if p.sort == "boolean"
        ]
        if len(answers) != 1:
            return None
        name = "_".join(raw_tokens(answers[0].path.rpartition(".")[2]))
        return Resolved(answers[0].path, f"it is {name.replace('_', ' ')}", (answers[0],), name=name)

    def _asked_again(self, item: Check, ahead: tuple[Item, ...]) -> bool:
        """Whether the next intent handles the outcome itself, so that no early end is needed."""
        if not ahead or not isinstance(ahead[0], When):
            return False
        test = ahead[0].test
        if isinstance(test, Same):
            return True
        return isinstance(test, Is) and (
            (isinstance(item.test, Is) and stems(test.predicate) == stems(item.test.predicate))
            or bool(set(stems(test.predicate)) & set(stems(item.rest)))
        )

    def _when(self, item: When, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        found = resolve(item.test, scope, self.last)
        if isinstance(found, Unresolved) or found.weak:
            known = (
                self._checker(Check(item.words, "check", item.test, item.test.predicate))
                if isinstance(item.test, Is)
                else None
            )
            if known is not None and isinstance(item.test, Is):
                self.call(known, "check", item.test.predicate, steps, scope, place)
            elif isinstance(found, Unresolved) and not fetch_for_test(self, found, item, steps, scope):
                ask_for_number(self, found, item, scope)
            found = resolve(item.test, scope, self.last)
        if isinstance(found, Unresolved):
            self.work.miss(
                item.words,
                f"I found nothing among the data that tells {found.wanted!r}, so this part is left "
                f"out, with what depends on it.",
            )
            return
        for note in found.notes:
            self.work.assume(note)
        self.last = found
        scope.favoured += [p.path for p in found.about if p.sort in ("number", "integer")]
        gate = any(isinstance(i, Ask) for i in item.then)
        if_id = self.work.fresh(
            "gate"
            if gate
            else found.name
            if found.name.startswith("when_")
            else f"if_{identifier(found.name)}"
        )
        branch = found.spoken
        before = list(self.work.effects)
        then = self.compose(
            item.then, scope.inner(), replace(place, branch="" if gate else branch, ending=found.name)
        )
        after_then = self.work.effects[len(before) :]
        self.work.effects[:] = before
        self.last = found
        other_place = replace(place, branch=opposite(branch), ending=inverted(found).name)
        other = self.compose(item.other, scope.inner(), other_place)
        after_other = self.work.effects[len(before) :]
        kept = [*([] if _ends(tuple(then)) else after_then), *([] if _ends(tuple(other)) else after_other)]
        self.work.effects[:] = before + kept
        self.last = found
        if not then and not other:
            return
        if not then:
            steps.append(IfStep(if_id, inverted(found).test, tuple(other), says=f"unless {branch}"))
        else:
            steps.append(IfStep(if_id, found.test, tuple(then), tuple(other), says=f"if {branch}"))

    def end(self, status: str, place: Place) -> DraftStep:
        if place.loop:
            code = identifier(status)
            return FailStep(self.work.fresh(code), "skipped", f"left out: {status.replace('_', ' ')}")
        return ReturnStep(self.work.fresh(identifier(status)), identifier(status))

    def _each(self, item: Each, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        found = find_list(self, item.noun, steps, scope, place)
        inner = scope.inner()
        inner.add(found.item)
        body = self.compose(found.wrap(item.items), inner, replace(place, loop=True, branch=""))
        if not body:
            return
        if any(isinstance(s, FailStep) and s.code == "skipped" for s in walk(tuple(body))):
            body = [
                GuardedStep(self.work.fresh("one"), tuple(body), ("skipped",), self.work.fresh("left_out"))
            ]
        if item.concurrency is None:
            self.work.assume('They are handled one after another; say "at most 5 at once" to go faster.')
        steps.append(
            EachStep(
                self.work.fresh(f"each_{found.item.name}"),
                found.item.name,
                found.items,
                item.concurrency,
                tuple(body),
                says=f"for each {item.noun}",
            )
        )

    def _together(self, item: Together, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        children = self.compose(item.items, scope, place)
        ids = {s.id for s in children}
        needy = [
            s.id for s in children if any(re.search(rf"\b{other}\.", step_text(s)) for other in ids - {s.id})
        ]
        if needy:
            self.work.assume(
                f"{needy[0].replace('_', ' ')!r} needs the result of what was to run beside it, so "
                f"they run one after another."
            )
        if len(children) < 2 or needy:
            steps += children
        else:
            steps.append(TogetherStep(self.work.fresh("together"), tuple(children)))

    def _amend(self, steps: list[DraftStep], words: str, **clauses: str) -> None:
        for index in range(len(steps) - 1, -1, -1):
            step = steps[index]
            if isinstance(step, CallStep):
                if "retry" in clauses and step.writes and not step.key:
                    self.work.miss(
                        words,
                        f"{step.connector}.{step.tool} has no key that would keep a retry from doing it twice.",
                    )
                    return
                steps[index] = replace(step, **clauses)  # type: ignore[arg-type]
                return
        self.work.miss(words, "There is no step before it that this could apply to.")


def _knows(known: Known, predicate: str) -> bool:
    words = stems(predicate)
    return any(w in field for w in words for field in known.fields.values())


def _ends(steps: tuple[DraftStep, ...]) -> bool:
    return bool(steps) and isinstance(steps[-1], ReturnStep | FailStep)
