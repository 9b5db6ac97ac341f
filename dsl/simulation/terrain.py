"""What is known of a plan before it is walked: its steps, where each lives, and who handles its errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl import plan as p
from dsl.plan import Block, PlanStep

OWN_CODES = frozenset(
    {
        "exhausted",
        "rejected",
        "expired",
        "expression",
        "not_approved",
        "approval_mismatch",
        "invalid_arguments",
        "too_deep",
        "skipped",
    }
)
"""Codes of errors that only the runtime itself makes."""


@dataclass(frozen=True, slots=True)
class Spot:
    """``room``: the path of the block whose names nobody outside sees. ``around``: the step and slot it stands in.

    ``codes``: the error codes that something around it tells apart; ``cares``: something around it handles any error.
    """

    step: PlanStep
    room: str
    around: tuple[str, str] | None
    codes: tuple[str, ...]
    cares: bool


@dataclass(frozen=True, slots=True)
class Terrain:
    spots: dict[str, Spot] = field(default_factory=dict)

    @staticmethod
    def of(plan: p.Plan) -> Terrain:
        terrain = Terrain()
        terrain._block(plan.body, "", None, (), False)
        return terrain

    def _block(
        self, block: Block, room: str, around: tuple[str, str] | None, codes: tuple[str, ...], cares: bool
    ) -> None:
        for step in block.steps:
            own = tuple(code for one in step.catches for code in one.codes)
            retried = () if step.retry is None else step.retry.codes
            all_codes = tuple(dict.fromkeys((*own, *retried, *codes)))
            handled = cares or bool(step.catches) or step.retry is not None
            self.spots[step.path] = Spot(step, room, around, all_codes, handled)
            gathers = isinstance(step.do, p.Parallel) and step.do.join != "all"
            inner_room = step.path if isinstance(step.do, p.Foreach | p.Loop) else room
            for name, inner in blocks_of(step):
                self._block(inner, inner_room, (step.path, name), all_codes, handled or gathers)
            for number, one in enumerate(step.catches):
                place = f"{step.path}~catch{number}"
                self._block(one.block, place, (step.path, f"catch{number}"), codes, cares)
            if step.compensate is not None:
                self._block(step.compensate, f"{step.path}~comp", (step.path, "compensate"), (), False)

    def expressions(self) -> Iterator[tuple[Spot, str, p.Expression]]:
        """Every expression with what it is for: "test", "items", "when" or "value"."""
        for spot in self.spots.values():
            for role, expression in _of_kind(spot.step):
                yield spot, role, expression
            if spot.step.key is not None:
                yield spot, "value", spot.step.key
            blocks = [block for _, block in blocks_of(spot.step)]
            blocks += [one.block for one in spot.step.catches]
            blocks += [] if spot.step.compensate is None else [spot.step.compensate]
            for block in blocks:
                if block.result is not None:
                    yield spot, "value", block.result


def blocks_of(step: PlanStep) -> tuple[tuple[str, Block], ...]:
    """The blocks of a step's kind, by the names of their slots."""
    match step.do:
        case p.If(arms=arms, otherwise=otherwise) | p.Switch(arms=arms, otherwise=otherwise):
            named = [(f"arm{number}", arm.block) for number, arm in enumerate(arms)]
            return (*named, *(() if otherwise is None else (("otherwise", otherwise),)))
        case p.Approve(on_reject=reject, on_timeout=timeout):
            branches = (("reject", reject), ("timeout", timeout))
            return tuple((name, block) for name, block in branches if block is not None)
        case p.Parallel(block=block) | p.Do(block=block) | p.Foreach(block=block) | p.Loop(block=block):
            return (("body", block),)
        case _:
            return ()


def _of_kind(step: PlanStep) -> Iterator[tuple[str, p.Expression]]:
    match step.do:
        case p.ToolCall(args=args) | p.RunWorkflow(args=args):
            yield from (("value", value) for value in args.values())
        case p.Agent(model=model, system=system, prompt=prompt, budget=budget):
            yield from (("value", one) for one in (model, system, prompt, budget) if one is not None)
        case p.Approve(title=title, show=show):
            yield from (("value", value) for _, value in show)
            if title is not None:
                yield "value", title
        case p.If(arms=arms):
            yield from (("test", test) for arm in arms for test in arm.tests)
        case p.Switch(subject=subject, arms=arms):
            yield "value", subject
            yield from (("value", test) for arm in arms for test in arm.tests)
        case p.Foreach(items=items):
            yield "items", items
        case p.Loop(initial=initial, test=test):
            yield "test", test
            if initial is not None:
                yield "value", initial
        case p.Wait(until=until, when=when):
            if until is not None:
                yield "value", until
            if when is not None:
                yield "when", when
        case p.Let(value=value) | p.Return(value=value):
            yield "value", value
        case p.Fail(message=message):
            if message is not None:
                yield "value", message
        case p.Parallel() | p.Do():
            return
