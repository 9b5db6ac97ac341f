"""The plainest result of every step that gets one from outside: what a test gives in place of what it does not do."""

from __future__ import annotations

from dsl import plan as p
from dsl.catalog import Catalog, Schema
from dsl.plan import Json, Plan
from dsl.simulation.interests import interests_of
from dsl.simulation.samples import Samples
from dsl.simulation.terrain import Terrain
from dsl.values import coerce


def usual_results(plan: Plan, catalog: Catalog | None = None) -> dict[str, Json]:
    """By path in the plan: of tool calls, agents and runs of other workflows (whose results the catalog tells)."""
    terrain = Terrain.of(plan)
    samples = Samples(interests_of(terrain))
    made: dict[str, Json] = {}
    for path, spot in terrain.spots.items():
        match spot.step.do:
            case p.ToolCall(output_schema=schema) | p.Agent(output_schema=schema):
                pass
            case p.RunWorkflow(workflow=name):
                schema = _result(plan, catalog, name)
            case _:
                continue
        value = samples.usual(spot.step.id, schema)
        made[path] = value if schema is None else coerce(value, schema)
    return made


def _result(plan: Plan, catalog: Catalog | None, workflow: str) -> Schema | None:
    if workflow == plan.workflow:
        return plan.output_schema
    known = None if catalog is None else catalog.workflows.get(workflow)
    return None if known is None else known.output_schema or None
