"""Random plans of every form, run again from a random step of theirs."""

from __future__ import annotations

import os

import pytest

from tests.engine_run.forked import fork_seed

SEEDS = int(os.environ.get("WEFT_PROGRAMS") or 240)


@pytest.mark.properties
@pytest.mark.parametrize("share", range(8))
async def test_a_run_from_a_step_ends_the_same_and_repeats_exactly_what_was_said(share: int) -> None:
    for seed in range(share, SEEDS, 8):
        await fork_seed(seed)
