"""Random plans with random crashes: every effect once, the same end, and a journal that never contradicts itself.

The plans nest blocks of every kind, answer their gates in a random order, race failures and winners against each
other. ``audit`` holds what a journal may never show. Taking out the barrier, the quiet, the closing records, or the
wait for a record each makes a good part of these seeds fail.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest

from dsl import plan as p
from engine.model import Turn
from tests.engine_run.crasher import Crasher, undisturbed, with_crash
from tests.engine_run.kit import (
    OTHER,
    Stage,
    Talker,
    agent,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    do,
    fail,
    foreach,
    hear,
    iff,
    let,
    parallel,
    plan,
    ret,
    run,
    step,
    template,
    tool,
    use,
)

SEEDS = 80

CHILD = plan(
    call(
        "begun",
        key=template("child/begun-", cel("input.n")),
        compensate=block(call("left", key=template("child/left-", cel("input.n")))),
    ),
    iff("asked", cel("input.n.endsWith('5')", "input"), block(approve("sure"))),
    call("made", key=template("child/made-", cel("input.n"))),
    ret("done", cel("input.n")),
)
"""What a ``run`` step starts, in whatever round: the effects have keys of their own."""


TALK = [use("w__write"), use("w__bad"), use("w__write"), Turn("end")]


class Builder:
    """A random plan whose end does not depend on the order of what happens side by side."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.gates = 0
        self.uses: dict[str, str] = {}
        """A call that was given what a read answered: the call's id to the read's."""
        self.events: list[str] = []
        self.loose = False
        """Whether more than one set of effects is right (the first of several wins)."""

    def plan(self) -> p.Plan:
        return plan(*self.steps(3), self.ending())

    def ending(self) -> p.PlanStep:
        if self.random.random() < 0.2:
            return fail(self.id(), "on_purpose")
        return ret(self.id(), const("end"))

    def id(self) -> str:
        self.count += 1
        return f"s{self.count}"

    def steps(self, depth: int, calm: bool = False) -> list[p.PlanStep]:
        return [self.one(depth, calm) for _ in range(self.random.randint(1, 3))]

    def one(self, depth: int, calm: bool) -> p.PlanStep:
        """``calm``: inside a loop of rounds; fewer gates, so that plans end."""
        kinds = ["call"] * 3 + ["let", "flaky", "caught", "unsure", "child", "event", "agent"] + ["pair"] * 2
        if self.gates < 3:
            kinds += ["gate"] * (1 if calm else 3)
        if depth > 0:
            kinds += [
                "if",
                "parallel",
                "parallel",
                "foreach",
                "loop",
                "do",
                "settle",
                "retried",
                "any",
                "race",
                "race",
            ]
        match self.random.choice(kinds):
            case "call":
                again = block(call(self.id())) if self.random.random() < 0.4 else None
                return call(self.id(), compensate=again)
            case "let":
                return let(self.id(), const(self.random.randint(0, 9)))
            case "pair":
                read, first, last = self.id(), self.id(), self.id()
                self.uses |= {first: read, last: read}
                given = {"v": cel(f"{read}.nonce")}
                between = self.steps(depth - 1, calm) if depth > 0 else []
                seen = call(read, tool="read", effect="read")
                return do(self.id(), seen, call(first, args=given), *between, call(last, args=given))
            case "race":
                # One branch fails while others are under way; the error is handled, and the run goes on.
                self.loose = True
                failing = do(self.id(), *self.steps(0, calm), call(self.id(), tool="bad"))
                others = [do(self.id(), *self.steps(0, calm), *self.steps(0, calm)) for _ in range(2)]
                race = parallel(self.id(), failing, *others)
                return do(self.id(), race, catches=(catch(call(self.id()), call(self.id())),))
            case "any":
                self.loose = True
                branches = [do(self.id(), *self.steps(0, calm), result=const(number)) for number in range(2)]
                taken, used, last = self.id(), self.id(), self.id()
                given = {"won": cel(taken)}
                winner = parallel(taken, *branches, join="any")
                return do(self.id(), winner, call(used, args=given), call(last, args=given))
            case "flaky":
                return call(self.id(), tool="flaky", args={"fails": 1}, retry=p.Retry(max=2, backoff_ms=1))
            case "caught":
                return call(self.id(), tool="bad", catches=(catch(call(self.id())),))
            case "unsure":
                return let(self.id(), template("t", const(1)))
            case "child":
                id = self.id()
                child = run(
                    id, args={"n": const(id)}, timeout_ms=60_000 if self.random.random() < 0.3 else None
                )
                if self.random.random() < 0.5:
                    return child
                return do(self.id(), child, catches=(catch(let(self.id(), const(0))),))
            case "agent":
                return agent(self.id(), tool(), tool("bad"))
            case "event":
                id = self.id()
                self.events.append(id)
                return hear(id, when=cel(f"event.id == '{id}'", "event"))
            case "gate":
                self.gates += 1
                reject = block(let(self.id(), const(0))) if self.random.random() < 0.7 else None
                return approve(self.id(), on_reject=reject)
            case "if":
                test = const(self.random.random() < 0.5)
                return iff(
                    self.id(), test, block(*self.steps(depth - 1, calm)), block(*self.steps(depth - 1, calm))
                )
            case "parallel":
                branches = [
                    do(self.id(), *self.steps(depth - 1, calm)) for _ in range(self.random.randint(2, 3))
                ]
                if self.random.random() < 0.5:
                    branches.append(call(self.id(), after=(branches[0].id,)))
                return parallel(self.id(), *branches)
            case "settle":
                failing = do(self.id(), *self.steps(depth - 1, calm), fail(self.id(), "settled"))
                return parallel(
                    self.id(), failing, do(self.id(), *self.steps(depth - 1, calm)), join="settle"
                )
            case "foreach":
                items = const(list(range(self.random.randint(1, 3))))
                return foreach(
                    self.id(), items, *self.steps(depth - 1, True), concurrency=self.random.randint(1, 3)
                )
            case "loop":
                id = self.id()
                test = cel(f"{id}.count < {self.random.randint(1, 2)}")
                inner = block(*self.steps(depth - 1, True))
                return step(id, p.Loop(mode="while", test=test, max=5, block=inner))
            case "retried":
                inner = (*self.steps(depth - 1, calm), call(self.id(), tool="bad"))
                return do(
                    self.id(),
                    *inner,
                    retry=p.Retry(max=1, backoff_ms=1),
                    catches=(catch(let(self.id(), const(1))),),
                )
            case _:
                return do(self.id(), *self.steps(depth - 1, calm), catches=(catch(call(self.id())),))


def chooser(seed: int) -> Callable[[list[str]], dict[str, str]]:
    """Answers some of the open gates, in a random order; each path always gets the same answer."""
    shuffled = random.Random(seed + 1)

    def answer(open_: list[str]) -> dict[str, str]:
        if not open_:
            return {}
        chosen = shuffled.sample(open_, shuffled.randint(1, len(open_)))
        return {path: "rejected" if hash_of(seed, path) % 4 == 0 else "approved" for path in chosen}

    return answer


def hash_of(seed: int, path: str) -> int:
    return random.Random(f"{seed}/{path}").randint(0, 1 << 30)


_INSIDE = re.compile(r"[.\[]")


def audit(stage: Stage, builder: Builder) -> list[str]:
    """What a journal may never show, whatever happened."""
    problems = []
    ends = Counter(
        event.path
        for event in stage.run.events
        if event.kind == "step.succeeded" or (event.kind == "step.failed" and event.data["final"])
    )
    problems += [f"{path} ended {count} times" for path, count in ends.items() if count > 1]
    results = {e.path: e.data["result"] for e in stage.run.events if e.kind == "step.succeeded"}
    closed: list[str] = []
    for event in stage.run.events:
        for scope in closed:
            rest = event.path.removeprefix(scope)
            if rest != event.path and _INSIDE.match(rest) and "~comp" not in rest:
                problems.append(f"{event.kind} {event.path} after {scope} was closed")
        if event.kind == "scope.closed" and event.data["outcome"] != "caught":
            closed.append(event.path)
    for key, value in stage.witness.seen.items():
        path = key.split("/", 1)[1]
        if key.startswith("child/"):
            continue
        before, id = path.rsplit(".", 1) if "." in path else ("", path)
        if id in builder.uses:
            read = results[f"{before}.{builder.uses[id]}"]
            if value["v"] != read["nonce"]:
                problems.append(f"{path} was given {value['v']}, but the read is recorded as {read['nonce']}")
    for event in stage.run.events:
        if event.kind == "scope.closed" and event.data["outcome"] == "any":
            around = event.path.rsplit(".", 1)[0]
            number = results[f"{event.path}.{event.data['winner']}"]
            for key, value in stage.witness.seen.items():
                if key.split("/", 1)[1].rsplit(".", 1)[0] == around and value.get("won", number) != number:
                    problems.append(f"{key} was given {value['won']}, but {number} won")
    return problems


async def run_seed(seed: int) -> int:
    """One random plan, undisturbed and with crashes; how many crashes it took."""
    builder = Builder(seed)
    made = builder.plan()
    happens: list[tuple[str, object]] = [("go", {"id": id}) for id in builder.events]

    def staged() -> Stage:
        return Stage(made, others={OTHER: CHILD}, happens=happens, talker=Talker(TALK))

    expected = await undisturbed(staged(), chooser(seed))
    dice = random.Random(seed + 2)
    crashes = 0

    def next_at() -> int | None:
        nonlocal crashes
        crashes += 1
        return dice.randint(1, 12) if crashes < 12 else None

    stage = staged()
    stage.witness.yields = lambda _: dice.randint(0, 4)
    ended = await with_crash(stage, Crasher(stage, dice.randint(1, 12)), next_at, chooser(seed))
    note = f"seed {seed}: {stage.kinds()}"
    wanted, calm = expected
    assert not [name for name, count in stage.witness.effects.items() if count != 1], note
    assert not audit(calm, builder), f"seed {seed}: {audit(calm, builder)}"
    assert not audit(stage, builder), f"seed {seed}: {audit(stage, builder)} {note}"
    assert ended.state == wanted.state and ended.output == wanted.output, note
    if wanted.state == "succeeded" and not builder.loose:
        # Where a branch failed, how far its siblings had come by then may differ; a success leaves no such room.
        inner = {name for name in calm.witness.effects}
        assert set(stage.witness.effects) == inner or "rejected" in str(
            [event.data for event in calm.run.events]
        ), note
    return crashes


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_random_plan_ends_the_same_with_crashes(seed: int) -> None:
    await run_seed(seed)
