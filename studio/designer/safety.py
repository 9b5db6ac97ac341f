"""What a change takes away from a workflow's safety, in words: said before everything else about a proposal.

Most of it is found by :mod:`dsl.changes`: approvals that go, are asked of others, less often or too late, limits that
rise, effects that come, keys and undoing that go. Here is what only matters to somebody who is about to accept: longer
deadlines, what happens when nobody answers, errors that nothing catches any more, and deeds that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import dsl
from dsl import Parsed, tree
from dsl.catalog import Catalog
from dsl.changes import Change, changes
from dsl.changes.change import ApprovalChanged, ConditionChanged, HeadChanged, PartChanged
from dsl.changes.safety import deeds_of
from dsl.defaults import APPROVAL_MS
from dsl.edits.ground import Ground
from dsl.policy import Nature
from dsl.walk import walk
from dsl.wording.spelling import duration_words, small
from studio.designer.builtin.words import GENERIC_VERBS, SEND_VERBS, likeness, name_stems, stems
from studio.designer.proving import Proved, has_steps

_MONEY = frozenset(stems("money cash funds"))
"""Who says this speaks of whatever tool moves some."""


def losses(base: str, proposed: Proved, catalog: Catalog, said: str | None = None) -> tuple[str, ...]:
    """In what ``proposed`` is less safe than ``base``, a sentence each.

    ``said`` are the person's own words: what moves money or deletes and is not spoken of there is named, in a new
    workflow too. None: nobody knows them.
    """
    found = list(_unasked(base, proposed, catalog, said)) if said is not None else []
    if has_steps(base):
        old = dsl.parse(base)
        for change in changes(old, proposed.parsed, catalog).changes:
            found += _risks(change)
            found += _more(change, old, proposed.parsed)
            if said is not None and not change.risks:
                found += _given(change, proposed.parsed, catalog, said)
    return tuple(dict.fromkeys(found))


def _risks(change: Change) -> list[str]:
    """Each risk with what it comes from, where that says more than the risk does."""
    match change:
        case ConditionChanged() | HeadChanged() | ApprovalChanged() | PartChanged():
            return [f"{risk}: {small(change.sentence)}." for risk in change.risks]
        case _:
            return [f"{risk}." for risk in change.risks]


def _more(change: Change, old: Parsed, new: Parsed) -> Iterator[str]:
    match change:
        case ApprovalChanged(part="within", old=str() as was, new=str() as now):
            before, after = _approval(old, was), _approval(new, now)
            first, second = _within(before), _within(after)
            if second > first:
                longer = f"{duration_words(second)} instead of {duration_words(first)}"
                yield f"The question at `{_id(now)}` stays open longer: {longer}."
        case ApprovalChanged(part="on timeout", new=str() as now):
            gate = _approval(new, now)
            if gate is not None and gate.on_timeout is not None and not _ends(gate.on_timeout):
                yield f"When nobody answers in time at `{_id(now)}`, the run goes on: before, it failed."
        case ApprovalChanged(part="on reject", new=str() as now):
            gate = _approval(new, now)
            if gate is not None and gate.on_reject is not None and not _ends(gate.on_reject):
                yield f"After a no at `{_id(now)}`, the run goes on: before, it failed."
        case PartChanged(part="catch", now=None):
            yield f"An error is no longer caught: {small(change.sentence)}."
        case _:
            pass


def _given(change: Change, new: Parsed, catalog: Catalog, said: str) -> Iterator[str]:
    """Another receiver, or another value for what moves money or deletes, that the person's words do not speak of."""
    if not isinstance(change, PartChanged) or not change.part.startswith("argument ") or change.new is None:
        return
    place = Ground(new).places.get(change.new)
    if place is None or not isinstance(place.step.kind, tree.Call):
        return
    call, name = place.step.kind, change.part.removeprefix("argument ")
    aliases = {head.alias: head.name for head in new.workflow.heads if isinstance(head, tree.Use)}
    nature = catalog.nature(aliases.get(call.alias, call.alias), call.tool)
    lasting = bool(nature.does & {"money", "delete"}) and not _PROSE.search(name)
    if not nature.reads and (lasting or _RECEIVER.search(name)) and not _value_spoken(name, change.now, said):
        was, now = change.was or "nothing", change.now or "nothing"
        yield f"`{_id(change.new)}`, which {deeds_of(nature)}, is given another `{name}`: `{now}` instead of `{was}`."


_PROSE = re.compile(r"subject|body|message|text|note|reason|summary|title|description|comment", re.IGNORECASE)
_RECEIVER = re.compile(
    r"^(?:to|cc|bcc|url|iban)$|recipient|receiver|e?mail$|address|phone|channel|account|payee|beneficiary|user",
    re.IGNORECASE,
)


def _value_spoken(name: str, now: str | None, said: str) -> bool:
    """Whether somebody named the argument, or the very value: a text, a number, or the last word of a path."""
    words = said.casefold()
    if re.search(rf"(?<!\w){re.escape(name.replace('_', ' ').casefold())}(?!\w)", words) and len(name) > 2:
        return True
    value = (now or "").strip().casefold()
    plain = value.strip('"').removesuffix(".0") if re.fullmatch(r'"[^"$]*"|[\d.]+', value) else ""
    last = value.rpartition(".")[2].replace("_", " ") if re.fullmatch(r"[\w.]+", value) else ""
    return any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", words) for one in (plain, last) if one)


def _id(path: str) -> str:
    return path.rpartition(".")[2]


def _approval(parsed: Parsed, path: str) -> tree.Approve | None:
    place = Ground(parsed).places.get(path)
    return place.step.kind if place is not None and isinstance(place.step.kind, tree.Approve) else None


def _within(approval: tree.Approve | None) -> int:
    return (approval.within_ms if approval is not None else None) or APPROVAL_MS


def _ends(block: tree.Block) -> bool:
    return bool(block.steps) and isinstance(block.steps[-1].kind, tree.Return | tree.Fail)


def _unasked(base: str, proposed: Proved, catalog: Catalog, said: str) -> Iterator[str]:
    """Deeds that are new and that the person's words do not speak of."""
    had = set(_deeds(dsl.parse(base), catalog)) if has_steps(base) else set()
    words = stems(said)
    for name, nature in _deeds(proposed.parsed, catalog).items():
        speaks = "money" in nature.does and not _MONEY.isdisjoint(words)
        if name not in had and not speaks and not _spoken_of(name, words):
            yield f"It calls `{name}`, which {deeds_of(nature)}: what you wrote does not speak of that."


def _deeds(parsed: Parsed, catalog: Catalog) -> dict[str, Nature]:
    """The tools a text may call that move money or delete, as "connector.tool"."""
    aliases = {head.alias: head.name for head in parsed.workflow.heads if isinstance(head, tree.Use)}
    found: dict[str, Nature] = {}
    for node in walk(parsed.workflow.body):
        match node:
            case tree.Call(alias=alias, tool=tool) | tree.ToolRef(alias=alias, tool=tool):
                connector = aliases.get(alias, alias)
                nature = catalog.nature(connector, tool)
                if nature.does & {"money", "delete"}:
                    found[f"{connector}.{tool}"] = nature
            case _:
                pass
    return found


def _spoken_of(name: str, words: tuple[str, ...] | list[str]) -> bool:
    connector, _, tool = name.partition(".")
    own = {stem for stem in name_stems(tool) if stem not in GENERIC_VERBS}
    if own <= SEND_VERBS:
        own |= set(name_stems(connector))
    return not own or any(likeness(word, stem) > 0 for word in words for stem in own)


__all__ = ["losses"]
