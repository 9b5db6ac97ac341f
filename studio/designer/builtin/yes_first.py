"""A question to somebody in front of what may not run without a yes: for steps that a request asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

import dsl
from dsl import tree
from dsl.catalog import Catalog
from dsl.cel.source import free_names
from dsl.meaning.effects import Effect, effects_of
from dsl.outline import Place, places, uses
from dsl.wording.sentences import humanize, tool_title
from studio.designer.builtin.draft import quote
from studio.designer.builtin.gates import find_role
from studio.designer.proving import Proved, prove

_SIMPLE = re.compile(r"[A-Za-z_][\w.]*")
_MOST = 10
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """``proved`` has the approvals; ``assumptions`` say so."""

    proved: Proved
    assumptions: tuple[str, ...]


def with_approvals(
    proved: Proved, catalog: Catalog, *, but: frozenset[str] = frozenset(), approver: str = ""
) -> Asked:
    """The text with an approval before each step that needs one (E402), except those at the paths ``but``.

    What cannot be helped like this, because nobody has a role that counts, stays as it is.
    """
    assumptions: list[str] = []
    for _ in range(_MOST):
        wrong = next((d for d in proved.errors if d.code == "E402" and d.step not in but), None)
        if wrong is None or wrong.step is None:
            break
        found = _asked(proved, catalog, wrong.step, approver)
        if found is None:
            break
        text, said = found
        mended = prove(text, catalog)
        if len(mended.errors) >= len(proved.errors):
            break
        proved = mended
        assumptions.append(said)
    return Asked(proved, tuple(assumptions))


def _asked(proved: Proved, catalog: Catalog, path: str, approver: str) -> tuple[str, str] | None:
    workflow = proved.parsed.workflow
    found = {place.path: place for place in places(workflow.body)}
    place = found[path]
    effect = next((e for e in effects_of(place.step, uses(workflow), catalog) if e.nature.dangerous), None)
    role = None if effect is None else _role(effect, catalog, approver)
    if effect is None or role is None:
        return None
    ids = {one.step.id for one in found.values()}
    number, id_ = 2, "approval"
    while id_ in ids:
        id_, number = f"approval_{number}", number + 1
    shown = _shown(place.step, ids)
    lines = [f'step {id_}: approve by role "{role}" {{', f"  title {_title(proved.text, effect, catalog)}"]
    lines += [f"  show {', '.join(shown)}"] if shown else []
    text = "\n".join([*lines, "  within 24h", "}"])
    try:
        at = _before(place, found)
        edit = dsl.AddStep(container=at.container, before=at.step.id, text=text)
        edited = dsl.apply(proved.text, edit).text
    except dsl.EditError:
        return None
    who = role.replace("_", " ")
    said = (
        f"{effect.connector}.{effect.tool} may not run without a yes, so somebody with the role {who!r} "
        "is asked first, for 24 hours; without one the run fails."
    )
    return edited, said


def _before(place: Place, found: dict[str, Place]) -> Place:
    """Where the question goes: before the step; before the whole of a ``parallel``, whose steps wait for nothing."""
    while True:
        around = found.get(place.container.rpartition("/")[0])
        if around is None or not isinstance(around.step.kind, tree.Parallel):
            return place
        place = around


def _role(effect: Effect, catalog: Catalog, approver: str) -> str | None:
    """Somebody whose yes counts: the ``approver`` that the account prefers, else a manager where there is one."""
    roles = catalog.roles
    if effect.nature.approvers:
        counting = effect.nature.approvers if roles is None else effect.nature.approvers & roles
        roles = frozenset(counting)
    found = find_role(approver, roles)
    return None if found is None else found.role


def _shown(step: tree.Step, ids: set[str]) -> list[str]:
    """What the call is made of."""
    if not isinstance(step.kind, tree.Call):
        return []
    names = [name for arg in step.kind.args for name in free_names(arg.value)]
    return [name for name in dict.fromkeys(names) if name in ids or name == "input"][:_SHOWN]


def _title(text: str, effect: Effect, catalog: Catalog) -> str:
    tool = catalog.tool(effect.connector, effect.tool)
    words = (tool_title(tool) if tool is not None else "") or humanize(effect.tool)
    amount = effect.argument(effect.nature.amount)
    written = "" if amount is None else text[amount.span.start : amount.span.end]
    if not _SIMPLE.fullmatch(written):
        return quote(f"{words}?")
    return f'{quote(f"{words}: ")[:-1]}${{money({written})}}?"'
