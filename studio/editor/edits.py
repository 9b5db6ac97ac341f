"""What a gesture means as an edit of the text. Pure: nothing is done here."""

from __future__ import annotations

from typing import assert_never

import dsl
from dsl import tree
from dsl.catalog import Catalog
from studio.editor.arranging import behind, own_id
from studio.editor.document import Refused
from studio.editor.gesture import Add, Move, Remove, SetField
from studio.editor.inspection.writing import field_edit
from studio.editor.reading import Reading
from studio.editor.spelling import source


def edit_of(
    gesture: Add | Move | Remove | SetField, reading: Reading, catalog: Catalog
) -> dsl.Edit | Refused:
    """The edit, or why there is none."""
    match gesture:
        case Add():
            return _add(gesture, reading, catalog)
        case Move(step=path, container=container, before=before):
            return dsl.MoveStep(path=path, container=container, before=own_id(before))
        case Remove(step=path):
            return dsl.RemoveStep(path=path)
        case SetField():
            return field_edit(gesture, reading, catalog)
        case _:
            assert_never(gesture)


def _add(gesture: Add, reading: Reading, catalog: Catalog) -> dsl.Edit | Refused:
    if gesture.container is not None:
        container, before = gesture.container, own_id(gesture.before)
    else:
        container, before = behind(gesture.after, reading)
    try:
        new = dsl.new_step(gesture.item, reading.parsed, catalog, container, before)
    except ValueError as unknown:
        return Refused(str(unknown), "Take something else from the palette.")
    return dsl.AddStep(container=container, before=before, text=_asking(new.text), uses=new.uses)


def _asking(step: str) -> str:
    """The step without arguments that are only there to be filled in: missing ones are shown as problems, and an empty
    one would be published unseen."""
    text = f"workflow new {{\n{step}\n}}\n"
    steps = dsl.parse(text).workflow.body.steps
    if not steps or not isinstance(steps[0].kind, tree.Call):
        return step
    for arg in steps[0].kind.args:
        if _is_blank(arg.value):
            text = dsl.apply(text, dsl.SetArgument(path=steps[0].id, name=arg.name, value=None)).text
    return source(dsl.parse(text).workflow.body.steps[0], text)


def _is_blank(value: tree.Expr) -> bool:
    match value:
        case tree.Constant(value=given):
            return given in ("", 0, False)
        case tree.ListOf(items=()) | tree.MapOf(entries=()):
            return True
        case _:
            return False
