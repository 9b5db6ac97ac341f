"""Random families of runs: each yes lets its call happen in one run, the one that has claimed it, however the runs were
cancelled or killed in between; and what is taken over is what the run's own input and version would have sent.

The faults at the end are the control: each takes one promise out of the planning, and the very same check fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from engine.forking import retrace
from tests.engine_run import families
from tests.engine_run.anyplan import Builder
from tests.engine_run.families import Trying, raise_family
from tests.engine_run.kit import reap

SEEDS = int(os.environ.get("WEFT_PROGRAMS") or 16)


@pytest.mark.properties
@pytest.mark.parametrize("build", [Builder, Trying])
async def test_every_yes_is_used_in_one_run_and_what_is_taken_over_fits(build: type[Builder]) -> None:
    for seed in range(SEEDS):
        await raise_family(seed, build)


def _a_yes_that_another_run_relies_on_is_free(patch: pytest.MonkeyPatch) -> None:
    wanted = families.wanted
    patch.setattr(families, "wanted", lambda *about, free, **rest: wanted(*about, **rest))


def _another_argument_is_taken_for_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retrace, "same_step", lambda *about: True)


FAULTS: dict[Callable[[pytest.MonkeyPatch], None], int] = {
    _a_yes_that_another_run_relies_on_is_free: 60,
    _another_argument_is_taken_for_the_same: 40,
}
"""Each fault, and the number of seeds among which the check must catch it."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
async def test_a_fault_is_caught(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    for seed in range(FAULTS[fault]):
        try:
            await raise_family(seed, Trying)
        except AssertionError as error:
            print(f"caught by seed {seed}: {error}"[:300])
            return
        finally:
            await reap()
    raise AssertionError(f"{FAULTS[fault]} random families went through with a fault")
