"""What a change takes away from a workflow's safety, in words: said before everything else about a proposal."""

from __future__ import annotations

from collections.abc import Iterator

import dsl
from dsl import tree
from dsl.catalog import Catalog
from studio.designer.proving import Proved, has_steps


def losses(base: str, proposed: Proved, catalog: Catalog) -> tuple[str, ...]:
    """Approvals that go, roles that widen, effects that come, against the text ``base`` ("" for none)."""
    if not has_steps(base):
        return ()
    before, after = dsl.parse(base).workflow, proposed.parsed.workflow
    found = []
    old_gates, new_gates = _approvals(before), _approvals(after)
    for id, approval in old_gates.items():
        if id not in new_gates and len(new_gates) < len(old_gates):
            found.append(f"The approval {id!r} is taken away: nobody is asked any more.")
        elif id in new_gates:
            more = _approvers(new_gates[id]) - _approvers(approval)
            gone = _approvers(approval) - _approvers(new_gates[id])
            if more and not gone:
                found.append(f"More people can approve {id!r}: {', '.join(sorted(more))}.")
    added = _writes(after, catalog) - _writes(before, catalog)
    found += [f"It can now also call {name}, which changes things." for name in sorted(added)]
    return tuple(found)


def _approvals(workflow: tree.Workflow) -> dict[str, tree.Approve]:
    return {step.id: step.kind for step in steps(workflow.body) if isinstance(step.kind, tree.Approve)}


def _approvers(approval: tree.Approve) -> set[str]:
    return {
        a.name.value
        for a in approval.approvers
        if isinstance(a.name, tree.Constant) and isinstance(a.name.value, str)
    }


def _writes(workflow: tree.Workflow, catalog: Catalog) -> set[str]:
    aliases = {head.alias: head.name for head in workflow.heads if isinstance(head, tree.Use)}
    found = set()
    for step in steps(workflow.body):
        if isinstance(step.kind, tree.Call):
            connector = aliases.get(step.kind.alias, step.kind.alias)
            tool = catalog.tool(connector, step.kind.tool)
            if tool is None or tool.effect == "write":
                found.add(f"{connector}.{step.kind.tool}")
    return found


def steps(block: tree.Block) -> Iterator[tree.Step]:
    """Every step of a block and of all blocks inside it, in order."""
    for step in block.steps:
        yield step
        for inner in inner_blocks(step):
            yield from steps(inner)


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
