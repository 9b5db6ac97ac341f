"""A process that dies at a chosen write or effect, and the run that is taken up again after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl import plan as p
from engine.runtime import Execution
from tests.engine_run.kit import Crash, Stage, reap


async def undisturbed(made: p.Plan | Stage, answers: Any = None) -> tuple[Execution, Stage]:
    stage = made if isinstance(made, Stage) else Stage(made)
    return await stage.finish(answers), stage


class Crasher:
    """Counts the places where a process may die, and dies at one of them."""

    def __init__(self, stage: Stage, at: int | None) -> None:
        self.places = 0
        self.at = at
        self.dead = False
        stage.ledger.before_write = stage.ledger.after_write = self._place
        stage.witness.before = stage.witness.after = self._place
        if stage.talker is not None:
            stage.talker.before = stage.talker.after = self._place

    def _place(self, name: str) -> None:
        if self.dead:
            raise Crash(f"dead already: {name}")
        self.places += 1
        if self.places == self.at:
            self.dead = True
            raise Crash(name)

    def revive(self, at: int | None = None) -> None:
        self.dead, self.places, self.at = False, 0, at


async def with_crash(
    stage: Stage, crasher: Crasher, next_at: Callable[[], int | None], answers: Any
) -> Execution:
    """Invoke again after every crash, until the run has its end."""
    while True:
        try:
            return await stage.finish(answers)
        except Crash:
            pass
        except ExceptionGroup as group:
            if not group.subgroup(Crash):
                raise
        await reap()
        crasher.revive(next_at())
        if stage.run.state not in ("running", "waiting", "queued"):
            ended = stage.run
            return Execution(ended.state, ended.output, ended.error)  # type: ignore[arg-type]
        if stage.run.state == "waiting":
            stage.answer_all(answers)


def assert_same(expected: tuple[Execution, Stage], ended: Execution, stage: Stage, note: str) -> None:
    wanted, calm = expected
    assert (ended.state, ended.output) == (wanted.state, wanted.output), note
    assert (ended.error or {}).get("code") == (wanted.error or {}).get("code"), note
    assert stage.run.state == wanted.state, note
    assert not [name for name, count in stage.witness.effects.items() if count != 1], note
    assert set(stage.witness.effects) == set(calm.witness.effects), note
