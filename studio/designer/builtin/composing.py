"""Intents to steps: the heart of the built-in designer.

The composer walks the intents in order and keeps a scope of what can be named. Every decision it makes for the person
is noted as an assumption; whatever it cannot place is kept as such and never silently dropped or guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from studio.designer.builtin import prose
from studio.designer.builtin.calls import PROSE, Wish, person_of, takes_address, thing_of, write_call
from studio.designer.builtin.draft import (
    ApproveStep,
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
from studio.designer.builtin.gates import find_role
from studio.designer.builtin.lists import find_list
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
from studio.designer.builtin.scope import Scope, is_amount
from studio.designer.builtin.shapes import choices, places, properties, required, sort_of
from studio.designer.builtin.testing import Resolved, Unresolved, inverted, opposite, resolve
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, raw_tokens, stem, stems
from studio.designer.builtin.work import Work, identifier

_REFUSALS = frozenset(map(stem, ["reject", "refuse", "decline", "deny"]))
_APPROVING = re.compile(r"\b(?:approv|sign(?:s|ed)?[ -]?off|permission|authori[sz]|go-ahead|consent)", re.I)
_LOOKUPS = frozenset(map(stem, ["get", "fetch", "find", "read", "load"]))


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
                self._ask(item, steps, scope, place)
            case When():
                self._when(item, steps, scope, place)
            case Each():
                self._each(item, steps, scope, place)
            case Together():
                self._together(item, steps, scope, place)
            case Pause(duration):
                steps.append(WaitStep(self.work.fresh("pause"), duration))
            case Stop(status):
                steps.append(self._end(status or identifier(place.ending or "stopped"), place))
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
            and (self._has(steps, known) or any(self._means(later, known) for later in place.ahead))
        ):
            return
        if known is None:
            sense = stem(item.verb)
            if _APPROVING.search(item.words):
                self._ask(Ask(item.words, self._role_in(item.words)), steps, scope, place)
                return
            if sense in _REFUSALS:
                steps.append(self._end("rejected", place))
                return
            if item.known or stems(item.words):
                self.work.miss(item.words, self._need(item))
            return
        if known.reads and self.looked_up.get(known.id) in scope.names():
            return
        words = re.sub(r'"[^"]*"', "", item.words)
        gated = bool(_APPROVING.search(words)) and not known.sends and not _APPROVING.search(known.tool.name)
        if gated and not known.reads:
            self._ask(Ask(words, self._role_in(words)), steps, scope, replace(place, ahead=(item, *place.ahead)))
        self.call(known, item.verb, item.rest, steps, scope, place)
        if gated and known.reads:
            self._ask(Ask(words, self._role_in(words)), steps, scope, place)

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
        self._provide(known, words, steps, scope)
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

    def _provide(self, known: Known, words: str, steps: list[DraftStep], scope: Scope) -> None:
        """Look up the thing an effect is about when nobody asked to, but its values are needed."""
        if known.reads:
            return
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
            ):
                wanted.append(parts)
            elif (
                known.sends
                and parts[-1] in ("to", "email", "recipient")
                and "@" not in words
                and not re.search(r"\b(?:me|us)\b", words)
            ):
                who = person_of(Wish("send", words))
                if scope.address_of(who) is None:
                    wanted.append((*who[:1], "email"))
        for parts in wanted:
            self.fetch(parts, steps, scope, f"{known.tool.title or known.tool.name} needs it")

    def fetch(
        self,
        wanted: tuple[str, ...],
        steps: list[DraftStep],
        scope: Scope,
        why: str,
        *,
        entity: tuple[str, ...] = (),
    ) -> bool:
        """Add the read that gives a field named ``wanted``, if some tool does and its inputs are only ids."""
        topic = (*entity, *self.work.topic)
        best: tuple[float, Known] | None = None
        for known in self.work.toolbox.tools:
            if not known.reads or not known.tool.output_schema or known.name[0] not in _LOOKUPS:
                continue
            needs = [n for n in required(known.tool.input_schema)]
            if any(name_stems(n)[-1] not in ("id", "number", "key", "ref") for n in needs):
                continue
            noun = known.name[1:]
            probe = Scope()
            probe.add(thing_of(CallStep("probe", known.connector, known.tool.name, (), writes=False), known))
            place = (
                probe.address_of(wanted[:-1])
                if wanted[-1] == "email"
                else probe.for_argument(wanted, {})
                or probe.for_subject(wanted, ("number", "integer", "boolean", "string"), money=True)
            )
            related = sum(1 for n in noun if n in topic) + (0.5 if any(n in wanted for n in noun) else 0)
            if place is not None and related and (best is None or related > best[0]):
                best = related, known
        if best is None or self._has(steps, best[1]):
            return False
        known = best[1]
        step = write_call(self.work, scope, known, Wish("get", " ".join(known.name[1:])))
        steps.append(step)
        scope.add(thing_of(step, known))
        self.looked_up[known.id] = step.id
        self.work.assume(
            f"The {step.id.replace('_', ' ')} is looked up with {known.id} first, because {why}."
        )
        return True

    def _has(self, steps: list[DraftStep], known: Known) -> bool:
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
            or (found.weak and known and not self._has(steps, known))
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
            f"When {failing.spoken}, {'this one is left out' if place.loop else f'the workflow ends with status {status!r} and does nothing more'}."
        )
        steps.append(
            IfStep(test_id, failing.test, (self._end(status, place),), says=f"stop unless {found.spoken}")
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
            elif isinstance(found, Unresolved) and not self._fetch_for_test(found, item, steps, scope):
                self._missing_number(found, item, scope)
            found = resolve(item.test, scope, self.last)
        if isinstance(found, Unresolved):
            self.work.miss(
                item.words,
                f"I found nothing among the data that tells {found.wanted!r}, so this part is left out, with what depends on it.",
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

    def _fetch_for_test(self, missing: Unresolved, item: When, steps: list[DraftStep], scope: Scope) -> bool:
        wanted = stems(missing.wanted.removeprefix("whether ")) or ("total",)
        if isinstance(item.test, Is):
            wanted = (stems(item.test.predicate) and stems(item.test.subject)) or wanted
        return self.fetch(tuple(wanted[-1:]), steps, scope, "the condition needs it", entity=tuple(wanted))

    def _missing_number(self, missing: Unresolved, item: When, scope: Scope) -> None:
        if missing.quantity is None:
            return
        name = identifier(missing.wanted)
        self.work.take_input(
            scope, name, {"type": "number"}, doc=f"Compared with {missing.quantity.spoken()}."
        )
        self.work.assume(f"No tool gives {missing.wanted!r}, so the workflow asks for it when it is started.")

    # ---- people --------------------------------------------------------------------------------------

    def _ask(self, item: Ask, steps: list[DraftStep], scope: Scope, place: Place) -> None:
        role = find_role(item.role, self.work.catalog.roles)
        if role is None:
            self.work.miss(
                item.words, "Nobody here has a role that can approve; an administrator gives people roles."
            )
            return
        if not role.sure:
            options = f" (there is {', '.join(role.known)})" if role.known else ""
            said = (
                f"There is no role for {item.role!r}{options}"
                if item.role
                else f"You did not say who approves{options}"
            )
            self.work.ask(f"{said}; I put {role.role!r}. Who should approve?")
        doing, amount = self._next_effect(place.ahead, steps, scope)
        if not item.within:
            self.work.assume("The approver has 24 hours; after that the run fails as expired.")
        latest = next((i for i, t in enumerate(scope.things) if t.noun.startswith("item:")), 0)
        shown = tuple(t.name for t in scope.things[latest:] if t.step)
        reject = self._end("rejected", place)
        steps.append(
            ApproveStep(
                self.work.fresh("approval"), role.role, prose.approval_title(scope, doing, amount), shown[-4:],
                item.within or "24h", item.quorum, (reject,), says=f"ask the {role.role.replace('_', ' ')} to approve",
            )
        )  # fmt: skip
        if isinstance(reject, ReturnStep):
            self.work.assume(
                "When the approval is refused, the workflow ends with status 'rejected' and nothing else is done."
            )

    def _next_effect(
        self, ahead: tuple[Item, ...], steps: list[DraftStep], scope: Scope
    ) -> tuple[str, object]:
        for item in ahead:
            if isinstance(item, Act) and (known := self.match(item)) and not known.reads:
                self._provide(known, item.rest, steps, scope)
                amount = None
                for name, schema in properties(known.tool.input_schema).items():
                    if is_amount(name_stems(name)) and not known.sends:
                        amount = amount or scope.for_argument(name_stems(name), schema)
                return f"{prose.base_form(item.verb)} {item.rest}", amount
            if isinstance(item, When | Each | Together):
                inner = (*item.then, *item.other) if isinstance(item, When) else item.items
                found = self._next_effect(inner, steps, scope)
                if found[0] != "go on":
                    return found
        return "go on", None

    def _end(self, status: str, place: Place) -> DraftStep:
        if place.loop:
            code = identifier(status)
            return FailStep(self.work.fresh(code), "skipped", f"left out: {status.replace('_', ' ')}")
        return ReturnStep(self.work.fresh(identifier(status)), identifier(status))

    # ---- blocks --------------------------------------------------------------------------------------

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
                f"{needy[0].replace('_', ' ')!r} needs the result of what was to run beside it, so they run one after another."
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
