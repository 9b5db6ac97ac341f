"""The simulation against the real runtime: the same plan, the same answers, the same end and the same effects."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest

from dsl import plan as p
from dsl.simulation import Limits, Path, simulate
from tests.dsl_simulation.engine import Ended, Follower, follow, plain
from tests.dsl_simulation.plans import Builder, tool
from tests.engine_run.kit import (
    approve,
    block,
    catch,
    cel,
    const,
    do,
    fail,
    foreach,
    iff,
    let,
    plan,
    ret,
    run,
)

SEEDS = int(os.environ.get("WEFT_PROGRAMS") or 40)
PATHS = 6
LIMITS = Limits(runs=80, paths=40, steps=300, work=4_000)


def comparable(path: Path) -> bool:
    """A call that is too slow is not repeated here, and of what was cut nobody knows the end."""
    slow = any("takes longer than" in choice.words for choice in path.choices)
    return not slow and path.outcome.ending != "unfinished"


def is_cut_short(ended: Ended, path: Path) -> bool:
    """Whether a `return` or an error in one branch ends those beside it: calls that wait for their turn then come to
    other ends than calls that do not."""
    early = any(step.kind == "return" and "." in step.path for step in path.steps)
    return early or "early" in (ended.output, path.outcome.value) or path.outcome.ending != "succeeded"


def compare(ended: Ended, path: Path, strict: bool, note: str) -> None:
    assert ended.ending == path.outcome.ending, note
    assert ended.output == path.outcome.value, note
    assert ended.code == (path.outcome.error or {}).get("code"), note
    expected = [effect.path for effect in path.effects if not effect.may]
    done = [one for one in ended.effects if "~turn" not in one]
    if strict:
        assert done == expected, note
    elif not any(step.error for step in path.steps):
        # Where a branch fails, how far those beside it have come by then may differ.
        assert sorted(done) == sorted(expected), note
    may = {(plain(effect.path), effect.tool) for effect in path.effects if effect.may}
    for one in set(ended.effects) - set(done):
        assert (plain(one.split("~turn")[0]), "w.write") in may, note


@pytest.mark.parametrize("agents", (False, True))
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_path_ends_on_the_engine_as_it_was_simulated(seed: int, agents: bool) -> None:
    builder = Builder(seed, agents)
    plan = builder.plan()
    paths = [path for path in simulate(plan, limits=LIMITS).paths if comparable(path)]
    random = Random(seed)
    for path in random.sample(paths, min(PATHS, len(paths))):
        slowed = not builder.strict and (agents or builder.races)
        tools = Follower(path, plan, in_order=slowed, uses=random.randint(0, 2))
        ended = await follow(plan, path, tools)
        if not tools.late and not (slowed and is_cut_short(ended, path)):
            note = f"seed {seed}: {path.words}\n{[s.path for s in path.steps]}\n{path.effects}\n{ended}"
            compare(ended, path, builder.strict, note)


GONE_ON = catch(result=cel("e.code"))
BUSY = p.Retry(max=1, backoff_ms=1, codes=("busy",))
NOTED = block(let("noted", const(1)))


def gate(guard: str = "pay", **rest: p.Block) -> p.PlanStep:
    return approve("gate", guards=(guard,), **rest)


def again(*steps: p.PlanStep, retry: p.Retry = BUSY) -> p.PlanStep:
    """A block that is tried again, and behind which the run goes on in any case."""
    return do("d", *steps, retry=retry, catches=(GONE_ON,))


def pay(**args: p.Expression) -> p.PlanStep:
    return tool("pay", args=args, catches=(GONE_ON,))


PAID = ret("done", cel("pay"))

TRIED_AGAIN = {
    "the block fails before its gate": plan(again(tool("first"), gate()), pay(), PAID),
    "a no is asked again": plan(again(gate(), retry=p.Retry(max=1, backoff_ms=1)), pay(), PAID),
    "the block fails behind a no that goes on": plan(
        again(gate(on_reject=NOTED, on_timeout=NOTED), tool("last")), pay(), PAID
    ),
    "the gate stands in two blocks that are tried again": plan(
        again(do("e", tool("first"), gate(), retry=BUSY)), pay(), PAID
    ),
    "the call stands in the block as well": plan(again(tool("first"), gate("d.pay"), pay())),
    "the call alone stands in the block": plan(
        gate("d.pay", on_reject=NOTED, on_timeout=NOTED), again(tool("first"), pay())
    ),
    "gate and call stand in a round": plan(
        foreach(
            "each",
            const([1, 2]),
            again(tool("first"), gate("each.pay")),
            pay(),
            result=cel("pay"),
        ),
        ret("done", cel("each")),
    ),
    "what was approved is not what comes": plan(
        again(
            gate(), tool("late", write=False), iff("i", cel("late.flag", "late"), block(fail("f", "busy")))
        ),
        pay(v=cel("late.flag", "late")),
        PAID,
    ),
    "another workflow stands behind the gate": plan(
        again(
            gate("r"),
            tool("late", write=False),
            iff("i", cel("late.flag", "late"), block(fail("f", "busy"))),
        ),
        run("r", args={"v": cel("late.flag", "late")}, catches=(GONE_ON,)),
        ret("done", cel("r")),
    ),
}


@pytest.mark.parametrize("made", TRIED_AGAIN.values(), ids=TRIED_AGAIN)
async def test_a_gate_and_a_block_that_is_tried_again_go_as_on_the_engine(made: p.Plan) -> None:
    paths = simulate(made, limits=LIMITS).paths
    assert any("#2" in step.path for path in paths for step in path.steps)
    for path in paths:
        ended = await follow(made, path)
        compare(ended, path, True, path.words)
        assert ended.strange == [], path.words


async def test_a_call_that_the_engine_makes_though_the_path_says_it_is_refused_is_noticed() -> None:
    made = plan(gate(), pay(), PAID)
    path = simulate(made).paths[0]
    assert (await follow(made, path)).strange == []
    steps = [replace(one, error="not_approved") if one.path == "pay" else one for one in path.steps]
    assert (await follow(made, replace(path, steps=tuple(steps)))).strange == ["pay"]
