"""A workflow while it is being written: steps with their parts as Weft expressions, and how they are printed.

Printing is the only place that knows how steps look; the language's own formatter makes the result canonical.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class CallStep:
    id: str
    connector: str
    tool: str
    args: tuple[tuple[str, str], ...]
    writes: bool
    sends: bool = False
    timeout: str = ""
    retry: str = ""
    key: str = ""
    caught: str = ""
    """Id of the step that notes a failure nobody should stop for; empty when a failure counts."""
    says: str = ""
    """What it does, for people: "get the order"."""
    failed: tuple[DraftStep, ...] = ()
    """What is done when it fails; with ``caught`` as the name that the error has there."""
    undo: tuple[DraftStep, ...] = ()
    """What takes it back when a later step fails."""


@dataclass(frozen=True, slots=True)
class IfStep:
    id: str
    test: str
    then: tuple[DraftStep, ...]
    other: tuple[DraftStep, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True)
class ApproveStep:
    id: str
    role: str
    title: str
    show: tuple[str, ...]
    within: str
    quorum: int | None
    reject: tuple[DraftStep, ...]
    says: str = ""
    escalate: tuple[str, str] | None = None
    """After how long which role is asked too."""
    silent: tuple[DraftStep, ...] = ()
    """What is done when nobody answers in time; without it the run fails."""
    also: tuple[str, ...] = ()
    """Roles that may answer instead."""


@dataclass(frozen=True, slots=True)
class ReturnStep:
    """The workflow's result is written at the end, when all that can be in it is known."""

    id: str
    status: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class FailStep:
    id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class EachStep:
    id: str
    variable: str
    items: str
    concurrency: int | None
    body: tuple[DraftStep, ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class TogetherStep:
    id: str
    body: tuple[DraftStep, ...]


@dataclass(frozen=True, slots=True)
class GuardedStep:
    """``do`` with a catch for codes that mean "leave this one": the others go on."""

    id: str
    body: tuple[DraftStep, ...]
    codes: tuple[str, ...]
    caught: str
    failed: tuple[DraftStep, ...] = ()
    """What is done instead of noting the error, with "problem" as its name."""


@dataclass(frozen=True, slots=True)
class LetStep:
    id: str
    value: str


@dataclass(frozen=True, slots=True)
class WaitStep:
    """``duration`` as the language writes it, or a whole "until ..." or "event ..."; ``timeout`` of an event."""

    id: str
    duration: str
    timeout: str = ""


@dataclass(frozen=True, slots=True)
class LoopStep:
    """Its body again until ``until`` holds (written over ``ID.last``), ``most`` times at the most.

    ``result`` names the step whose value a round gives; ``spent`` is what happens when it never held.
    """

    id: str
    until: str
    most: int
    body: tuple[DraftStep, ...]
    result: str
    spent: tuple[DraftStep, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True)
class AgentStep:
    """A language model's judgement: ``prompt`` and ``output`` as the language writes them."""

    id: str
    system: str
    prompt: str
    output: str
    says: str = ""


DraftStep: TypeAlias = (
    CallStep
    | IfStep
    | ApproveStep
    | ReturnStep
    | FailStep
    | EachStep
    | TogetherStep
    | GuardedStep
    | WaitStep
    | LetStep
    | LoopStep
    | AgentStep
)


@dataclass(frozen=True, slots=True)
class InputField:
    name: str
    type: str
    default: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """``on`` is written as in the language; ``args`` give the inputs from the event."""

    name: str
    on: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    name: str
    doc: str
    inputs: tuple[InputField, ...]
    outputs: tuple[tuple[str, str], ...]
    steps: tuple[DraftStep, ...]
    triggers: tuple[TriggerLine, ...] = ()
    secrets: tuple[str, ...] = ()


def walk(steps: tuple[DraftStep, ...]) -> Iterator[DraftStep]:
    """Every step, parents first, in order of the text."""
    for step in steps:
        yield step
        for block in blocks(step):
            yield from walk(block)


def blocks(step: DraftStep) -> tuple[tuple[DraftStep, ...], ...]:
    match step:
        case IfStep():
            return (step.then, step.other)
        case ApproveStep():
            return (step.reject, step.silent)
        case GuardedStep():
            return (step.body, step.failed)
        case EachStep() | TogetherStep():
            return (step.body,)
        case LoopStep():
            return (step.body, step.spent)
        case CallStep():
            return (step.failed, step.undo)
        case ReturnStep() | FailStep() | WaitStep() | LetStep() | AgentStep():
            return ()
        case _:
            assert_never(step)


def text_of(draft: Draft) -> str:
    """The whole draft as Weft text."""
    lines = [f"/// {line}" for line in draft.doc.splitlines() if line.strip()]
    lines.append(f"workflow {draft.name} {{")
    connectors = sorted({s.connector for s in walk(draft.steps) if isinstance(s, CallStep)})
    lines += [f'  use {alias_of(name)}: mcp "{name}"' for name in connectors]
    if draft.inputs:
        lines += ["", "  input {"]
        for field in draft.inputs:
            lines += [f"    /// {field.doc}"] if field.doc else []
            lines.append(f"    {field.name}: {field.type}{f' = {field.default}' if field.default else ''},")
        lines.append("  }")
    if draft.outputs:
        lines += ["", "  output {", *(f"    {name}: {kind}," for name, kind in draft.outputs), "  }"]
    lines += [f"  secret {name}" for name in draft.secrets]
    for trigger in draft.triggers:
        lines += ["", f"  trigger {trigger.name}: {trigger.on}"]
        if trigger.args:
            lines.append(f"    with ({', '.join(f'{name}: {value}' for name, value in trigger.args)})")
    for step in draft.steps:
        lines += ["", *("  " + line if line else "" for line in step_lines(step))]
    lines.append("}")
    return "\n".join(lines) + "\n"


def step_text(step: DraftStep) -> str:
    return "\n".join(step_lines(step))


def step_lines(step: DraftStep) -> list[str]:
    head = f"step {step.id}: "
    match step:
        case CallStep():
            return _call(step, head)
        case IfStep():
            lines = [f"{head}if {step.test} {{", *_inside(step.then)]
            return [*lines, "} else {", *_inside(step.other), "}"] if step.other else [*lines, "}"]
        case ApproveStep():
            asked = ", ".join(f'role "{role}"' for role in (step.role, *step.also))
            lines = [f"{head}approve by {asked} {{", f"  title {step.title}"]
            lines += [f"  show {', '.join(step.show)}"] if step.show else []
            lines += [f"  quorum {step.quorum}"] if step.quorum else []
            lines.append(f"  within {step.within}")
            if step.escalate:
                lines.append(f'  escalate after {step.escalate[0]} to role "{step.escalate[1]}"')
            lines += (
                ["  on reject {", *("  " + line for line in _inside(step.reject)), "  }"]
                if step.reject
                else []
            )
            if step.silent:
                lines += ["  on timeout {", *("  " + line for line in _inside(step.silent)), "  }"]
            return [*lines, "}"]
        case ReturnStep():
            return [f"{head}return {step.value or '{ status: ' + quote(step.status) + ' }'}"]
        case FailStep():
            return [f"{head}fail {quote(step.code)} with {quote(step.message)}"]
        case EachStep():
            limit = f" concurrency {step.concurrency}" if step.concurrency else ""
            return [f"{head}foreach {step.variable} in {step.items}{limit} {{", *_inside(step.body), "}"]
        case TogetherStep():
            return [f"{head}parallel {{", *_inside(step.body), "}"]
        case LetStep():
            return [f"{head}let {step.value}"]
        case GuardedStep() if step.failed:
            return [f"{head}do {{", *_inside(step.body), "}", *_catch(step.codes, "problem", step.failed)]
        case GuardedStep():
            codes = ", ".join(quote(code) for code in step.codes)
            return [
                f"{head}do {{", *_inside(step.body), "}",
                f"  catch {codes} as e {{", f"    step {step.caught}: let e.message", "  }",
            ]  # fmt: skip
        case WaitStep():
            return [f"{head}wait {step.duration}", *([f"  timeout {step.timeout}"] if step.timeout else [])]
        case LoopStep():
            lines = [f"{head}loop until {step.until} max {step.most} {{", *_inside(step.body)]
            lines += [f"  yield {step.result}", "}"]
            return [*lines, *_catch(("exhausted",), "", step.spent)]
        case AgentStep():
            return [
                f'{head}agent "balanced" {{', f"  system {step.system}", f"  prompt {step.prompt}",
                f"  output {step.output}", "  max_turns 3", "  budget 0.10", "}", "  timeout 2m",
            ]  # fmt: skip
        case _:
            assert_never(step)


def _call(step: CallStep, head: str) -> list[str]:
    args = ", ".join(f"{name}: {value}" for name, value in step.args)
    call = f"call {alias_of(step.connector)}.{step.tool}"
    if len(args) > 70 or "\n" in args:
        lines = [f"{head}{call}("]
        lines += [f"    {name}: {value}," for name, value in step.args[:-1]]
        lines += [f"    {name}: {value})" for name, value in step.args[-1:]]
    else:
        lines = [f"{head}{call}({args})"]
    lines += [f"  key {step.key}"] if step.key else []
    lines += [f"  timeout {step.timeout}"] if step.timeout else []
    lines += [f"  retry {step.retry}"] if step.retry else []
    if step.undo:
        lines += ["  compensate {", *("  " + line for line in _inside(step.undo)), "  }"]
    if step.failed:
        return [*lines, *_catch((), "problem", step.failed)]
    if step.caught:
        lines += ["  catch as e {", f"    step {step.caught}: let e.message", "  }"]
    return lines


def _catch(codes: tuple[str, ...], name: str, steps: tuple[DraftStep, ...]) -> list[str]:
    if not steps:
        return []
    listed = " " + ", ".join(quote(code) for code in codes) if codes else ""
    head = f"  catch{listed}{f' as {name}' if name else ''} {{"
    return [head, *("  " + line for line in _inside(steps)), "  }"]


def _inside(steps: tuple[DraftStep, ...]) -> list[str]:
    return ["  " + line if line else "" for step in steps for line in step_lines(step)]


def alias_of(connector: str) -> str:
    """The name a text gives a connector: its own where that is an identifier."""
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in connector)
    return cleaned if cleaned and not cleaned[0].isdigit() else f"c_{cleaned}"


def quote(text: str) -> str:
    """A Weft string without holes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("${", "$\\u007b")
    return f'"{escaped}"'


def template(text: str) -> str:
    """A Weft string whose ``${...}`` are meant as holes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
