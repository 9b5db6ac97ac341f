"""The errors that are worth trying at a step: those after which the run goes another way than just to fail."""

from __future__ import annotations

from dsl.plan import Agent, Fail, PlanStep
from dsl.simulation.result import MockError
from dsl.simulation.state import State
from dsl.simulation.terrain import OWN_CODES

MOST = 4
"""Codes that are tried at one step."""

MODEL_CODES = ("model_error", "rate_limited", "budget_exceeded", "max_turns", "no_model")
"""Codes with which an ``agent`` fails. Not all of them: a tool, too, says "rate_limited"."""

REPAIRS = 2
"""How often a model may mend an answer that does not fit, before it fails with "model_error"."""


def troubles(state: State, step: PlanStep, usual: str) -> tuple[MockError, ...]:
    """``usual`` is the code of an error that nobody names. Empty where nothing handles an error and nothing would be
    undone."""
    spot = state.terrain.spots[step.path]
    if not spot.cares and not state.undo:
        return ()
    spots = state.terrain.spots
    raised = {
        one.step.do.code
        for path, one in spots.items()
        if isinstance(one.step.do, Fail) and "~catch" not in path
    }
    if any(isinstance(one.step.do, Agent) for one in spots.values()):
        raised |= set(MODEL_CODES) - {"rate_limited"}
    own = {code for one in step.catches for code in one.codes}
    own |= set() if step.retry is None else set(step.retry.codes)
    named = [code for code in spot.codes if code not in OWN_CODES and (code in own or code not in raised)]
    codes = list(dict.fromkeys((*named[: MOST - 1], usual)))
    return tuple(MockError(code, f"It failed with {code}.") for code in codes)


def agent_troubles(state: State, step: PlanStep, do: Agent, path: str) -> tuple[MockError, ...]:
    """Of the ways in which a model fails those that something around it names, "model_error" for all others; all of
    them where the step itself catches any error. After a no, a model that goes for a tool fails, whoever handles it."""
    spot = state.terrain.spots[step.path]
    writes = [tool for tool in do.tools if tool.effect == "write" and not tool.dangerous]
    refused = [tool for tool in do.tools if tool.dangerous]
    if state.is_refused(step, path):
        writes, refused = [], [*refused, *writes]
    errors = [MockError("not_approved", "It failed with not_approved.")] if refused else []
    if not spot.cares and not state.undo:
        return tuple(errors)
    can = ["model_error", "rate_limited"]
    can += [] if do.budget is None else ["budget_exceeded"]
    can += ["max_turns"] if do.tools or (do.output_schema is not None and do.max_turns <= REPAIRS) else []
    can += [] if step.timeout_ms is None else ["timeout"]
    named = [code for code in spot.codes if code in (*can, "no_model")]
    if any(not one.codes for one in step.catches):
        named += [code for code in can if code not in ("rate_limited", "timeout")]
    codes = dict.fromkeys((*named, "model_error"))
    errors += [MockError(code, f"It failed with {code}.") for code in codes]
    if any(not tool.honours_key for tool in writes):
        errors.append(MockError("timeout", "no answer came", unknown=True))
    return tuple(errors)
