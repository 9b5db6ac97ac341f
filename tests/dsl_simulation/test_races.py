"""``parallel any``: who can be first, what the others may have done by then, and that the engine does no more."""

from __future__ import annotations

from random import Random

import pytest

from dsl import plan as p
from dsl.simulation import Path, Simulation, simulate
from tests.dsl_simulation.engine import Follower, follow, plain
from tests.dsl_simulation.plans import tool
from tests.engine_run.kit import (
    approve,
    block,
    catch,
    cel,
    const,
    do,
    fail,
    hear,
    iff,
    let,
    parallel,
    plan,
    ret,
    step,
)


def effects(path: Path) -> list[str]:
    return [f"{'may ' if one.may else ''}{one.path}" for one in path.effects]


def told(found: Simulation) -> dict[str, list[str]]:
    """The ways on which no call fails."""
    return {path.words: effects(path) for path in found.paths if not any(s.error for s in path.steps)}


def ending(id: str, *steps: p.PlanStep) -> p.PlanStep:
    return do(id, *steps, result=const(id))


def test_every_branch_can_be_first_and_the_others_finish_the_call_that_is_in_flight() -> None:
    race = parallel("race", ending("a", tool("x")), ending("b", tool("y"), tool("z")), join="any")
    found = simulate(plan(race, ret("done", cel("race"))))
    assert told(found) == {
        "`a` is first in `race`: succeeds": ["race.a.x", "race.b.y", "may race.b.z"],
        "`b` is first in `race`: succeeds": ["race.b.y", "race.b.z", "race.a.x"],
    }
    assert [path.outcome.value for path in found.paths[:2]] == ["a", "b"]
    (may,) = [one for one in found.paths[0].effects if one.may]
    assert (may.tool, may.arguments, may.key) == ("w.write", None, None)


def test_a_fast_branch_that_fails_is_not_first() -> None:
    broken = do("a", tool("x"), fail("no", "no"))
    found = simulate(plan(parallel("race", broken, ending("b", tool("y")), join="any")))
    winners = {path.told().split(";")[0] for path in found.paths if path.outcome.ending == "succeeded"}
    assert winners == {"`b` is first in `race`"}
    none = simulate(plan(parallel("race", broken, do("b", tool("y"), fail("nor", "no")), join="any")))
    assert none.paths and not any("first" in path.words for path in none.paths)


def test_a_branch_is_first_with_all_that_it_waits_for() -> None:
    chain = [tool("a"), tool("b", after=("a",)), tool("c", after=("b",)), tool("z")]
    found = simulate(plan(parallel("race", *chain, join="any")))
    assert told(found) == {
        "`c` is first in `race`: succeeds": ["race.a", "race.b", "race.c", "race.z"],
        "`z` is first in `race`: succeeds": ["race.z", "race.a", "may race.b", "may race.c"],
    }


def test_a_person_or_an_event_can_be_faster_than_a_call() -> None:
    gate = do("asked", approve("gate", guards=("race.asked.pay",)), tool("pay"))
    race = parallel("race", gate, do("b", hear("go", "go"), tool("y")), tool("c"), join="any")
    found = told(simulate(plan(race)))
    assert found["`asked` is first in `race`; `gate` is approved: succeeds"] == [
        "race.asked.pay",
        "race.c",
        "may race.b.y",
    ]
    assert found["`c` is first in `race`: succeeds"] == ["race.c", "may race.asked.pay", "may race.b.y"]
    paid = [one for path in simulate(plan(race)).paths for one in path.effects if one.path.endswith("pay")]
    assert all(one.approved_by == ("race.asked.gate",) for one in paid) and {one.may for one in paid} == {
        True,
        False,
    }


def test_a_short_wait_can_be_faster_than_a_call_and_a_wait_of_days_cannot() -> None:
    def winners(ms: int) -> set[str]:
        race = parallel("race", step("late", p.Wait(ms=ms)), ending("b", tool("y")), join="any")
        return {words.split(":")[0] for words in told(simulate(plan(race)))}

    assert winners(5_000) == {"`late` is first in `race`", "`b` is first in `race`"}
    assert winners(86_400_000) == {"`b` is first in `race`"}


def test_a_wait_for_what_never_comes_leaves_the_race_to_the_others() -> None:
    race = parallel("race", hear("go", "go"), step("late", p.Wait(ms=86_400_000)), join="any")
    first = {path.told().split(";")[0] for path in simulate(plan(race)).paths}
    assert first == {"`go` is first in `race`", "`late` is first in `race`"}


def test_what_may_have_been_done_may_have_to_be_undone() -> None:
    undone = tool("y", compensate=block(tool("back")))
    race = parallel("race", ending("a", tool("x")), ending("b", tool("w"), undone), join="any")
    found = simulate(plan(race, fail("no", "no")))
    assert effects(found.paths[0]) == [
        "race.a.x",
        "race.b.w",
        "may race.b.y",
        "may race.b.y~comp.back",
    ]
    assert [one.undoing for one in found.paths[0].effects] == [False, False, False, True]


def test_after_a_no_a_slower_branch_may_not_do_what_was_refused() -> None:
    gate = approve("gate", on_reject=block(let("n", const(1))), guards=("race.b.y",))
    race = parallel("race", ending("a", tool("x")), ending("b", tool("w"), tool("y")), join="any")
    found = told(simulate(plan(gate, race)))
    assert "may race.b.y" in found["`gate` is approved; `a` is first in `race`: succeeds"]
    assert "may race.b.y" not in found["`gate` is rejected; `a` is first in `race`: succeeds"]


def racing(seed: int) -> p.Plan:
    """Races of lines of calls, some of them in two lines, with conditions, catches and what would be undone."""
    random = Random(seed)
    count = iter(range(1, 100))

    def one(depth: int) -> p.PlanStep:
        id = f"s{next(count)}"
        kind = random.choice(("call", "call", "call", "undone", "if", "caught", "race"))
        if kind == "undone":
            return tool(id, compensate=block(tool(f"s{next(count)}")))
        if kind == "if":
            asked = f"s{next(count)}"
            then = iff(id, cel(f"{asked}.flag", asked), block(one(0)), block(one(0)))
            return do(f"s{next(count)}", tool(asked, write=False), then)
        if kind == "caught":
            return do(id, one(0), catches=(catch(tool(f"s{next(count)}")),))
        if kind == "race" and depth:
            return race(depth - 1)
        return tool(id)

    def race(depth: int) -> p.PlanStep:
        lines = [ending(f"s{next(count)}", *(one(depth) for _ in range(random.randint(1, 3)))) for _ in "12"]
        if random.random() < 0.4:
            lines.append(ending(f"s{next(count)}", one(0)).model_copy(update={"after": (lines[0].id,)}))
        return parallel(f"s{next(count)}", *lines, join="any")

    end = fail("end", "on_purpose") if random.random() < 0.3 else ret("end", const("end"))
    return plan(race(1), tool("behind"), end)


@pytest.mark.parametrize("seed", range(30))
async def test_the_engine_does_what_is_sure_and_nothing_else_than_what_may_be(seed: int) -> None:
    """The calls take as long as they like, so that any branch is first."""
    made = racing(seed)
    paths = [
        one
        for one in simulate(made).paths
        if not any(step.error for step in one.steps if step.kind == "call")
    ]
    random = Random(seed)
    for _ in range(6):
        answers = random.choice(paths)
        tools = Follower(answers, made, any_way=True, pause=lambda: random.choice((0, 1, 3, 60)))
        ended = await follow(made, answers, tools)
        done = {plain(one) for one in ended.effects}
        fits = [
            one
            for one in paths
            if one.outcome.ending == ended.ending
            and {plain(e.path) for e in one.effects if not e.may} <= done
            and done <= {plain(e.path) for e in one.effects}
        ]
        assert fits, f"seed {seed}: {ended}\n" + "\n".join(f"{one.words}: {effects(one)}" for one in paths)
