"""Approvals as steps: who is asked, what, and what happens on a no."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.designer.builtin import prose
from studio.designer.builtin.draft import ApproveStep, DraftStep, ReturnStep
from studio.designer.builtin.gates import find_role
from studio.designer.builtin.lookups import provide
from studio.designer.builtin.reading import Act, Ask, Each, Item, Together, When
from studio.designer.builtin.scope import Scope, is_amount
from studio.designer.builtin.shapes import Place as Field
from studio.designer.builtin.shapes import properties
from studio.designer.builtin.words import name_stems

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place


def ask(composer: Composer, item: Ask, steps: list[DraftStep], scope: Scope, place: Place) -> None:
    preferences = composer.work.preferences
    role = find_role(item.role or preferences.approver, composer.work.catalog.roles)
    if role is None:
        composer.work.miss(
            item.words, "Nobody here has a role that can approve; an administrator gives people roles."
        )
        return
    if not role.sure:
        options = f" (there is {', '.join(role.known)})" if role.known else ""
        said = (
            f"There is no role for {item.role!r}{options}"
            if item.role
            else f"You did not say who approves{options}"
        )
        composer.work.ask(f"{said}; I put {role.role!r}. Who should approve?")
    doing, amount = next_effect(composer, place.ahead, steps, scope)
    within = item.within or preferences.within or "24h"
    if not item.within and not preferences.within:
        composer.work.assume("The approver has 24 hours; after that the run fails as expired.")
    latest = next((i for i, t in enumerate(scope.things) if t.noun.startswith("item:")), 0)
    shown = tuple(t.name for t in scope.things[latest:] if t.step)
    inside = replace(place, branch="the approval is refused", ahead=())
    effects = list(composer.work.effects)
    reject = (*composer.compose(item.no, scope.inner(), inside), composer.end("rejected", place))
    unheard = replace(place, branch="nobody has answered in time", ahead=())
    silent = composer.compose(item.silence, scope.inner(), unheard)
    composer.work.effects[:] = effects
    if silent:
        silent.append(composer.end("expired", place))
    escalate = _escalation(composer, item, within)
    steps.append(
        ApproveStep(
            composer.work.fresh("approval"), role.role, prose.approval_title(scope, doing, amount), shown[-4:],
            within, item.quorum, reject, says=f"ask the {role.role.replace('_', ' ')} to approve",
            escalate=escalate, silent=tuple(silent), also=tuple(r for r in item.also if r != role.role),
        )
    )  # fmt: skip
    if isinstance(reject[-1], ReturnStep) and not item.no:
        composer.work.assume(
            "When the approval is refused, the workflow ends with status 'rejected' and nothing else is done."
        )


def _escalation(composer: Composer, item: Ask, within: str) -> tuple[str, str] | None:
    """Who is asked as well and when: half of the time is over where nothing was said."""
    if item.escalate is None:
        return None
    after, words = item.escalate
    role = find_role(words, composer.work.catalog.roles)
    if role is None:
        return None
    if not role.sure:
        composer.work.ask(f"There is no role for {words!r}; I put {role.role!r}. Who should be asked next?")
    if not after or after == within:
        after = after_half(within)
    return after, role.role


def after_half(within: str) -> str:
    """Half of a duration as the language writes it: "24h" -> "12h"."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h|d|w)", within)
    if match is None:
        return "12h"
    smaller = {
        "w": (7, "d"),
        "d": (24, "h"),
        "h": (60, "m"),
        "m": (60, "s"),
        "s": (1000, "ms"),
        "ms": (1, "ms"),
    }
    number, unit = int(match[1]), match[2]
    if number % 2 == 0:
        return f"{number // 2}{unit}"
    factor, below = smaller[unit]
    return f"{number * factor // 2}{below}"


def next_effect(
    composer: Composer, ahead: tuple[Item, ...], steps: list[DraftStep], scope: Scope
) -> tuple[str, Field | None]:
    for item in ahead:
        if isinstance(item, Act) and (known := composer.match(item)) and not known.reads:
            provide(composer, known, item.rest, steps, scope)
            amount = None
            for name, schema in properties(known.tool.input_schema).items():
                if is_amount(name_stems(name)) and not known.sends:
                    amount = amount or scope.for_argument(name_stems(name), schema)
            return f"{prose.base_form(item.verb)} {item.rest}", amount
        if isinstance(item, When | Each | Together):
            inner = (*item.then, *item.other) if isinstance(item, When) else item.items
            found = next_effect(composer, inner, steps, scope)
            if found[0] != "go on":
                return found
    return "go on", None
