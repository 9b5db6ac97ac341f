"""W504: an effect that stays although a later step fails.

What: a call changes data, deletes or moves money, has no `compensate`, and a step behind it may fail without being
caught. Messages are left out: what is sent cannot be called back. So is what the policy says needs no undoing.
Why: the run then ends as failed with half of its work done, and somebody has to find out which half.
Fix: add `compensate { ... }` that undoes it, or `catch` the error of the step behind it.

Only what comes behind the call in the text is looked at, not the next round of a `foreach` or `loop`. Calls, agents,
other workflows, `fail`, a `loop`, a `timeout` of a block and an approval that ends the run may fail.

Bad:
    workflow ship {
      use http: mcp "http"
      use shop: mcp "shop"
      input { order_id: string }

      step ask: approve by role "manager" {
        title "Book the courier for ${input.order_id}?"
        show input
        within 24h
      }
      step «courier»: call http.request(method: "POST", url: "https://courier.example/pickups")
        timeout 30s
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
    }
Good:
    workflow ship {
      use http: mcp "http"
      use shop: mcp "shop"
      input { order_id: string }

      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step ask: approve by role "manager" {
        title "Book the courier for ${input.order_id}?"
        show order
        within 24h
      }
      step courier: call http.request(method: "POST", url: "https://courier.example/pickups")
        timeout 30s
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.meaning.effects import effects_of
from dsl.meaning.endings import ends
from dsl.outline import clause_slots, kind_slots, predecessors


def check(subject: Subject) -> Iterator[Diagnostic]:
    if subject.knows_connectors:
        yield from _Search(subject).block(subject.workflow.body, "", None, caught=False)


@dataclass(frozen=True, slots=True)
class _Search:
    subject: Subject
    _failing: dict[str, str | None] = field(default_factory=dict)

    def block(
        self, block: tree.Block, prefix: str, beyond: str | None, *, caught: bool
    ) -> Iterator[Diagnostic]:
        """``beyond``: the first step behind the block that may fail; ``caught``: what fails in the block is caught."""
        following = beyond
        found: list[list[Diagnostic]] = []
        for step in reversed(block.steps):
            path = prefix + step.id
            found.append(list(self.step(step, path, following, caught=caught)))
            fails = None if caught else self.failing(step, path)
            following = fails if ends(step) else fails or following
        for diagnostics in reversed(found):
            yield from diagnostics

    def beside(
        self, kind: tree.Parallel, prefix: str, beyond: str | None, *, caught: bool
    ) -> Iterator[Diagnostic]:
        before = predecessors(kind.block)
        caught = caught or kind.join == "settle"
        for step in kind.block.steps:
            others = (other for other in kind.block.steps if other is not step)
            later = (other for other in others if other.id not in before[step.id])
            fails = (None if caught else self.failing(other, prefix + other.id) for other in later)
            following = next((path for path in fails if path is not None), beyond)
            yield from self.step(step, prefix + step.id, following, caught=caught)

    def step(
        self, step: tree.Step, path: str, following: str | None, *, caught: bool
    ) -> Iterator[Diagnostic]:
        undone = any(isinstance(clause, tree.Compensate) for clause in step.clauses)
        if following is not None and not undone and self._lasting(step):
            name = following.rpartition(".")[2]
            yield Diagnostic(
                "W504",
                "warning",
                f"what `{step.id}` has done stays when `{name}` fails behind it",
                step.id_span,
                f"add `compensate {{ ... }}` to `{step.id}`, or `catch` the error of `{name}`; "
                "if it need not be undone, an administrator can say so in the policy",
                path,
                None,
                (path, following),
            )
        # A whole that has a compensation undoes what is inside it once it has succeeded.
        beyond = None if undone else following
        inner_caught = caught or (_catches_all(step) and self._catch_failing(step, path) is None)
        for slot in kind_slots(step.kind):
            if isinstance(step.kind, tree.Parallel):
                yield from self.beside(step.kind, path + slot.infix, beyond, caught=inner_caught)
            else:
                yield from self.block(slot.block, path + slot.infix, beyond, caught=inner_caught)
        for slot in clause_slots(step):
            if slot.name != "compensate":
                yield from self.block(slot.block, path + slot.infix, following, caught=caught)

    def _lasting(self, step: tree.Step) -> bool:
        effects = effects_of(step, self.subject.uses, self.subject.catalog)
        return any(effect.known and effect.nature.lasting for effect in effects)

    def failing(self, step: tree.Step, path: str) -> str | None:
        """The path of the first step, this or one inside, whose error comes out of this step; None when none can."""
        if path not in self._failing:
            catching = self._catch_failing(step, path)
            own = None if _catches_all(step) else self._kind(step, path)
            self._failing[path] = own or catching
        return self._failing[path]

    def _catch_failing(self, step: tree.Step, path: str) -> str | None:
        blocks = (slot for slot in clause_slots(step) if slot.name != "compensate")
        fails = (self._first(slot.block, path + slot.infix) for slot in blocks)
        return next((one for one in fails if one is not None), None)

    def _first(self, block: tree.Block, prefix: str) -> str | None:
        fails = (self.failing(step, prefix + step.id) for step in block.steps)
        return next((one for one in fails if one is not None), None)

    def _kind(self, step: tree.Step, path: str) -> str | None:
        inside = f"{path}."
        match step.kind:
            case tree.Let() | tree.Return() | tree.Broken():
                return None
            case tree.Call() | tree.RunWorkflow() | tree.Agent() | tree.Fail():
                return path
            case tree.Approve(on_reject=reject, on_timeout=timeout):
                if reject is None or timeout is None:
                    return path
            case tree.Parallel(join="settle"):
                return self._timed(step, path)
            case tree.Parallel(join="any", block=block):
                fails = [self.failing(one, inside + one.id) for one in block.steps]
                return next(iter(fails), None) if all(fails) else self._timed(step, path)
        inner = (self._first(slot.block, path + slot.infix) for slot in kind_slots(step.kind))
        first = next((one for one in inner if one is not None), None)
        if first is None and isinstance(step.kind, tree.Loop):
            return path
        return first or self._timed(step, path)

    def _timed(self, step: tree.Step, path: str) -> str | None:
        return path if any(isinstance(clause, tree.Timeout) for clause in step.clauses) else None


def _catches_all(step: tree.Step) -> bool:
    return any(isinstance(clause, tree.Catch) and not clause.codes for clause in step.clauses)
