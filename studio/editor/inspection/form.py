"""All sections of a step's form, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.catalog import Catalog
from dsl.outline import Place
from studio.editor.inspection.clauses import clause_sections
from studio.editor.inspection.field import Field, Section
from studio.editor.inspection.kinds import kind_sections
from studio.editor.reading import Reading


def step_sections(place: Place, reading: Reading, catalog: Catalog) -> Iterator[Section]:
    yield from kind_sections(place.step, reading, catalog)
    yield from clause_sections(place, reading)
    step = place.step
    yield Section(
        "About this step",
        (
            Field(
                "id",
                "Name",
                step.id,
                control="code",
                mode="plain",
                required=True,
                help="Other steps read its result by this name.",
            ),
            Field(
                "doc",
                "Description",
                step.doc,
                control="text",
                mode="plain",
                lines=2,
                placeholder="What it is for, in your words. Markdown.",
            ),
        ),
    )
