"""What a change takes away from a workflow's safety, in words: said before everything else about a proposal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import dsl
from dsl import Parsed, tree
from dsl.catalog import Catalog
from studio.designer.proving import Proved, has_steps


@dataclass(frozen=True, slots=True)
class _Gate:
    """An approval, and the conditions that lead to it, from the outside in."""

    approve: tree.Approve
    when: tuple[str, ...]


@dataclass(slots=True)
class _Map:
    """Where a workflow asks, and for every call that changes things, which approvals each occurrence stands behind."""

    gates: dict[str, _Gate] = field(default_factory=dict)
    writes: dict[str, list[frozenset[str]]] = field(default_factory=dict)


def losses(base: str, proposed: Proved, catalog: Catalog) -> tuple[str, ...]:
    """Approvals that go, are asked of others, less often or too late, and effects that come, against ``base``."""
    if not has_steps(base):
        return ()
    before, after = _map(dsl.parse(base), catalog), _map(proposed.parsed, catalog)
    found = [words for id in before.gates for words in _of_gate(id, before.gates, after.gates)]
    for name, old in before.writes.items():
        held = frozenset.intersection(*old) & after.gates.keys()
        for gate in sorted(g for g in held if any(g not in one for one in after.writes.get(name, ()))):
            found.append(f"{name} no longer waits for the approval {gate!r}.")
    added = after.writes.keys() - before.writes.keys()
    found += [f"It can now also call {name}, which changes things." for name in sorted(added)]
    return tuple(found)


def _of_gate(id: str, before: Mapping[str, _Gate], after: Mapping[str, _Gate]) -> Iterator[str]:
    old = before[id]
    if id not in after:
        if len(after) < len(before):
            yield f"The approval {id!r} is taken away: nobody is asked any more."
        else:
            others = ", ".join(repr(other) for other in after if other not in before)
            yield f"The approval {id!r} is taken away; {others} is asked instead."
        return
    new = after[id]
    more = _approvers(new.approve) - _approvers(old.approve)
    gone = _approvers(old.approve) - _approvers(new.approve)
    if more and gone:
        yield f"Others approve {id!r} now: {', '.join(sorted(more))} instead of {', '.join(sorted(gone))}."
    elif more:
        yield f"More people can approve {id!r}: {', '.join(sorted(more))}."
    if (new.approve.quorum or 1) < (old.approve.quorum or 1):
        yield f"Fewer people must approve {id!r}: {new.approve.quorum or 1} instead of {old.approve.quorum}."
    if new.when != old.when:
        yield f"The approval {id!r} is asked {_said(new.when)}; before, {_said(old.when)}."


def _said(when: tuple[str, ...]) -> str:
    return f"when {' and '.join(when)}" if when else "always"


def _map(parsed: Parsed, catalog: Catalog) -> _Map:
    aliases = {head.alias: head.name for head in parsed.workflow.heads if isinstance(head, tree.Use)}
    settings = _settings(parsed)
    found = _Map()

    def test(arm: tree.Arm, subject: str = "") -> str:
        words = " or ".join(" ".join(parsed.text[t.span.start : t.span.end].split()) for t in arm.tests)
        for name, value in settings.items():
            words = re.sub(rf"\bconfig\.{name}\b", lambda _: f"config.{name} ({value})", words)  # noqa: B023
        return f"{subject} is {words}" if subject else words

    def walk(block: tree.Block, when: tuple[str, ...], passed: frozenset[str]) -> frozenset[str]:
        """Notes what the block holds; the answer is ``passed`` and what was asked for in it."""
        for step in block.steps:
            passed = within(step, when, passed)
        return passed

    def within(step: tree.Step, when: tuple[str, ...], passed: frozenset[str]) -> frozenset[str]:
        later = passed
        match step.kind:
            case tree.Call(alias=alias, tool=name):
                connector = aliases.get(alias, alias)
                if not catalog.nature(connector, name).reads:
                    found.writes.setdefault(f"{connector}.{name}", []).append(passed)
            case tree.Approve(on_reject=on_reject, on_timeout=on_timeout) as approve:
                found.gates[step.id] = _Gate(approve, when)
                for inner in (on_reject, on_timeout):
                    if inner is not None:
                        walk(inner, when, passed)
                later = passed | {step.id}
            case tree.If(arms=arms, otherwise=otherwise):
                for arm in arms:
                    later |= walk(arm.block, (*when, test(arm)), passed)
                if otherwise is not None:
                    later |= walk(otherwise, (*when, "nothing else holds"), passed)
            case tree.Switch(subject=of, arms=arms, otherwise=otherwise):
                subject = parsed.text[of.span.start : of.span.end]
                for arm in arms:
                    later |= walk(arm.block, (*when, test(arm, subject)), passed)
                if otherwise is not None:
                    later |= walk(otherwise, (*when, "nothing else holds"), passed)
            case tree.Parallel(block=inner):
                for each in inner.steps:  # side by side: none of them waits for another
                    later |= within(each, when, passed)
            case _:
                for inner in inner_blocks(step):
                    later |= walk(inner, when, passed)
                return later
        for clause in step.clauses:
            if isinstance(clause, tree.Compensate | tree.Catch):
                walk(clause.block, when, passed)
        return later

    walk(parsed.workflow.body, (), frozenset())
    return found


def _settings(parsed: Parsed) -> dict[str, str]:
    """What each setting is, as it is written: a limit can be raised there as well as in the condition."""
    return {
        field.name: parsed.text[field.default.span.start : field.default.span.end]
        for head in parsed.workflow.heads
        if isinstance(head, tree.Fields) and head.role == "config"
        for field in head.fields
        if field.default is not None
    }


def _approvers(approval: tree.Approve) -> set[str]:
    return {
        a.name.value
        for a in (*approval.approvers, *([approval.escalate.to] if approval.escalate else ()))
        if isinstance(a.name, tree.Constant) and isinstance(a.name.value, str)
    }


def inner_blocks(step: tree.Step) -> Iterator[tree.Block]:
    match step.kind:
        case tree.If(arms=arms, otherwise=otherwise) | tree.Switch(arms=arms, otherwise=otherwise):
            yield from (arm.block for arm in arms)
            if otherwise is not None:
                yield otherwise
        case tree.Approve(on_reject=on_reject, on_timeout=on_timeout):
            yield from (b for b in (on_reject, on_timeout) if b is not None)
        case (
            tree.Parallel(block=inner)
            | tree.Do(block=inner)
            | tree.Foreach(block=inner)
            | tree.Loop(block=inner)
        ):
            yield inner
        case _:
            pass
    for clause in step.clauses:
        if isinstance(clause, tree.Compensate | tree.Catch):
            yield clause.block
