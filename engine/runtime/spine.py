"""The runtime context of a graph: how far the run has come along its spine, and how it ended."""

from __future__ import annotations

from typing import Any, TypeAlias

from dsl.plan import Expression, If, PlanStep, Switch
from engine.runtime.control import choose
from engine.runtime.interpreter import Interpreter
from engine.runtime.outcome import Failure, Parked, Returned, Review, Stopped
from engine.runtime.scope import Scope
from engine.runtime.tokens import Branch

Json: TypeAlias = Any
Ending: TypeAlias = Failure | Returned | Review | Stopped | Parked


class Spine:
    """``ending`` is set when the run ends other than by its last step; the nodes that follow then do nothing."""

    def __init__(self, interpreter: Interpreter, scope: Scope, branch: Branch) -> None:
        self.interpreter = interpreter
        self.scope = scope
        self.branch = branch
        self.ending: Ending | None = None
        self.arms: dict[str, int] = {}

    def leave(self) -> Ending | None:
        """How the run ended. Afterwards nothing of the run is reached from here: timers that were called off keep the
        graph's context, and this with it, until their time would have come, which may be in a week."""
        ending, self.ending = self.ending, None
        del self.interpreter, self.scope, self.branch
        return ending

    async def advance(
        self, steps: tuple[PlanStep, ...], exits: tuple[tuple[PlanStep, Expression], ...], at: str
    ) -> str:
        if self.ending is not None:
            return at
        interpreter, scope, branch = self.interpreter, self.scope, self.branch
        try:
            for step in steps:
                at = step.path
                await interpreter.step(step, scope, branch)
            for fork, expression in exits:
                at = fork.path
                value = interpreter.state.compute(expression, scope, at)
                scope.names[fork.id] = value
                interpreter.state.note_result(at, value)
        except (Failure, Returned, Review, Stopped, Parked) as ending:
            self.ending = ending
        return at

    async def decide(self, before: tuple[PlanStep, ...], fork: PlanStep, do: If | Switch, at: str) -> str:
        at = await self.advance(before, (), at)
        if self.ending is not None:
            return at
        try:
            self.branch.check()
            trial = self.interpreter.state.trial
            if (
                trial is not None and trial.until == fork.path
            ):  # its arms are walked here: the run ends behind them
                await self.interpreter.step(fork, self.scope, self.branch)
            await self.interpreter.state.reach(fork.path, self.branch)
            self.arms[fork.path], _ = choose(self.interpreter.state, do, self.scope, fork.path)
            self.scope.names[fork.id] = None
        except (Failure, Returned, Review, Stopped, Parked) as ending:
            self.ending = ending
        return fork.path
