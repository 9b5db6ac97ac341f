"""Random plans of every form, nested, whose end does not depend on the order of what happens side by side.

Which effects there are may depend on it where branches race (one fails or returns, or the first of them wins), and
nowhere else: ``tests.engine_run.played`` compares all the rest. Times are whole minutes, so that nothing is ever near.
"""

from __future__ import annotations

import random
from typing import Any

from dsl import plan as p
from engine.model import Turn
from tests.engine_run.kit import (
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

MINUTE_MS = 60_000

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

LEAVES = ["call"] * 3 + ["pair"] * 2
LEAVES += ["let", "flaky", "caught", "text", "child", "event", "agent", "keyed", "wait", "past"]
BLOCKS = ["parallel"] * 2 + ["race"] * 2
BLOCKS += ["if", "switch", "dag", "foreach", "loop", "until", "exhausted", "do", "settle", "retried", "any"]
BLOCKS += ["timed", "late", "early", "asked", "any of gates", "quarrel"]
GATES = ["gate"] * 3
STORED = {"agent", "late", "wait"}
"""What takes a model, or more time than a test on a real database has."""


def hash_of(seed: int, path: str) -> int:
    return random.Random(f"{seed}/{path}").randint(0, 1 << 30)


class Builder:
    """``forms``: the kinds it may use. After ``plan``, ``used`` says which it did."""

    def __init__(self, seed: int, without: frozenset[str] | set[str] = frozenset(), gates: int = 4) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.without = without
        self.count = 0
        self.gates = gates
        self.used: set[str] = set()
        self.uses: dict[str, str] = {}
        """A call that was given what a read answered: the call's id to the read's."""
        self.events: list[str] = []
        self.either = False
        """Whether the run itself may end in more than one way: a return beside what may fail."""
        self.concurrent = False

    def plan(self, depth: int = 3, **rest: Any) -> p.Plan:
        return plan(*self.steps(depth), self.ending(), **rest)

    def ending(self) -> p.PlanStep:
        return fail(self.id(), "on_purpose") if self.one_in(5) else ret(self.id(), const("end"))

    def id(self) -> str:
        self.count += 1
        return f"s{self.count}"

    def one_in(self, number: int) -> bool:
        return self.random.randrange(number) == 0

    def steps(self, depth: int, calm: bool = False) -> list[p.PlanStep]:
        return [self.one(depth, calm) for _ in range(self.random.randint(1, 3))]

    def inner(self, depth: int, calm: bool, **rest: Any) -> p.PlanStep:
        return do(self.id(), *self.steps(depth - 1, calm), **rest)

    def one(self, depth: int, calm: bool) -> p.PlanStep:
        """``calm``: inside a loop of rounds; fewer gates, so that plans end."""
        kinds = [*LEAVES]
        if self.gates > 0:
            kinds += GATES[: 1 if calm else None]
        if depth > 0:
            kinds += BLOCKS
        kind = self.random.choice([one for one in kinds if one not in self.without])
        self.used.add(kind)
        if kind in BLOCKS:
            return self.nested(kind, depth, calm)
        return self.gate() if kind == "gate" else self.leaf(kind, depth, calm)

    def leaf(self, kind: str, depth: int, calm: bool) -> p.PlanStep:
        id = self.id()
        match kind:
            case "call":
                return call(id, compensate=self.undo() if self.one_in(2) else None)
            case "let":
                return let(id, const(self.random.randint(0, 9)))
            case "text":
                return let(id, template("t", const(1)))
            case "flaky":
                return call(id, tool="flaky", args={"fails": 1}, retry=p.Retry(max=2, backoff_ms=1))
            case "caught":
                return call(id, tool="bad", catches=(catch(call(self.id())),))
            case "keyed":
                each = call(self.id(), key=template(f"key/{id}-", cel("item")))
                self.concurrent = True
                return foreach(id, const([1, 2, 2]), each, concurrency=2)
            case "wait":
                return step(id, p.Wait(ms=self.random.randint(1, 9) * MINUTE_MS))
            case "past":
                return step(id, p.Wait(until=const("2020-02-02T00:00:00Z")))
            case "child":
                long = MINUTE_MS * 60 * 24 * 365 if self.one_in(3) and "wait" not in self.without else None
                child = run(id, args={"n": const(id)}, timeout_ms=long)
                if self.one_in(2):
                    return child
                return do(self.id(), child, catches=(catch(let(self.id(), const(0))),))
            case "agent":
                return agent(id, tool(), tool("bad"))
            case "event":
                self.events.append(id)
                return hear(id, when=cel(f"event.id == '{id}'", "event"))
            case _:
                first, last = self.id(), self.id()
                self.uses |= {first: id, last: id}
                given = {"v": cel(f"{id}.nonce")}
                between = self.steps(depth - 1, calm) if depth > 0 else []
                read = call(id, tool="read", effect="read")
                return do(self.id(), read, call(first, args=given), *between, call(last, args=given))

    def undo(self) -> p.Block:
        match self.random.randrange(6):
            case 0:
                broken = do(
                    self.id(),
                    call(self.id()),
                    call(self.id(), tool="bad"),
                    catches=(catch(call(self.id())),),
                )
                return block(call(self.id()), broken, call(self.id()))
            case 1:
                return block(call(self.id()), call(self.id(), tool="bad"))
            case 2 if self.gates > 0:
                self.gates -= 1
                return block(call(self.id()), approve(self.id(), on_reject=block(call(self.id()))))
            case _:
                return block(call(self.id()))

    def gate(self) -> p.PlanStep:
        self.gates -= 1
        branch = {
            "on_reject": block(call(self.id()), let(self.id(), const(0))),
            "on_timeout": block(call(self.id())),
        }
        branches = {name: one for name, one in branch.items() if not self.one_in(3)}
        escalation: dict[str, Any] = {}
        if self.one_in(4):
            boss = p.Approver(by="role", name=const("boss"))
            escalation = {"escalate_after_ms": 20 * MINUTE_MS, "escalate_to": boss}
        within = self.random.choice([30, 60, 24 * 60]) * MINUTE_MS
        return approve(self.id(), within_ms=within, **branches, **escalation)

    def nested(self, kind: str, depth: int, calm: bool) -> p.PlanStep:
        match kind:
            case "if":
                test = const(self.one_in(2))
                arms = (block(*self.steps(depth - 1, calm)), block(*self.steps(depth - 1, calm)))
                undo = self.undo() if self.one_in(4) else None
                return iff(self.id(), test, *arms, compensate=undo)
            case "switch":
                arms = tuple(
                    p.Arm(tests=(const(n), const(n + 3)), block=block(*self.steps(depth - 1, calm)), label="")
                    for n in range(2)
                )
                subject = const(self.random.randrange(5))
                return step(self.id(), p.Switch(subject=subject, arms=arms, otherwise=block(call(self.id()))))
            case "do":
                return self.inner(
                    depth, calm, catches=(catch(call(self.id())),), compensate=self.maybe_undo()
                )
            case "retried":
                failing = call(self.id(), tool="bad")
                retry = p.Retry(max=1, backoff_ms=1)
                handled = (catch(let(self.id(), const(1))),)
                return do(self.id(), *self.steps(depth - 1, calm), failing, retry=retry, catches=handled)
            case "loop":
                id = self.id()
                test = cel(f"{id}.count < {self.random.randint(1, 2)}")
                return step(
                    id,
                    p.Loop(mode="while", test=test, max=5, block=block(*self.steps(depth - 1, True))),
                )
            case "until":
                id = self.id()
                inner = block(*self.steps(depth - 1, True), result=cel("acc + 1"))
                test = cel(f"{id}.last >= {self.random.randint(1, 2)}")
                again = p.Loop(carry="acc", initial=const(0), mode="until", test=test, max=3, block=inner)
                return step(id, again)
            case "exhausted":
                inner = block(*self.steps(0, True))
                endless = p.Loop(mode="while", test=const(True), max=2, block=inner)
                return step(self.id(), endless, catches=(catch(call(self.id()), codes=()),))
            case "timed":
                # Stopped by its time, when nothing else can go on.
                never = hear(self.id(), "never")
                inner = (*self.steps(depth - 1, calm), never)
                limit = 365 * 24 * 60 * MINUTE_MS
                handled = (catch(call(self.id())),)
                return do(self.id(), *inner, timeout_ms=limit, catches=handled)
            case "late":
                # A wait that outlives the block around it, beside a branch that is done by then.
                self.concurrent = True
                long = do(
                    self.id(), call(self.id()), step(self.id(), p.Wait(ms=90 * MINUTE_MS)), call(self.id())
                )
                short = do(
                    self.id(), call(self.id()), step(self.id(), p.Wait(ms=30 * MINUTE_MS)), call(self.id())
                )
                both = parallel(self.id(), long, short)
                handled = (catch(call(self.id())),)
                return do(self.id(), both, timeout_ms=60 * MINUTE_MS, catches=handled)
            case _:
                self.concurrent = True
                return self.side_by_side(kind, depth, calm)

    def maybe_undo(self) -> p.Block | None:
        return self.undo() if self.one_in(4) else None

    def side_by_side(self, kind: str, depth: int, calm: bool) -> p.PlanStep:
        match kind:
            case "parallel":
                branches = [self.inner(depth, calm) for _ in range(self.random.randint(2, 3))]
                if self.one_in(2):
                    branches.append(call(self.id(), after=(branches[0].id,)))
                return parallel(self.id(), *branches)
            case "dag":
                ids = [self.id() for _ in range(4)]
                nodes = []
                for place, id in enumerate(ids):
                    before = self.random.sample(ids[:place], self.random.randint(0, place))
                    nodes.append(do(id, *self.steps(0, calm), after=tuple(before)))
                return parallel(self.id(), *nodes)
            case "foreach":
                items = const(list(range(self.random.randint(0, 3))))
                inner = self.steps(depth - 1, True)
                return foreach(self.id(), items, *inner, concurrency=self.random.randint(1, 3))
            case "asked":
                # An approval in each round of a ``foreach`` beside another approval: several are open at once.
                self.gates -= 1
                each = foreach(
                    self.id(),
                    const([0, 1]),
                    call(self.id()),
                    approve(self.id(), on_reject=block(), on_timeout=block(), within_ms=60 * MINUTE_MS),
                    call(self.id()),
                    concurrency=2,
                )
                asked = approve(self.id(), on_reject=block(), on_timeout=block(), within_ms=40 * MINUTE_MS)
                other = do(self.id(), asked, call(self.id()))
                return parallel(self.id(), each, other, self.inner(depth, calm))
            case "settle":
                failing = do(self.id(), *self.steps(depth - 1, calm), fail(self.id(), "settled"))
                after = call(self.id(), after=(failing.id,))
                return parallel(self.id(), failing, self.inner(depth, calm), after, join="settle")
            case "race":
                # One branch fails while others are under way; the error is handled, and the run goes on.
                failing = do(self.id(), *self.steps(0, calm), call(self.id(), tool="bad"))
                others = [do(self.id(), *self.steps(0, calm), *self.steps(0, calm)) for _ in range(2)]
                race = parallel(self.id(), failing, *others)
                return do(self.id(), race, catches=(catch(call(self.id()), call(self.id())),))
            case "quarrel":
                # Two branches fail and one more undoes meanwhile; the error is handled.
                undoing = do(self.id(), call(self.id(), compensate=self.undo()), call(self.id(), tool="bad"))
                handled = undoing.model_copy(update={"catches": (catch(call(self.id())),)})
                failing = do(self.id(), *self.steps(0, calm), call(self.id(), tool="bad"))
                return do(self.id(), parallel(self.id(), handled, failing), catches=(catch(call(self.id())),))
            case "early":
                self.either = True
                ending = do(self.id(), call(self.id()), ret(self.id(), const("end")))
                return parallel(self.id(), ending, self.inner(depth, calm))
            case "any of gates":
                self.gates -= 2
                handled = block(fail(self.id(), "refused"))
                branches = [
                    do(
                        self.id(),
                        approve(self.id(), on_reject=handled, on_timeout=handled),
                        call(self.id()),
                        result=const(number),
                    )
                    for number in range(2)
                ]
                return self.winner(*branches, do(self.id(), *self.steps(0, calm), result=const(2)))
            case _:
                branches = [
                    do(self.id(), *self.steps(depth - 1, calm), result=const(number)) for number in range(2)
                ]
                nested = do(
                    self.id(),
                    parallel(self.id(), call(self.id()), call(self.id()), join="any"),
                    result=const(2),
                )
                return self.winner(*branches, *([nested] if self.one_in(2) else []))

    def winner(self, *branches: p.PlanStep) -> p.PlanStep:
        """The first of several, and two calls that are told which it was."""
        taken = self.id()
        given = {"won": cel(taken)}
        first = parallel(taken, *branches, join="any")
        calls = (call(self.id(), args=given), call(self.id(), args=given))
        return do(self.id(), first, *calls, catches=(catch(call(self.id())),))
