"""The errors that are worth trying at a step: those after which the run goes another way than just to fail."""

from __future__ import annotations

from dsl.plan import Fail, PlanStep
from dsl.simulation.result import MockError
from dsl.simulation.state import State
from dsl.simulation.terrain import OWN_CODES

MOST = 4
"""Codes that are tried at one step."""


def troubles(state: State, step: PlanStep, usual: str) -> tuple[MockError, ...]:
    """``usual`` is the code of an error that nobody names. Empty where nothing handles an error and nothing would be
    undone."""
    spot = state.terrain.spots[step.path]
    if not spot.cares and not state.undo:
        return ()
    raised = {
        one.step.do.code
        for path, one in state.terrain.spots.items()
        if isinstance(one.step.do, Fail) and "~catch" not in path
    }
    own = {code for one in step.catches for code in one.codes}
    own |= set() if step.retry is None else set(step.retry.codes)
    named = [code for code in spot.codes if code not in OWN_CODES and (code in own or code not in raised)]
    codes = list(dict.fromkeys((*named[: MOST - 1], usual)))
    return tuple(MockError(code, f"It failed with {code}.") for code in codes)
