"""What of a step is the step itself, and not the steps inside it: whether two versions mean the same by it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from dsl import plan as p
from dsl.plan import Expression, Plan, PlanStep

Json: TypeAlias = Any

_INSIDE = ("block", "otherwise", "on_reject", "on_timeout", "guards")


def own(step: PlanStep, plan: Plan) -> Json:
    """Everything that decides what the step does, but for the steps inside it and the words it has for people."""
    said: dict[str, Json] = step.model_dump(mode="json", exclude={"label", "catches", "do"})
    do: dict[str, Json] = step.do.model_dump(mode="json", exclude=set(_INSIDE))
    for arm in do.get("arms", ()):
        arm.pop("block")
        arm.pop("label")
    said["do"] = do
    said["catches"] = [{"codes": one.codes, "variable": one.variable} for one in step.catches]
    said["pins"] = [pin.model_dump(mode="json") for pin in _pins(step, plan)]
    return said


def _pins(step: PlanStep, plan: Plan) -> Iterator[p.Pin | p.WorkflowPin]:
    match step.do:
        case p.ToolCall(connector=connector, tool=tool):
            yield from (pin for pin in plan.pins if (pin.connector, pin.tool) == (connector, tool))
        case p.Agent(tools=tools):
            named = {(tool.connector, tool.tool) for tool in tools}
            yield from (pin for pin in plan.pins if (pin.connector, pin.tool) in named)
        case p.RunWorkflow(workflow=workflow):
            yield from (pin for pin in plan.workflows if pin.workflow == workflow)
        case _:
            pass


def expressions(step: PlanStep) -> Iterator[Expression]:
    """What a step computes before it does anything, but for the tests of a choice and of a loop."""
    if step.key is not None:
        yield step.key
    match step.do:
        case p.ToolCall(args=args) | p.RunWorkflow(args=args):
            yield from args.values()
        case p.Agent() as do:
            yield do.model
            yield from (one for one in (do.system, do.prompt, do.budget) if one is not None)
        case p.Approve() as do:
            yield from (one.name for one in do.approvers)
            yield from (one for _, one in do.show)
            if do.title is not None:
                yield do.title
            if do.escalate_to is not None:
                yield do.escalate_to.name
        case p.Wait() as do:
            yield from (one for one in (do.until, do.when) if one is not None)
        case p.Foreach(items=items):
            yield items
        case p.Loop(initial=initial) if initial is not None:
            yield initial
        case _:
            pass


def writes(step: PlanStep) -> list[str]:
    """The tools by which a step changes something outside, as "connector.tool"; a run of another workflow is
    "workflow.name"."""
    match step.do:
        case p.ToolCall(effect="write", connector=connector, tool=tool):
            return [f"{connector}.{tool}"]
        case p.RunWorkflow(workflow=workflow):
            return [f"workflow.{workflow}"]
        case p.Agent(tools=tools):
            return [f"{tool.connector}.{tool.tool}" for tool in tools if tool.effect == "write"]
        case _:
            return []
