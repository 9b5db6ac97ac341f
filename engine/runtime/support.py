"""What the runtime cannot do yet, said when a version is published and not in the middle of a run."""

from __future__ import annotations

from dsl import plan as p
from dsl.plan import Plan, PlanStep
from engine.runtime.expression import names_of
from engine.runtime.outline import walk


def unsupported(plan: Plan) -> list[tuple[str, str]]:
    """The steps that cannot run, as (path, what to do about it). Empty: the plan runs."""
    return [
        (step.path, message) for step, _ in walk(plan.body, "") if (message := _problem(step)) is not None
    ]


def _problem(step: PlanStep) -> str | None:
    match step.do:
        case p.Agent():
            return "An `agent` step cannot be run by this version yet. Call a tool instead."
        case p.RunWorkflow():
            return "A `run` step cannot be run by this version yet. Put the other workflow's steps here."
        case p.Wait(event=event) if event is not None:
            return "`wait event` cannot be run by this version yet. Wait for a time, or ask for an approval."
        case p.Approve(escalate_to=to) if to is not None:
            return (
                "`escalate` cannot be run by this version yet. Name all who may approve under `approve by`."
            )
        case p.ToolCall(args=args) if any("secrets" in names_of(value) for value in args.values()):
            return (
                "Secrets in arguments cannot be used in this version yet. Give the connector the credential."
            )
        case _:
            return None
