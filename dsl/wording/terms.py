"""What the names of a text stand for, for putting its steps and conditions in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import places, uses
from dsl.schemas import fields_of


@dataclass(frozen=True, slots=True)
class Terms:
    """``config`` holds the values the text gives its settings, ``errors`` the names that its catches give an error.

    Without a catalog, tools are named by their names instead of their titles.
    """

    uses: Mapping[str, tree.Use]
    config: Mapping[str, tree.Expr]
    steps: Mapping[str, tree.Step]
    errors: frozenset[str]
    catalog: Catalog | None = None


def terms_of(workflow: tree.Workflow, catalog: Catalog | None = None) -> Terms:
    steps: dict[str, tree.Step] = {}
    errors: set[str] = set()
    for place in places(workflow.body):
        steps.setdefault(place.step.id, place.step)
        for clause in place.step.clauses:
            if isinstance(clause, tree.Catch) and clause.variable:
                errors.add(clause.variable)
    config = {
        field.name: field.default for field in fields_of(workflow, "config") if field.default is not None
    }
    return Terms(uses(workflow), config, steps, frozenset(errors - steps.keys()), catalog)
