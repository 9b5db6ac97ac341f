"""The simulation against the real runtime: the same plan, the same answers, the same end and the same effects."""

from __future__ import annotations

import os
from random import Random

import pytest

from dsl.simulation import Limits, Path, simulate
from tests.dsl_simulation.engine import follow
from tests.dsl_simulation.plans import Builder

SEEDS = int(os.environ.get("WEFT_PROGRAMS") or 60)
PATHS = 6
LIMITS = Limits(runs=80, paths=40, steps=300, work=4_000)


def comparable(path: Path) -> bool:
    """A call that is too slow is not repeated here, and of what was cut nobody knows the end."""
    slow = any("takes longer than" in choice.words for choice in path.choices)
    return not slow and path.outcome.ending != "unfinished"


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_path_ends_on_the_engine_as_it_was_simulated(seed: int) -> None:
    builder = Builder(seed)
    plan = builder.plan()
    paths = [path for path in simulate(plan, limits=LIMITS).paths if comparable(path)]
    for path in Random(seed).sample(paths, min(PATHS, len(paths))):
        ended = await follow(plan, path)
        note = f"seed {seed}: {path.words}\n{[s.path for s in path.steps]}\n{ended}"
        assert ended.ending == path.outcome.ending, note
        assert ended.output == path.outcome.value, note
        assert ended.code == (path.outcome.error or {}).get("code"), note
        expected = [effect.path for effect in path.effects]
        if builder.strict:
            assert ended.effects == expected, note
        elif not any(step.error for step in path.steps):
            # Where a branch fails, how far those beside it have come by then may differ.
            assert sorted(ended.effects) == sorted(expected), note
