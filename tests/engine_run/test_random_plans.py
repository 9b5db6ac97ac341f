"""Random plans of every form, with crashes at random places, runners that sleep past their leases, and answers at any
moment: every effect once by its key, the same end and the same effects as without, and a journal that never
contradicts itself. What is checked is in ``played``.

The faults at the end are the control: each takes one promise out of the runtime or its ledger, and the very same check
fails on one of the first few seeds.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from engine.journal import Answer, Entry, Event, Finish, Journal, Lease
from engine.memory import MemoryLedger, MemoryRun
from engine.runtime.tokens import Branch, Tokens
from tests.engine_run.anyplan import BLOCKS, LEAVES, Builder
from tests.engine_run.kit import reap
from tests.engine_run.played import Played, play_seed

SEEDS = 1000
SHARE = 25
"""Seeds a test."""


def seeds() -> int:
    """1,000, or as many as the deep command says."""
    return int(os.environ.get("WEFT_PROGRAMS") or SEEDS)


@pytest.mark.properties
@pytest.mark.parametrize("share", range(40))
async def test_a_random_plan_ends_the_same_whatever_crashes(share: int) -> None:
    for seed in range(share, seeds(), 40):
        await play_seed(seed)


def test_the_first_plans_use_every_form() -> None:
    used: set[str] = set()
    for seed in range(100):
        builder = Builder(seed)
        builder.plan()
        used |= builder.used
    assert used == {*LEAVES, *BLOCKS, "gate"}


# ---- faults, each of which is caught -----------------------------------------------------------------


def _a_record_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """A finished step's result is not read when the run is taken up again; of one step in three."""
    load = Journal._load

    def forgetful(self: Journal, event: Event) -> None:
        if event.kind != "step.succeeded" or sum(event.path.encode()) % 3:
            load(self, event)

    patch.setattr(Journal, "_load", forgetful)


def _a_record_is_not_awaited(patch: pytest.MonkeyPatch) -> None:
    """A step's successor starts before the step's result is durable."""
    append = MemoryLedger.append

    async def hasty(
        self: MemoryLedger, lease: Lease, entries: Sequence[Entry], finish: Finish | None = None
    ) -> None:
        if finish is None and entries[0].kind == "step.succeeded":
            self.before_write("step.succeeded, not awaited")
            self.note(lease, entries[0])
        else:
            await append(self, lease, entries, finish)

    patch.setattr(MemoryLedger, "append", hasty)


def _a_quiet_is_seen_too_early(patch: pytest.MonkeyPatch) -> None:
    """The count of what runs is one too low: the run is taken for quiet while a branch still goes on."""
    block = Tokens._block

    async def miscounted(self: Tokens, branch: Branch | None, future: asyncio.Future[Any]) -> Any:
        if self.replaying and self.running == 2:
            self._go_live()
        return await block(self, branch, future)

    patch.setattr(Tokens, "_block", miscounted)


def _the_barrier_is_missing(patch: pytest.MonkeyPatch) -> None:
    """A step without a record goes on before all that is recorded was applied."""

    async def nothing(self: Tokens, branch: Branch) -> None:
        return None

    patch.setattr(Tokens, "barrier", nothing)


def _the_fence_is_missing(patch: pytest.MonkeyPatch) -> None:
    """Whoever lost a run may still write to it."""
    patch.setattr(MemoryLedger, "_held", lambda self, lease: self.runs[lease.run_id])


def _a_scope_s_end_is_not_recorded(patch: pytest.MonkeyPatch) -> None:
    """Which branch won, or failed first, is not in the journal."""
    record = Journal.record

    def silent(self: Journal, kind: str, path: str, data: dict[str, Any]) -> Awaitable[None]:
        return asyncio.sleep(0) if kind == "scope.closed" else record(self, kind, path, data)

    patch.setattr(Journal, "record", silent)


def _an_answer_is_lost(patch: pytest.MonkeyPatch) -> None:
    """A run parks without looking for the answers that came meanwhile."""
    answers = MemoryLedger._answers

    async def blind(self: MemoryLedger, lease: Lease, paths: Any, due_at: Any, seen: Any) -> Any:
        self.before_write("park")
        run = self._held(lease)
        run.state, run.due_at, run.waiting_on = "waiting", due_at, list(paths)
        self._write(run, [])
        self.after_write("park")
        return {}

    assert answers
    patch.setattr(MemoryLedger, "park", blind)


def _a_gate_is_asked_again(patch: pytest.MonkeyPatch) -> None:
    """An open gate is not recognised when the run is taken up again."""
    load = Journal._load

    def forgetful(self: Journal, event: Event) -> None:
        if event.kind != "gate.opened":
            load(self, event)

    patch.setattr(Journal, "_load", forgetful)


def _a_beginning_is_lost(patch: pytest.MonkeyPatch) -> None:
    """A choice is made again instead of read: which arm was taken is not in the journal. Conditions read journaled
    values only, so nothing may change but the journal."""
    load = Journal._load

    def forgetful(self: Journal, event: Event) -> None:
        if event.kind != "branch.taken":
            load(self, event)

    patch.setattr(Journal, "_load", forgetful)


def _a_child_is_born_after_its_gate(patch: pytest.MonkeyPatch) -> None:
    """A run that a step starts is made in a write of its own, behind the record that it was."""
    start = MemoryLedger.start_child

    async def apart(self: MemoryLedger, lease: Lease, entry: Entry, child: Any) -> None:
        await self.append(lease, [entry])
        self.before_write("the child")
        run = self._held(lease)
        before = len(run.events)
        await start(self, lease, entry, child)
        del run.events[before:]

    patch.setattr(MemoryLedger, "start_child", apart)


def _what_was_undone_is_not_recorded(patch: pytest.MonkeyPatch) -> None:
    """An undoing that was done is forgotten by the next runner."""
    load = Journal._load

    def forgetful(self: Journal, event: Event) -> None:
        if "~comp" not in event.path:
            load(self, event)

    patch.setattr(Journal, "_load", forgetful)


FAULTS: dict[Callable[[pytest.MonkeyPatch], None], int] = {
    _a_record_is_ignored: 10,
    _a_record_is_not_awaited: 40,
    _a_quiet_is_seen_too_early: 40,
    _the_barrier_is_missing: 40,
    _the_fence_is_missing: 40,
    _a_scope_s_end_is_not_recorded: 40,
    _an_answer_is_lost: 40,
    _a_gate_is_asked_again: 10,
    _a_beginning_is_lost: 10,
    _a_child_is_born_after_its_gate: 40,
    _what_was_undone_is_not_recorded: 40,
}
"""Each fault, and the number of seeds among which the check must catch it."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
async def test_a_fault_is_caught(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    for seed in range(FAULTS[fault]):
        try:
            await play_seed(seed)
        except Exception as error:
            print(f"caught by seed {seed}: {error}"[:300])
            return
        finally:
            await reap()
    raise AssertionError(f"{FAULTS[fault]} random plans went through with a fault: {fault.__doc__}")


async def test_the_disturbances_are_there() -> None:
    """A hundred plans see crashes, runners that sleep past their leases, and more than one way to end."""
    played: list[Played] = [await play_seed(seed) for seed in range(60)]
    assert sum(one.crashes for one in played) > 150
    assert sum(one.zombies for one in played) > 8
    ends: set[str] = {one.stage.run.state for one in played}
    assert ends == {"succeeded", "failed"}
    runs: list[MemoryRun] = [run for one in played for run in one.stage.ledger.runs.values()]
    answers = {Answer.of(e.data).outcome for run in runs for e in run.events if e.kind == "gate.answered"}
    assert answers >= {"approved", "rejected", "expired", "due", "event", "finished", "cancelled"}
