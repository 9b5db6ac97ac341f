"""How long a run can take in the worst case, who it waits for, and what it can cost. Pure arithmetic over the tree.

Times add up along the way that takes longest: a call counts its ``timeout`` for each try, with the pauses between the
tries; a loop its ``max`` rounds; of branches the longest counts, of a ``parallel`` the longest chain of ``after``. What
has no bound (a list of unknown length, an agent without a ``timeout``) counts once and is named. Costs add up over all
that can happen in one run: ``@cost(usd: 0.02)`` on a step, for each try, and the ``budget`` of an agent. Undoing after
a failure is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.cel import show_expression
from dsl.defaults import APPROVAL_MS, BACKOFF_MAX_MS, BACKOFF_MS, CALL_TIMEOUT_MS
from dsl.meaning.inference import Inference
from dsl.meaning.scope import scopes_of
from dsl.outline import after_of, implied_slots, in_order, kind_slots, timeout_of
from dsl.parse import Parsed


@dataclass(frozen=True, slots=True)
class Open:
    """Something the worst case cannot bound: the step's path and, in a few words, why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """The worst case of one run. Times are milliseconds: ``work_ms`` for tools and models with their repetitions,
    ``people_ms`` for answers of people, ``pause_ms`` for waits the text asks for; they add up along ``critical``, the
    paths of the steps on the way that takes longest. ``cost_usd`` is what all of a run may cost.

    ``open`` is what was counted once because nothing bounds it; ``unpriced`` are steps with a cost nobody stated.
    """

    work_ms: int = 0
    people_ms: int = 0
    pause_ms: int = 0
    cost_usd: float = 0.0
    critical: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    unpriced: tuple[Open, ...] = ()

    @property
    def total_ms(self) -> int:
        return self.work_ms + self.people_ms + self.pause_ms


def estimate(parsed: Parsed, catalog: Catalog) -> Estimate:
    """The worst case of a text, as far as it can be read; with syntax errors that of the steps that were kept."""
    return estimate_of(parsed.workflow, scopes_of(parsed.workflow, catalog).before)


def estimate_of(workflow: tree.Workflow, before: Mapping[str, Mapping[str, Schema]]) -> Estimate:
    """``before`` gives what can be read where a step begins, by its path."""
    walk = _Walk(before)
    found = walk.block(workflow.body, "")
    worst = _worst([way for way in (found.on, found.out) if way is not None])
    return Estimate(
        worst.work,
        worst.people,
        worst.pause,
        round(found.cost, 6),
        tuple(dict.fromkeys(_flat(worst.way))),
        tuple(dict.fromkeys(_flat(found.open))),
        tuple(walk.unpriced.values()),
    )


Chain: TypeAlias = "tuple[object, ...]"
"""Paths or reasons in order, nested as they were put together: joining two costs the same however long they are."""


def _flat(chain: Chain) -> Iterator[Any]:
    waiting: list[object] = [chain]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting.extend(reversed(part))
        else:
            yield part


@dataclass(frozen=True, slots=True)
class _Time:
    """``endless``: something on this way has no bound."""

    work: int = 0
    people: int = 0
    pause: int = 0
    endless: bool = False
    way: Chain = ()

    @property
    def weight(self) -> tuple[bool, int]:
        return self.endless, self.work + self.people + self.pause

    def then(self, other: _Time) -> _Time:
        return _Time(
            self.work + other.work,
            self.people + other.people,
            self.pause + other.pause,
            self.endless or other.endless,
            (self.way, other.way),
        )

    def times(self, count: int) -> _Time:
        return replace(self, work=self.work * count, people=self.people * count, pause=self.pause * count)

    def within(self, limit: int, *, waits: bool) -> _Time:
        """No longer than a ``timeout`` lets it be. What has no bound takes all of it, for a wait without work."""
        work = min(self.work, limit)
        pause = min(self.pause, limit - work)
        people = min(self.people, limit - work - pause)
        rest = limit - work - pause - people if self.endless else 0
        return _Time(work + (0 if waits else rest), people, pause + (rest if waits else 0), False, self.way)


_NOW = _Time()


def _worst(ways: Iterable[_Time]) -> _Time:
    return max(ways, key=lambda way: way.weight, default=_NOW)


@dataclass(frozen=True, slots=True)
class _Found:
    """``on``: the longest way that goes on behind it, None when none does; ``out``: the longest that ends the run."""

    on: _Time | None = _NOW
    out: _Time | None = None
    cost: float = 0.0
    open: Chain = ()

    @property
    def longest(self) -> _Time:
        return _worst([way for way in (self.on, self.out) if way is not None])


@dataclass(slots=True)
class _Walk:
    before: Mapping[str, Mapping[str, Schema]]
    unpriced: dict[str, Open] = field(default_factory=dict)

    def block(self, block: tree.Block, prefix: str) -> _Found:
        on: _Time | None = _NOW
        out: _Time | None = None
        cost, reasons = 0.0, list[Chain]()
        for step in block.steps:
            if on is None:
                break
            found = self.step(step, prefix + step.id)
            out = _later(out, on, found.out)
            on = None if found.on is None else on.then(found.on)
            cost += found.cost
            reasons.append(found.open)
        return _Found(on, out, cost, tuple(reasons))

    def beside(self, parallel: tree.Parallel, prefix: str) -> _Found:
        steps = parallel.block.steps
        followed = {name for step in steps for name in after_of(step)}
        done: dict[str, _Time] = {}
        out: _Time | None = None
        cost, reasons, ways = 0.0, list[Chain](), list[_Time]()
        for step in in_order(parallel.block):
            found = self.step(step, prefix + step.id)
            start = _worst(done[name] for name in after_of(step) if name in done)
            out = _later(out, start, found.out)
            cost += found.cost
            reasons.append(found.open)
            done[step.id] = start.then(found.on or _NOW)
            if found.on is not None and step.id not in followed:
                ways.append(done[step.id])
        if parallel.join == "any":
            return _Found(min(ways, key=lambda way: way.weight, default=_NOW), out, cost, tuple(reasons))
        return _Found(_worst(done.values()), out, cost, tuple(reasons))

    def step(self, step: tree.Step, path: str) -> _Found:
        found = self._tries(step, path, self._limited(step, path, self._kind(step, path)))
        here = _Time(way=(path,))
        on = None if found.on is None else here.then(found.on)
        out = None if found.out is None else here.then(found.out)
        catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
        if not catches:
            return replace(found, on=on, out=out)
        # The worst is a failure at the very end, then the longest catch.
        failed = here.then(found.longest)
        rescues = [self.block(c.block, f"{path}~catch{number}.") for number, c in enumerate(catches)]
        caught = [failed.then(rescue.on) for rescue in rescues if rescue.on is not None]
        ended = [failed.then(rescue.out) for rescue in rescues if rescue.out is not None]
        return _Found(
            _worst([*([on] if on else []), *caught]) if on or caught else None,
            _worst([*([out] if out else []), *ended]) if out or ended else None,
            found.cost + max(rescue.cost for rescue in rescues),
            (found.open, *(rescue.open for rescue in rescues)),
        )

    def _limited(self, step: tree.Step, path: str, found: _Found) -> _Found:
        limit = timeout_of(step)
        if limit is None or isinstance(step.kind, tree.Call | tree.Let | tree.Return | tree.Fail):
            return found
        waits = isinstance(step.kind, tree.Wait)
        on = None if found.on is None else found.on.within(limit, waits=waits)
        out = None if found.out is None else found.out.within(limit, waits=waits)
        return _Found(on, out, found.cost, ())

    def _tries(self, step: tree.Step, path: str, found: _Found) -> _Found:
        retry = next((clause for clause in step.clauses if isinstance(clause, tree.Retry)), None)
        cost = found.cost + _stated_cost(step)
        if retry is None or retry.max == 0:
            return replace(found, cost=cost)
        failed = found.longest.times(retry.max)
        failed = replace(failed, work=failed.work + _pauses(retry))
        on = None if found.on is None else failed.then(found.on)
        out = None if found.out is None else failed.then(found.out)
        return replace(found, on=on, out=out, cost=cost * (retry.max + 1))

    def _kind(self, step: tree.Step, path: str) -> _Found:
        inside = f"{path}."
        match step.kind:
            case tree.Call():
                limit = timeout_of(step)
                return _Found(_Time(work=CALL_TIMEOUT_MS if limit is None else limit))
            case tree.RunWorkflow(alias=alias):
                return _endless(path, f"`{step.id}` takes as long as `{alias}` does")
            case tree.Agent(budget=budget):
                cost = _number(budget)
                if cost is None and not _priced(step):
                    self.unpriced[path] = Open(path, f"`{step.id}` has no `budget`")
                found = _endless(path, f"`{step.id}` has no `timeout`")
                return replace(found, cost=cost or 0.0)
            case tree.Approve(within_ms=within):
                asked = _Time(people=APPROVAL_MS if within is None else within)
                return self._branches(step.kind, inside, asked, ("approved",))
            case tree.If() | tree.Switch():
                return self._branches(step.kind, inside, _NOW, implied_slots(step.kind))
            case tree.Parallel():
                return self.beside(step.kind, inside)
            case tree.Do(block=block):
                return self.block(block, inside)
            case tree.Foreach():
                return self._items(step, step.kind, path)
            case tree.Loop(max=rounds, block=block):
                found = self.block(block, inside)
                again = max(0, rounds - 1)
                before = _NOW if found.on is None else found.on.times(again)
                on = None if found.on is None else found.on.times(rounds)
                out = None if found.out is None else before.then(found.out)
                return _Found(on or _NOW, out, found.cost * rounds, found.open)
            case tree.Wait(ms=int() as ms):
                return _Found(_Time(pause=ms))
            case tree.Wait(event=event):
                what = f'the event "{event}"' if event is not None else "a moment that only the run knows"
                return _endless(path, f"`{step.id}` waits for {what}")
            case tree.Let() | tree.Broken():
                return _Found()
            case tree.Return() | tree.Fail():
                return _Found(None, _NOW)

    def _branches(self, kind: tree.Kind, inside: str, first: _Time, unwritten: tuple[str, ...]) -> _Found:
        branches = [self.block(slot.block, inside) for slot in kind_slots(kind)]
        on = [first.then(one.on) for one in branches if one.on is not None] + ([first] if unwritten else [])
        out = [first.then(one.out) for one in branches if one.out is not None]
        return _Found(
            _worst(on) if on else None,
            _worst(out) if out else None,
            max((one.cost for one in branches), default=0.0),
            tuple(one.open for one in branches),
        )

    def _items(self, step: tree.Step, kind: tree.Foreach, path: str) -> _Found:
        found = self.block(kind.block, f"{path}.")
        most = _most_items(kind.items, self.before.get(path, {}))
        if most is None:
            if found.longest.weight == (False, 0) and found.cost == 0:
                return found
            reason = f"`{step.id}` does a round for each of `{show_expression(kind.items)}`"
            on = found.on or _NOW
            return _Found(replace(on, endless=True), found.out, found.cost, (found.open, Open(path, reason)))
        rounds = -(-most // max(1, kind.concurrency or 1))
        return _Found((found.on or _NOW).times(rounds), found.out, found.cost * most, found.open)


def _later(out: _Time | None, before: _Time, found: _Time | None) -> _Time | None:
    if found is None:
        return out
    later = before.then(found)
    return later if out is None else _worst([out, later])


def _endless(path: str, reason: str) -> _Found:
    return _Found(_Time(endless=True), None, 0.0, (Open(path, reason),))


def _pauses(retry: tree.Retry) -> int:
    """What lies between the tries: each pause twice the one before, up to the longest."""
    pause = BACKOFF_MS if retry.backoff_ms is None else retry.backoff_ms
    most = max(pause, BACKOFF_MAX_MS) if retry.backoff_max_ms is None else retry.backoff_max_ms
    return sum(min(pause * 2 ** min(number, 40), most) for number in range(min(retry.max, 1_000)))


def _number(expression: tree.Expr | None) -> float | None:
    match expression:
        case tree.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
    return None


def _priced(step: tree.Step) -> bool:
    return any(annotation.name == "cost" for annotation in step.annotations)


def _stated_cost(step: tree.Step) -> float:
    """``@cost(usd: 0.02)`` on a step that has no budget of its own."""
    if isinstance(step.kind, tree.Agent) and _number(step.kind.budget) is not None:
        return 0.0
    args = (arg for note in step.annotations if note.name == "cost" for arg in note.args if arg.name == "usd")
    return sum(_number(arg.value) or 0.0 for arg in args)


def _most_items(items: tree.Expr, names: Mapping[str, Schema]) -> int | None:
    if isinstance(items, tree.ListOf):
        return len(items.items)
    most = Inference(names).infer(items).get("maxItems")
    return most if isinstance(most, int) and not isinstance(most, bool) else None


__all__ = ["Estimate", "Open", "estimate", "estimate_of"]
