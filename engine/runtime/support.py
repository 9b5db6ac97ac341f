"""What the runtime cannot do yet, said when a version is published and not in the middle of a run."""

from __future__ import annotations

from dsl import plan as p
from dsl.plan import Plan, PlanStep
from engine.runtime.expression import names_of
from engine.runtime.outline import walk


def unsupported(plan: Plan) -> list[tuple[str, str]]:
    """The steps that cannot run, as (path, what to do about it). Empty: the plan runs."""
    return [
        (step.path, message)
        for step, _ in walk(plan.body, "")
        if (message := _problem(plan, step)) is not None
    ]


def _problem(plan: Plan, step: PlanStep) -> str | None:
    match step.do:
        case p.Agent(tools=tools) if asked := [tool for tool in tools if tool.dangerous]:
            name = f"{asked[0].connector}.{asked[0].tool}"
            return (
                f"A person must approve the arguments of `{name}`, and a model chooses them too late for that. "
                "Take the tool from the `agent` and call it in a step of its own, behind an approval."
            )
        case p.RunWorkflow() if step.key is not None:
            return "A `run` step starts one run, however often it is tried, and takes no `key`. Take it away."
        case p.RunWorkflow(workflow=name) if name != plan.workflow and not _version(plan, name):
            return f"The workflow `{name}` is not published. Publish it, then this one."
        case p.ToolCall(args=args, connector=to) if read := [
            name for name, value in args.items() if "secrets" in names_of(value)
        ]:
            return (
                f"The argument `{read[0]}` reads a secret, and arguments are kept with the run: that cannot run yet. "
                f"Take it out. `{to}` sends its credential by itself, in a header that is set where `{to}` is "
                "connected, from a variable WEFT_CONNECTOR_... of this installation."
            )
        case _:
            return None


def _version(plan: Plan, name: str) -> str:
    return next((pin.version for pin in plan.workflows if pin.workflow == name), "")
