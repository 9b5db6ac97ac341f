"""What a test of a plan may do, decided before it starts. Pure.

Nothing happens outside unless somebody ticked its step. What a gate stands before happens only after the gate: where
nobody is asked at it (it has a pin, or lies before the step the test begins at), its calls cannot be ticked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from pydantic import BaseModel

from dsl import plan as p
from dsl.plan import Agent, Approve, Block, CelExpr, Plan, PlanStep, RunWorkflow, ToolCall
from engine.errors import BadInput
from engine.history import RunView
from engine.runtime.outline import blocks_of, walk
from engine.runtime.scope import is_inside
from engine.runtime.trial import Pin, Trial, writes
from engine.strict import NotJson, encode

Json: TypeAlias = Any


class Unready(BadInput):
    """The settings of a test do not fit: ``problems`` name steps, where those of its input name fields."""


PINNABLE: Final = (ToolCall, RunWorkflow, Agent, Approve, p.Wait, p.Let, p.Foreach, p.Loop)
"""Kinds of steps that can have a pin: those whose inner names, if any, nobody outside sees."""
LARGEST_SETTINGS: Final = 1024 * 1024
"""Bytes of JSON that a test run carries beside its input."""

SAID_YES: Final[Json] = {"approved": True, "by": [], "comment": "Approved automatically in this test."}


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that could really happen in a test. ``words`` say what; ``tool`` is "connector.tool" or "workflow
    name"; ``gates`` are the approvals it stands behind; ``undoes``: it only undoes the step whose path this is, and
    happens when that really did. ``refusal``: why it cannot be ticked, "" when it can."""

    path: str
    label: str
    tool: str
    words: str
    gates: tuple[str, ...] = ()
    undoes: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """An approval, and the paths of what it stands before."""

    path: str
    label: str
    guards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a test of a plan can be told about. ``pinnable`` and ``beginnings`` are paths of steps."""

    effects: tuple[Effect, ...]
    gates: tuple[Gate, ...]
    pinnable: tuple[str, ...]
    beginnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks of a test. ``real``: the effects that may happen; ``approve``: the gates that are answered
    with yes by themselves; ``until``: stop behind this step; ``begin``: take what stands before this step from a run
    or from pins, without doing it. All are paths of steps, "" for none."""

    real: frozenset[str] = frozenset()
    approve: frozenset[str] = frozenset()
    until: str = ""
    begin: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of results: ``pins`` of people, what was ``recorded`` in a run, and ``usual`` ones that are made
    up, of steps by path and of ``tools`` that models call by "connector.tool"."""

    pins: Mapping[str, Pin] = field(default_factory=dict)
    recorded: RunView | None = None
    usual: Mapping[str, Json] = field(default_factory=dict)
    tools: Mapping[str, Json] = field(default_factory=dict)


def outline(plan: Plan) -> Outline:
    places = list(walk(plan.body, ""))
    steps = [step for step, _ in places]
    gates = tuple(
        Gate(step.path, step.label, step.do.guards) for step in steps if isinstance(step.do, Approve)
    )
    effects = tuple(_effect(plan, step, gates) for step in steps if writes(step))
    pinnable = tuple(
        step.path for step in steps if isinstance(step.do, PINNABLE) and "~comp" not in step.path
    )
    beginnings = tuple(step.path for step, room in places if not room)
    return Outline(effects, gates, pinnable, beginnings)


def _effect(plan: Plan, step: PlanStep, gates: Iterable[Gate]) -> Effect:
    behind = tuple(gate.path for gate in gates if step.path in gate.guards)
    undoes = step.path.partition("~comp")[0] if "~comp" in step.path else ""
    refusal = ""
    match step.do:
        case ToolCall(connector=connector, tool=name):
            tool = f"{connector}.{name}"
            words = f"Really calls {tool}."
        case RunWorkflow(workflow=name):
            tool = f"workflow {name}"
            words = f"Really starts a run of {name}, with all that it does."
            if name == plan.workflow:
                refusal = "A workflow does not run itself in a test: it is not published as it stands here."
        case Agent(tools=tools):
            names = sorted(f"{one.connector}.{one.tool}" for one in tools if one.effect == "write")
            tool = ", ".join(names)
            words = f"Lets the model really call {tool}, with whatever it chooses."
        case _:
            raise AssertionError(f"{step.path} changes nothing")
    if undoes:
        words = f"Calls {tool} to undo {undoes}, if that really happened and has to be undone."
    return Effect(step.path, step.label, tool, words, behind, undoes, refusal)


def settle(plan: Plan, wish: Wish, known: Known) -> Trial:
    """The settings of a test. Raises ``Unready`` naming each step that stands in the way."""
    steps = {step.path: step for step, _ in walk(plan.body, "")}
    told = outline(plan)
    problems = [*_unknown(wish, steps, told)]
    if problems:
        raise _refused(problems)
    pins = {path: pin for path, pin in known.pins.items() if path in told.pinnable}
    before = _found(plan.body, wish.begin) or () if wish.begin else ()
    leaves = list(_leaves(before, pins, known.recorded))
    taken, problems = _taken(plan, leaves, pins, known.recorded)
    pins |= taken
    pins |= {path: Pin(SAID_YES) for path in wish.approve if path not in pins}
    behind = tuple(step.path for step in before)
    real = frozenset(
        path
        for path in wish.real
        if path not in pins and not any(path == one or is_inside(path, one) for one in behind)
    )
    real |= {
        effect.path
        for effect in told.effects
        if effect.undoes and any(path == effect.undoes or is_inside(path, effect.undoes) for path in real)
    }
    problems += _ungated(told, pins, real)
    if problems:
        raise _refused(problems)
    stubs = {
        effect.path: _stub(effect.path, known)
        for effect in told.effects
        if effect.path not in real and not isinstance(steps[effect.path].do, Agent)
    }
    made = Trial(pins, real, stubs, dict(known.tools), wish.until)
    _fits(made)
    return made


def _unknown(wish: Wish, steps: Mapping[str, PlanStep], told: Outline) -> Iterator[tuple[str, str]]:
    effects = {effect.path: effect for effect in told.effects}
    for path in sorted(wish.real):
        if path not in effects:
            yield path, "is no step that changes something outside"
        elif effects[path].refusal:
            yield path, effects[path].refusal
    gates = {gate.path for gate in told.gates}
    yield from ((path, "is no approval") for path in sorted(wish.approve) if path not in gates)
    if wish.until and (wish.until not in steps or "~comp" in wish.until):
        yield wish.until, "is no step that a test can stop behind"
    if wish.begin and wish.begin not in steps:
        yield wish.begin, "is no step of this workflow"
    elif wish.begin and wish.begin not in told.beginnings:
        words = "it runs once a round, or only after a failure. Begin at what is around it"
        yield wish.begin, f"cannot begin a test: {words}"


def _ungated(told: Outline, pins: Mapping[str, Pin], real: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Effects that would really happen although nobody is asked at their gate."""
    for gate in told.gates:
        passed = next((path for path in pins if path == gate.path or is_inside(gate.path, path)), None)
        if passed is None:
            continue
        for guard in gate.guards:
            if guard in real and not is_inside(guard, passed):
                yield (
                    guard,
                    (
                        f"cannot really happen while nobody is asked at its approval `{gate.path}`. "
                        "Let a person answer there, or do not let this happen"
                    ),
                )


# ---- beginning in the middle ---------------------------------------------------------------------------


def _found(block: Block, target: str, wide: bool = False) -> tuple[PlanStep, ...] | None:
    """The steps before ``target``, outermost ones; None when a test cannot begin there."""
    for number, step in enumerate(block.steps):
        inside = is_inside(target, step.path)
        if step.path != target and not inside:
            continue
        earlier = _awaited(block, step) if wide else block.steps[:number]
        if step.path == target:
            return earlier
        if "~" in target[len(step.path) :] or isinstance(step.do, p.Foreach | p.Loop):
            return None
        for inner in blocks_of(step):
            found = _found(inner, target, isinstance(step.do, p.Parallel))
            if found is not None:
                return (*earlier, *found)
    return None


def _awaited(block: Block, step: PlanStep) -> tuple[PlanStep, ...]:
    """The branches of a ``parallel`` that a step is behind."""
    by_id = {one.id: one for one in block.steps}
    found: dict[str, PlanStep] = {}
    waiting = list(step.after)
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in found:
            found[name] = by_id[name]
            waiting += by_id[name].after
    return tuple(one for one in block.steps if one.id in found)


def _leaves(
    steps: Iterable[PlanStep], pins: Mapping[str, Pin], recorded: RunView | None
) -> Iterator[PlanStep]:
    """What is passed over: of blocks that nobody sees into it is the block, of others what is inside. Of a choice it
    is the way that was taken. What only computes is computed again."""
    for step in steps:
        yield from _handlers(step, pins, recorded)
        match step.do:
            case p.If(arms=arms) | p.Switch(arms=arms):
                chosen = None if recorded is None else recorded.step(step.path)
                label = None if chosen is None else chosen.arm
                named = [arm.block for arm in arms if arm.label == label]
                otherwise = step.do.otherwise
                if label == "otherwise" and otherwise is not None:
                    named = [otherwise]
                for block in named or (() if label == "otherwise" else blocks_of(step)):
                    yield from _leaves(block.steps, pins, recorded)
            case p.Parallel(block=block) | p.Do(block=block):
                yield from _leaves(block.steps, pins, recorded)
            case p.Let() if step.path not in pins:
                pass
            case p.Return() | p.Fail():
                pass
            case _:
                yield step


def _handlers(step: PlanStep, pins: Mapping[str, Pin], recorded: RunView | None) -> Iterator[PlanStep]:
    for one in step.catches:
        yield from _leaves(one.block.steps, pins, recorded)


def _taken(
    plan: Plan, leaves: list[PlanStep], pins: Mapping[str, Pin], recorded: RunView | None
) -> tuple[dict[str, Pin], list[tuple[str, str]]]:
    """A pin for each step that is passed over; what nobody needs may be null."""
    passed = frozenset(step.path for step in leaves)
    needed: frozenset[str] | None = None
    taken: dict[str, Pin] = {}
    problems: list[tuple[str, str]] = []
    for step in leaves:
        if step.path in pins:
            continue
        run = None if recorded is None else recorded.step(step.path)
        if run is not None and run.state in ("failed", "caught") and run.error is not None:
            taken[step.path] = Pin(error=_plain(run.error))
        elif run is not None and run.state == "succeeded" and "output" not in run.large:
            taken[step.path] = Pin(run.output)
        else:
            if needed is None:
                needed = frozenset(_names(plan.body, passed))
            if step.id in needed:
                why = "is too large to be taken over" if run is not None and run.large else "is not there"
                problems.append((step.path, f"its output {why}: pin one, or choose a run that has it"))
            taken[step.path] = Pin(None)
    return taken, problems


def _plain(error: Mapping[str, Json]) -> dict[str, str]:
    return {"code": str(error.get("code", "failed")), "message": str(error.get("message", ""))}


def _names(node: Any, passed: frozenset[str]) -> Iterator[str]:
    """The names that are read outside of the steps that are passed over."""
    match node:
        case PlanStep(path=path) if path in passed:
            return
        case CelExpr(names=names):
            yield from names
        case BaseModel():
            for value in node.__dict__.values():
                yield from _names(value, passed)
        case Mapping():
            for value in node.values():
                yield from _names(value, passed)
        case tuple() | list():
            for value in node:
                yield from _names(value, passed)
        case _:
            return


# ---- results that are made up --------------------------------------------------------------------------


def _stub(path: str, known: Known) -> Json:
    """What a call gives that does not happen: what it gave the last time, else the plainest that fits."""
    run = None if known.recorded is None else known.recorded.step(path)
    if run is not None and run.state == "succeeded" and "output" not in run.large and run.output is not None:
        return run.output
    return known.usual.get(path)


def _fits(made: Trial) -> None:
    try:
        size = len(encode(made.data()).encode())
    except NotJson as error:
        raise Unready("The test cannot be started so.", [("pins", f"hold {error}")]) from None
    if size > LARGEST_SETTINGS:
        raise Unready(
            "The test cannot be started so.",
            [("pins", f"and results that are taken over have {size // 1024} KB, more than fit into a test")],
            "Pin smaller ones.",
        )


def _refused(problems: list[tuple[str, str]]) -> Unready:
    said = "; ".join(f"`{path}` {words}" for path, words in problems[:5])
    return Unready(f"The test cannot be started so: {said}.", problems, "Change these, then start it.")
