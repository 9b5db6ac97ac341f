"""Every way through a plan: walked one after the other, until there is none left or enough were seen."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dsl.catalog import Catalog
from dsl.plan import Json, Plan
from dsl.simulation.choices import Walks
from dsl.simulation.interests import interests_of
from dsl.simulation.interpreter import Interpreter
from dsl.simulation.kernel import Branch, Job, Kernel
from dsl.simulation.outcome import Failure, Forever, Returned, Review, Stopped, TooLong
from dsl.simulation.result import Limits, Mock, Outcome, Path, Simulation
from dsl.simulation.samples import Samples
from dsl.simulation.scope import Scope
from dsl.simulation.state import State
from dsl.simulation.terrain import Terrain
from dsl.simulation.unreached import unreached
from dsl.values import coerce


def simulate(
    plan: Plan,
    catalog: Catalog | None = None,
    *,
    given: Mapping[str, Json] | None = None,
    mocks: Mapping[str, Mock] | None = None,
    limits: Limits | None = None,
) -> Simulation:
    """Walk a plan over everything that can happen, without any effect.

    ``given`` is the input; without it, inputs are made from the plan's schema. ``mocks`` are results by a step's path
    or id: a value, ``MockError`` or ``MockAnswer``; other results are made from their schemas (those of other
    workflows from the catalog's interfaces). The same arguments give the same simulation.
    """
    bounds = limits or Limits()
    terrain = Terrain.of(plan)
    samples = Samples(interests_of(terrain))
    paths: dict[str, Path] = {}
    reached: set[str] = set()
    walks = Walks()
    cut = False
    work = 0
    for count, choices in enumerate(walks, 1):
        state = State(plan, terrain, samples, choices, bounds, catalog, mocks or {})
        path = _walk(state, given)
        reached |= state.reached
        cut = cut or path.outcome.ending == "unfinished"
        paths.setdefault(_print(path), path)
        work += len(state.steps)
        if count >= bounds.runs or len(paths) >= bounds.paths or work >= bounds.work:
            cut = cut or walks.left or bool(choices.open)
            break
    return Simulation(tuple(paths.values()), unreached(terrain, reached, cut), cut)


def _print(path: Path) -> str:
    """What tells two ways apart: where they go and what they do, not the values on the way."""
    steps = [(one.path, one.error) for one in path.steps]
    effects = [(one.path, one.tool, one.may) for one in path.effects]
    return json.dumps([steps, effects, path.outcome.ending, (path.outcome.error or {}).get("code")])


def _walk(state: State, given: Mapping[str, Json] | None) -> Path:
    scope = Scope({})
    outcome = _outcome(state, scope, given)
    return Path(
        tuple(state.choices.said),
        tuple(state.steps),
        tuple(state.effects),
        outcome,
        tuple(state.undone),
        scope.names.get("input"),
    )


def _outcome(state: State, scope: Scope, given: Mapping[str, Json] | None) -> Outcome:
    interpreter = Interpreter(state)
    try:
        scope.names.update(_names(state, scope, given))
        value = state.kernel.run(_body(interpreter, scope))
    except Returned as returned:
        value = returned.value
    except Failure as failure:
        return _failed(interpreter, failure)
    except Review as review:
        error = {"code": "needs_review", "message": review.message, "step": review.path}
        return Outcome("needs_review", None, error, (review.path,))
    except Forever as forever:
        return Outcome("waiting", None, None, forever.paths)
    except (TooLong, RecursionError, Stopped):
        return Outcome("unfinished")
    schema = state.plan.output_schema
    return Outcome("succeeded", value if schema is None else coerce(value, schema))


def _body(interpreter: Interpreter, scope: Scope) -> Job:
    return (yield from interpreter.block(interpreter.state.plan.body, scope, Branch()))


def _failed(interpreter: Interpreter, failure: Failure) -> Outcome:
    """What was done is undone; what cannot be undone is told with the error."""
    error = failure.data()
    now = interpreter.state.kernel.now
    kernel = interpreter.state.kernel = Kernel(now)
    try:
        problems = kernel.run(interpreter.compensate("", Branch()))
    except Review as review:
        told = {"code": "needs_review", "message": review.message, "step": review.path}
        return Outcome("needs_review", None, told, (review.path,))
    except Forever as forever:
        return Outcome("waiting", None, error, forever.paths)
    except (TooLong, RecursionError, Returned, Stopped):
        return Outcome("unfinished", None, error)
    return Outcome("failed", None, {**error, "compensation": problems} if problems else error)


def _names(state: State, scope: Scope, given: Mapping[str, Json] | None) -> dict[str, Json]:
    plan = state.plan
    config = {name: state.compute(value, scope, "") for name, value in plan.config.items()}
    scope.names["config"] = config
    if given is None:
        inputs = state.samples.inputs(plan.input_schema, plan.input_defaults, state)
        said = [words or "an input" for words, _ in inputs]
        taken = inputs[state.choices.take("input", "", said)][1]
    else:
        taken = dict(given)
    defaults = {
        name: state.compute(value, scope, "")
        for name, value in plan.input_defaults.items()
        if name not in taken
    }
    secrets = {name: f"secret {name}" for name in plan.secrets}
    return {"input": coerce({**taken, **defaults}, plan.input_schema), "config": config, "secrets": secrets}


__all__ = ["simulate"]
