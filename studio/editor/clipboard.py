"""Steps as text on the clipboard, and text from it as steps. Pure.

What is copied is Weft as anybody may type it: the ``use`` lines that the steps need, then the steps. What can be
pasted is that, or steps alone, or a whole workflow (its steps are taken), fenced and indented as it may come from a
chat or an editor.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Final, assert_never

import dsl
from dsl import tree
from dsl.catalog import Catalog
from dsl.diagnostic import Diagnostic
from dsl.edits.ground import Ground
from dsl.literals import spell_string
from dsl.outline import after_of, uses
from dsl.walk import walk
from studio.editor.document import Refused
from studio.editor.reading import Reading

LARGEST: Final = 256_000
"""Characters of a copy that is kept at hand in the browser."""

_FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)\n[ \t]*```", re.DOTALL | re.MULTILINE)
_WEFT = re.compile(r"^\s*(step|use|workflow)\s+\w+", re.MULTILINE)
_WHOLE = re.compile(r"^\s*workflow\s+\w+\s*\{", re.MULTILINE)
_HELP = 'Steps can be pasted, written like: step note: let "hello". So can a whole workflow.'


@dataclass(frozen=True, slots=True)
class Pasted:
    """``left`` names what of a whole workflow's header does not come along."""

    edit: dsl.Paste
    count: int
    left: tuple[str, ...] = ()


def copied(reading: Reading, paths: Sequence[str]) -> str:
    """The text for these steps; "" where none of them exists or they are too much to be kept at hand."""
    known = [path for path in paths if path in reading.steps]
    if not known:
        return ""
    try:
        found = dsl.copy_text(reading.parsed, known)
    except dsl.EditError:
        return ""
    lines = [f"use {use.alias}: {use.source} {spell_string(use.connector)}\n" for use in found.uses]
    text = "".join([*lines, "\n" if lines else "", found.text])
    return text if len(text) <= LARGEST else ""


def pasted(
    text: str, container: str, before: str | None, reading: Reading, catalog: Catalog
) -> Pasted | Refused:
    """What pasting a text into a slot means, or why it cannot be pasted."""
    plain = _plain(text)
    if not plain.strip():
        return Refused("There is nothing on the clipboard to paste.", _HELP)
    parsed = _read(plain)
    errors = [found for found in parsed.diagnostics if found.severity == "error"]
    if errors:
        return _not_weft(plain, errors[0])
    steps = parsed.workflow.body.steps
    if not steps:
        return Refused("There is no step in what was copied.", _HELP)
    found = dsl.copy_text(parsed, [step.id for step in steps])
    known = {use.alias for use in found.uses}
    edit = dsl.Paste(
        container=container,
        before=before,
        text=_standing(found.text, container, reading),
        uses=(*found.uses, *_meant(steps, known, reading, catalog)),
    )
    left = tuple(dict.fromkeys(_head(head) for head in parsed.workflow.heads if _head(head)))
    return Pasted(edit, len(steps), left)


def _plain(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    fenced = _FENCE.search(text)
    quoted = fenced is not None and _WEFT.search(text[: fenced.start()]) is None
    return dedent(fenced[1] if fenced is not None and quoted else text).strip("\n") + "\n"


def _read(text: str) -> dsl.Parsed:
    """A whole workflow as it is; anything else as what stands inside of one."""
    return dsl.parse(text if _WHOLE.search(text) else f"workflow w {{\n{text}\n}}\n")


def _not_weft(text: str, error: Diagnostic) -> Refused:
    if _WEFT.search(text) is None:
        return Refused("This text is no workflow step.", _HELP)
    return Refused(f"The copied text has a mistake: {error.message}", error.help or _HELP)


def _meant(
    steps: Sequence[tree.Step], known: set[str], reading: Reading, catalog: Catalog
) -> tuple[dsl.UseLine, ...]:
    """Steps typed elsewhere come without ``use`` lines: an alias that is the name of a connector means that one."""
    present = uses(reading.parsed.workflow)
    aliases: dict[str, None] = {}
    for node in walk(tuple(steps)):
        match node:
            case tree.Call(alias=alias) | tree.ToolRef(alias=alias):
                aliases[alias] = None
    return tuple(
        dsl.UseLine(alias=alias, connector=alias)
        for alias in aliases
        if alias not in known and alias not in present and alias in catalog.connectors
    )


def _standing(text: str, container: str, reading: Reading) -> str:
    """Without what the steps waited for where they came from: only names that stand beside them here count."""
    ground = Ground.of(f"workflow w {{\n{text}\n}}\n")
    beside = {place.step.id for place in reading.steps.values() if place.container == container}
    own = {step.id for step in ground.workflow.body.steps}
    if not _is_parallel(container, reading):
        beside, own = set(), set()
    whole = ground.text
    for step in ground.workflow.body.steps:
        names = after_of(step)
        kept = [name for name in names if name in beside | own and name != step.id]
        if names and list(names) != kept:
            edit = dsl.SetClause(path=step.id, clause="after", text=", ".join(kept) or None)
            whole = dsl.apply(whole, edit).text
    return whole.removeprefix("workflow w {\n").removesuffix("\n}\n")


def _is_parallel(container: str, reading: Reading) -> bool:
    owner = reading.steps.get(container.rpartition("/")[0])
    return (
        owner is not None and isinstance(owner.step.kind, tree.Parallel) and container == f"{owner.path}/body"
    )


def _head(head: tree.Head) -> str:
    match head:
        case tree.Use():
            return ""
        case tree.Fields(role=role):
            return role
        case tree.TypeDecl():
            return "types"
        case tree.Secret():
            return "secrets"
        case tree.Trigger():
            return "triggers"
        case _:
            assert_never(head)
