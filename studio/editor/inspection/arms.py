"""The branches of an ``if`` and the cases of a ``switch``: one more, one less, another order."""

from __future__ import annotations

import dsl
from dsl import tree
from dsl.assist.sketch import scopes_in
from dsl.catalog import Catalog
from dsl.literals import spell_string
from dsl.meaning.unions import values_of
from studio.editor.document import Refused
from studio.editor.inspection.ground import indent_of, replaced, swapped
from studio.editor.reading import Reading


def added(kind: tree.If | tree.Switch, reading: Reading, catalog: Catalog) -> dsl.Edit | Refused:
    text, indent = reading.text, indent_of(reading.text, kind.span.start)
    if isinstance(kind, tree.If):
        end = kind.arms[-1].block.span.end
        return replaced(reading, end, end, f" else if false {{\n{indent}}}")
    case = f"\n{indent}  case {_next_value(kind, reading, catalog)} {{\n{indent}  }}"
    if kind.arms:
        at = kind.arms[-1].span.end
        return replaced(reading, at, at, case)
    at = text.index("{", kind.subject.span.end) + 1
    closing = "" if text[at : at + 1] == "\n" else f"\n{indent}"
    return replaced(reading, at, at, case + closing)


def _next_value(kind: tree.Switch, reading: Reading, catalog: Catalog) -> str:
    """A value that the subject can have and no case has yet."""
    known = values_of(scopes_in(reading.parsed.workflow, catalog).schemas.get(id(kind.subject), {}))
    taken = {test.value for arm in kind.arms for test in arm.tests if isinstance(test, tree.Constant)}
    free = [value for value in known or () if isinstance(value, str) and value not in taken]
    if free:
        return spell_string(free[0])
    number = 1
    while f"value {number}" in taken:
        number += 1
    return spell_string(f"value {number}")


def dropped(kind: tree.If | tree.Switch, index: int, reading: Reading) -> dsl.Edit | Refused:
    """The branch goes with the steps in it."""
    arms, text = kind.arms, reading.text
    if not 0 <= index < len(arms) or len(arms) == 1:
        return Refused("The last branch stays.", "Delete the step itself.")
    if isinstance(kind, tree.Switch):
        start, end = arms[index].span.start, arms[index].span.end
        while start > 0 and text[start - 1].isspace():
            start -= 1
        return replaced(reading, start, end, "")
    if index == 0:
        return replaced(reading, arms[0].tests[0].span.start, arms[1].tests[0].span.start, "")
    return replaced(reading, arms[index - 1].block.span.end, arms[index].block.span.end, "")


def moved(kind: tree.If | tree.Switch, index: int, to: int, reading: Reading) -> dsl.Edit | Refused:
    """Two branches change places, each with its condition and its steps."""
    arms = kind.arms
    if not (0 <= index < len(arms) and 0 <= to < len(arms)):
        return Refused("There is no place to move it to.")
    first, second = (_extent(arms[one]) for one in (index, to))
    start, end, text = swapped(reading.text, first, second)
    return replaced(reading, start, end, text)


def _extent(arm: tree.Arm) -> tuple[int, int]:
    return arm.tests[0].span.start, arm.block.span.end


def tested(arm: tree.Arm, text: str, reading: Reading) -> dsl.Edit | Refused:
    """The condition of a branch, or the values of a case."""
    return replaced(reading, arm.tests[0].span.start, arm.tests[-1].span.end, text)
