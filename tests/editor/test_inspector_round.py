"""Every field of every step of the examples: what is shown, said again, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dsl
from dsl.catalog import Catalog
from studio.editor.desk import Desk
from studio.editor.document import Change, Refused
from studio.editor.gesture import SetField
from studio.editor.inspection.field import Field, walked
from studio.editor.inspection.form import step_sections
from studio.editor.inspection.start import START, start_sections
from studio.editor.inspection.writing import field_edit
from tests.editor.moments import NOON

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXTS = sorted([*EXAMPLES.glob("*.weft"), *EXAMPLES.glob("forms/*.weft")])
CATALOG = Catalog.model_validate_json((EXAMPLES / "catalog.json").read_text())
SILENT = ("group", "rows", "choice", "note")


def shown(desk: Desk) -> Iterator[tuple[str, Field]]:
    """Every field that holds a value, with its step."""
    reading = desk.reading
    for section in start_sections(reading, NOON):
        yield from ((START, field) for field in walked(section.fields))
    for path, place in reading.steps.items():
        for section in step_sections(place, reading, CATALOG):
            yield from ((path, field) for field in walked(section.fields))


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_what_is_shown_and_said_again_changes_nothing(file: Path) -> None:
    text = file.read_text()
    desk = Desk("w", text, CATALOG, "e")
    said = 0
    for path, field in shown(desk):
        filled = field.value or field.values
        if (field.control in SILENT and field.mode == "plain") or not filled or field.key == "id":
            continue
        gesture = SetField(
            type="set",
            step=path,
            key=field.key,
            at=field.at,
            value=field.value,
            values=field.values,
            mode=field.mode,
            control=field.control,
        )
        edit = field_edit(gesture, desk.reading, CATALOG)
        assert not isinstance(edit, Refused), (path, field, edit)
        fresh = Desk("w", text, CATALOG, "e")
        told = fresh.apply(Change("canvas", 0, edit))
        assert not isinstance(told, Refused), (path, field, told)
        assert dsl.format_text(fresh.document.text) == dsl.format_text(text), (path, field)
        said += 1
    assert said > 5
