"""What a workflow does in one case: simulated with given answers of tools and people."""

from __future__ import annotations

import re
from typing import Any

from dsl import plan as p
from dsl.simulation import MockAnswer, MockError, Path, simulate, usual_results
from dsl.simulation.result import Limits
from studio.designer.evaluation.properties import Reaches, When
from studio.designer.evaluation.reading import Reading, named, steps_of

_LIMITS = Limits(runs=60, paths=60, work=8_000)
_ROUND = re.compile(r"\[\d+\]|#\d+")


def judge_when(when: When, reading: Reading) -> str:
    """ "" or why it does not hold."""
    paths = _walked(when, reading)
    for path in paths:
        if problem := _of_path(when, reading, path):
            return problem
    return ""


def judge_reaches(wanted: Reaches, reading: Reading) -> str:
    found = reading.seen.get("all")
    if found is None:
        found = reading.seen["all"] = simulate(
            reading.plan, reading.catalog, limits=Limits(runs=250, paths=150, work=20_000)
        ).paths
    for path in found:  # type: ignore[attr-defined]
        called = called_on(path, reading)
        if all(any(named(tool, one) for tool in called) for one in wanted.tools) and (
            wanted.ends is None or path.outcome.ending == wanted.ends
        ):
            return ""
    return f"no way calls {', '.join(wanted.tools)} and is {wanted.ends or 'over'}"


def all_paths(reading: Reading) -> tuple[Path, ...]:
    judge_reaches(Reaches(sort="reaches", tools=(), ends=None), reading)
    return reading.seen["all"]  # type: ignore[return-value]


def _walked(when: When, reading: Reading) -> tuple[Path, ...]:
    plan = reading.plan
    usual = usual_results(plan, reading.catalog)
    mocks: dict[str, Any] = {}
    for step in steps_of(plan.body):
        match step.do:
            case p.ToolCall(connector=connector, tool=tool):
                name = f"{connector}.{tool}"
                code = next((code for one, code in when.fails.items() if named(name, one)), None)
                given = next((value for one, value in when.results.items() if named(name, one)), None)
                mocks[step.path] = MockError(code) if code else _over(usual.get(step.path), given)
            case p.Approve():
                mocks[step.path] = MockAnswer(when.answer)
            case p.Agent() | p.RunWorkflow():
                mocks[step.path] = usual.get(step.path)
    given = _input(when, reading)
    return simulate(plan, reading.catalog, given=given, mocks=mocks, limits=_LIMITS).paths


def _over(usual: Any, given: Any) -> Any:
    """What is given, over the usual answer where both are objects: a workflow may read more than a case tells of."""
    if isinstance(usual, list) and isinstance(given, list):
        return [
            _over(usual[min(place, len(usual) - 1)], one) if usual else one for place, one in enumerate(given)
        ]
    if isinstance(usual, dict) and isinstance(given, dict):
        return {**usual, **{name: _over(usual.get(name), value) for name, value in given.items()}}
    return usual if given is None else given


def _input(when: When, reading: Reading) -> dict[str, Any]:
    first = simulate(reading.plan, reading.catalog, limits=Limits(runs=1, paths=1, work=4_000)).paths[0]
    made: dict[str, Any] = dict(first.input or {})
    names = set(made) | set(reading.plan.input_schema.get("properties", {}))
    for wanted, value in when.input.items():
        for name in names:
            if any(word.casefold() in name.casefold() for word in wanted.split("|")):
                made[name] = value
    return made


def called_on(path: Path, reading: Reading) -> list[str]:
    """The tools that answered on a path, in order of time."""
    tools = (reading.tools.get(_ROUND.sub("", taken.path)) for taken in path.steps if taken.error is None)
    return [tool for tool in tools if tool is not None]


def asked(path: Path, reading: Reading) -> list[p.Approve]:
    """The approvals that somebody was asked on a path."""
    walked = {_ROUND.sub("", taken.path) for taken in path.steps}
    return [
        step.do
        for step in steps_of(reading.plan.body)
        if isinstance(step.do, p.Approve)
        and any(one == step.path or one.startswith(f"{step.path}.") for one in walked)
    ]


def roles_of(approve: p.Approve) -> list[str]:
    return [str(one.name.value) for one in approve.approvers if isinstance(one.name, p.ConstantExpr)]


def _of_path(when: When, reading: Reading, path: Path) -> str:
    called = called_on(path, reading)
    tried = [reading.tools.get(_ROUND.sub("", taken.path), "") for taken in path.steps]
    case = _told(when)
    for one in when.calls:
        if not any(named(tool, one) for tool in (tried if one in when.fails else called)):
            return f"{case}, {one} is not called ({path.words})"
    for one in when.never:
        if any(named(tool, one) for tool in tried):
            return f"{case}, {one} is called ({path.words})"
    for one, times in when.times.items():
        if (count := sum(named(tool, one) for tool in called)) != times:
            return f"{case}, {one} is called {count} times, not {times}"
    for one, wanted in when.passes.items():
        given = [
            taken.input
            for taken in path.steps
            if isinstance(taken.input, dict) and named(reading.tools.get(_ROUND.sub("", taken.path), ""), one)
        ]
        if not any(
            all(_has(arguments, name, value) for name, value in wanted.items()) for arguments in given
        ):
            return f"{case}, {one} does not get {wanted} but {given}"
    if when.asks is not None:
        roles = [role for approve in asked(path, reading) for role in roles_of(approve)]
        if missing := [role for role in when.asks if not any(one in role.split("|") for one in roles)]:
            return f"{case}, {', '.join(missing)} is not asked (asked: {', '.join(roles) or 'nobody'})"
        if not when.asks and asked(path, reading):
            return f"{case}, somebody is asked: {', '.join(roles) or 'somebody'}"
    if when.ends is not None and path.outcome.ending != when.ends:
        return f"{case}, it {path.outcome.words} instead of being {when.ends}"
    return ""


def _has(arguments: dict[str, Any], name: str, value: Any) -> bool:
    for one in name.split("|"):
        found = arguments.get(one)
        if isinstance(found, str) and isinstance(value, str):
            if value.casefold() in found.casefold():
                return True
        elif found is not None and found == value:
            return True
    return False


def _told(when: When) -> str:
    parts = [f"{tool} answers {value}" for tool, value in when.results.items()]
    parts += [f"{tool} fails" for tool in when.fails]
    parts += [f"{name} is {value}" for name, value in when.input.items()]
    if when.answer != "approved":
        parts.append(f"the answer is {when.answer}")
    return "when " + (" and ".join(parts) or "all goes well")
