"""How two kinds of steps that are one another's differ, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl import tree
from dsl.changes.approvals import approval_changes
from dsl.changes.branches import branches
from dsl.changes.change import Change, ConditionChanged
from dsl.changes.meaning import Spot
from dsl.changes.pair import Pair, became
from dsl.changes.safety import number_of
from dsl.changes.view import View
from dsl.wording.spelling import duration_words, listed

_KEYWORDS: dict[type, str] = {
    tree.Call: "call",
    tree.RunWorkflow: "run",
    tree.Agent: "agent",
    tree.Approve: "approve",
    tree.If: "if",
    tree.Switch: "switch",
    tree.Parallel: "parallel",
    tree.Do: "do",
    tree.Foreach: "foreach",
    tree.Loop: "loop",
    tree.Wait: "wait",
    tree.Let: "let",
    tree.Return: "return",
    tree.Fail: "fail",
    tree.Broken: "a step that cannot be read",
}


def kind_changes(view: View, old: Spot, new: Spot) -> Iterator[Change]:
    pair = _Parts(view, old, new)
    if type(old.step.kind) is not type(new.step.kind):
        was, now = (_KEYWORDS[type(spot.step.kind)] for spot in (old, new))
        risks = pair.new_effects() if view.new_ground.has_effect(new) else ()
        yield pair.retargeted(was, now, f"{pair.it} is now a `{now}` step instead of a `{was}`", risks)
        return
    yield from pair.parts()
    yield from branches(view, old, new)


@dataclass(frozen=True, slots=True)
class _Parts(Pair):
    def parts(self) -> Iterator[Change]:
        match self.old.step.kind, self.new.step.kind:
            case (tree.Call() as old, tree.Call() as new):
                yield from self.call(old, new)
            case (tree.RunWorkflow() as old, tree.RunWorkflow() as new):
                texts = self.view.matching
                was, now = texts.old.target(old.alias), texts.new.target(new.alias)
                if was != now:
                    yield self.retargeted(was, now, f"{self.it} now runs `{now}` instead of `{was}`")
                yield from self.arguments(old.args, new.args, None)
            case (tree.Agent() as old, tree.Agent() as new):
                yield from self.agent(old, new)
            case (tree.Approve() as old, tree.Approve() as new):
                yield from approval_changes(self, old, new)
            case (tree.Foreach() as old, tree.Foreach() as new):
                if not self.same(old.items, new.items):
                    yield self.part("items", old.items, new.items)
                was, now = str(old.concurrency or 1), str(new.concurrency or 1)
                if was != now:
                    words = f"{self.it} now works on {now} at a time instead of {was}"
                    yield self.part("concurrency", was, now, words)
            case (tree.Parallel(join=was), tree.Parallel(join=now)) if was != now:
                yield self.part("join", was, now, f"{self.it} {_JOINS[now]}; before, it {_JOINS[was]}")
            case (tree.Loop() as old, tree.Loop() as new):
                yield from self.loop(old, new)
            case (tree.Wait() as old, tree.Wait() as new):
                yield from self.wait(old, new)
            case (tree.Let(value=was_), tree.Let(value=now_)) | (
                tree.Return(value=was_),
                tree.Return(value=now_),
            ):
                if not self.same(was_, now_):
                    yield self.part("value", was_, now_)
            case (tree.Fail() as old, tree.Fail() as new):
                if old.code != new.code:
                    sentence = f"{self.it} now fails with `{new.code}` instead of `{old.code}`"
                    yield self.part("code", old.code, new.code, sentence)
                if not self.same(old.message, new.message):
                    yield self.part("message", old.message, new.message)
            case (tree.Broken() as old, tree.Broken() as new):
                if self.view.was(old) != self.view.now(new):
                    yield self.part("text", old, new)

    def call(self, old: tree.Call, new: tree.Call) -> Iterator[Change]:
        texts = self.view.matching
        was = f"{texts.old.target(old.alias)}.{old.tool}"
        now = f"{texts.new.target(new.alias)}.{new.tool}"
        nature = self.view.new_ground.nature(new.alias, new.tool)
        if was != now:
            yield self.retargeted(
                was, now, f"{self.it} now calls `{now}` instead of `{was}`", self.new_effects()
            )
        yield from self.arguments(old.args, new.args, nature.amount)

    def arguments(
        self, old: tuple[tree.Arg, ...], new: tuple[tree.Arg, ...], amount: str | None
    ) -> Iterator[Change]:
        before, after = {arg.name: arg.value for arg in old}, {arg.name: arg.value for arg in new}
        for name in dict.fromkeys((*after, *before)):
            was, now = before.get(name), after.get(name)
            if self.same(was, now):
                continue
            risks = []
            if name == amount and now is not None and not _lowered(was, now):
                risks.append(f"`{name}` says how much money moves")
            words = became(f"the argument `{name}` of {self.it}", self.view.was(was), self.view.now(now))
            yield self.part(f"argument {name}", was, now, words, risks)

    def agent(self, old: tree.Agent, new: tree.Agent) -> Iterator[Change]:
        for part, was, now in (
            ("model", old.model, new.model),
            ("system", old.system, new.system),
            ("prompt", old.prompt, new.prompt),
            ("output", old.output, new.output),
        ):
            if not self.same(was, now):
                yield self.part(part, was, now)
        texts = self.view.matching
        had = {f"{texts.old.target(one.alias)}.{one.tool}" for one in old.tools}
        has = {f"{texts.new.target(one.alias)}.{one.tool}" for one in new.tools}
        if had != has:
            come = [f"may now use {_quoted(has - had)}"] if has - had else []
            gone = [f"can no longer use {_quoted(had - has)}"] if had - has else []
            sentence = f"{self.it} {' and '.join(come + gone)}"
            was_, now_ = ", ".join(sorted(had)), ", ".join(sorted(has))
            yield self.part("tools", was_, now_, sentence, self.new_effects())
        if (old.max_turns or 8) != (new.max_turns or 8):
            more = (new.max_turns or 8) > (old.max_turns or 8)
            risks = [f"{self.it} may work longer than before"] if more else []
            yield self.part("max_turns", str(old.max_turns or 8), str(new.max_turns or 8), None, risks)
        if not self.same(old.budget, new.budget):
            lower = new.budget is not None and (old.budget is None or _lowered(old.budget, new.budget))
            risks = [] if lower else [f"{self.it} may cost more than before"]
            yield self.part("budget", old.budget, new.budget, None, risks)

    def loop(self, old: tree.Loop, new: tree.Loop) -> Iterator[Change]:
        first = None if old.carry is None else old.carry[1]
        second = None if new.carry is None else new.carry[1]
        if not self.same(first, second):
            yield self.part("start value", first, second)
        names = (
            {**self.old.names, **({old.carry[0]: "carry of -1"} if old.carry else {})},
            {**self.new.names, **({new.carry[0]: "carry of -1"} if new.carry else {})},
        )
        spots = (_named(self.old, names[0]), _named(self.new, names[1]))
        if old.mode != new.mode or not self.view.same(old.test, new.test, spots):
            was, now = self.view.conditions(old.test, new.test)
            yield ConditionChanged(
                old=self.old.path,
                new=self.new.path,
                old_span=old.test.span,
                new_span=new.test.span,
                sentence=f"{self.it} now repeats {new.mode} {now} (before, {old.mode} {was})",
                branch="test",
                was=f"{old.mode} {self.view.was(old.test)}",
                now=f"{new.mode} {self.view.now(new.test)}",
            )
        if old.max != new.max:
            inside = self.view.new_ground.effects(self.view.matching.new.inner(self.new))
            more = new.max > old.max and bool(inside)
            risks = [f"`{inside[0].step.id}` may happen more often"] if more else []
            words = f"{self.it} now repeats at most {new.max} times instead of {old.max}"
            yield self.part("max", str(old.max), str(new.max), words, risks)

    def wait(self, old: tree.Wait, new: tree.Wait) -> Iterator[Change]:
        if old.event != new.event and old.event is not None and new.event is not None:
            words = f'{self.it} now waits for the event "{new.event}" instead of "{old.event}"'
            yield self.retargeted(old.event, new.event, words)
        elif (old.ms is None, old.until is None) != (new.ms is None, new.until is None):
            was, now = self.view.says(self.old, new=False), self.view.says(self.new, new=True)
            yield self.retargeted(was, now, f"{self.it} is now: {now} (before: {was})")
            return
        if old.ms is not None and new.ms is not None and old.ms != new.ms:
            was, now = duration_words(old.ms), duration_words(new.ms)
            yield self.part("time", was, now, f"{self.it} now waits {now} instead of {was}")
        if not self.same(old.until, new.until):
            yield self.part("until", old.until, new.until)
        if not self.same(old.when, new.when):
            yield self.part("when", old.when, new.when)


def _named(spot: Spot, names: dict[str, int | str]) -> Spot:
    return Spot(spot.key, spot.step, spot.path, spot.parent, spot.slot, spot.index, names, spot.parallel)


def _lowered(was: tree.Expr | None, now: tree.Expr) -> bool:
    first = None if was is None else number_of(was)
    second = number_of(now)
    return first is not None and second is not None and second < first


_JOINS = {
    "all": "waits for all of its branches",
    "any": "goes on with the first branch that is done",
    "settle": "waits for all of its branches, whatever fails",
}


def _quoted(names: set[str]) -> str:
    return listed([f"`{name}`" for name in sorted(names)])
