"""Running many failed runs again: what that would repeat, by tool, a yes a tool, and how far it has come."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any
from uuid import UUID

import reflex as rx

from engine import bulk
from engine.bulk import BulkPlan, Job, Selection
from engine.errors import Conflict, WeftError
from engine.identity import new_id
from studio.shell import (
    elements,  # registers modal.jsx, which bulk.jsx imports
    services,
)
from studio.shell.session import authorized, guarded

_BULK = rx.asset("bulk.jsx", shared=True)
LOOK_S = 0.5

__all__ = ["BulkRetry", "BulkRetryDialog", "bulk_retry_dialog", "elements"]


class BulkRetry(rx.State):
    """``plan``: what would happen (`shown`); ``job``: how far it has come, once it was started."""

    open: bool = False
    busy: bool = False
    plan: dict[str, Any] = {}
    job: dict[str, Any] = {}
    message: str = ""
    help: str = ""
    _ids: list[str] = []
    _key: str = ""
    _job: str = ""

    @rx.event
    @guarded("replay")
    async def ask(self, key: str, ids: list[str]) -> Any:
        """Opens the dialog for the chosen runs."""
        actor = await authorized(self, "replay")
        self.reset()
        if key != "retry":
            return
        self.open, self.busy, self._ids, self._key = True, True, ids[: bulk.MOST], f"studio-{new_id().hex}"
        yield
        try:
            made = await bulk.plan_retry(await services.database(), actor, self._selection())
            self.plan = shown(made)
        except (WeftError, ValueError) as error:
            self._problem(error)
        self.busy = False

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialog; what was started goes on."""
        self.open = False

    @rx.event
    @guarded("replay")
    async def start(self, plan: str, confirmed: list[str]) -> Any:
        """Starts what was shown, with a yes for each tool."""
        actor = await authorized(self, "replay")
        self.busy, self.message, self.help = True, "", ""
        yield
        try:
            job = await bulk.start(
                await services.database(),
                actor,
                "retry",
                self._selection(),
                self._key,
                plan=plan,
                confirmed=frozenset(map(str, confirmed)),
            )
        except Conflict as late:
            self._problem(late)
            if isinstance(late.current, BulkPlan):
                self.plan = shown(late.current)
        except (WeftError, ValueError) as error:
            self._problem(error)
        else:
            self._job, self.job = str(job.id), progress(job)
            yield BulkRetry.carry_on
        self.busy = False

    @rx.event(background=True)
    @guarded("replay")
    async def carry_on(self) -> None:
        """Does what of the job is not done, and says how far it is."""
        actor = await authorized(self, "replay")
        async with self:
            job_id = self._job
            self.message = self.help = ""
        if not job_id:
            return
        db = await services.database()
        work = asyncio.create_task(bulk.carry_on(db, actor, UUID(job_id)))
        try:
            while not work.done():
                await asyncio.wait([work], timeout=LOOK_S)
                seen = await bulk.get(db, actor, UUID(job_id))
                async with self:
                    self.job = progress(seen)
            await work
        except WeftError as error:
            async with self:
                self._problem(error)

    def _selection(self) -> Selection:
        return Selection(ids=tuple(UUID(str(each)) for each in self._ids))

    def _problem(self, error: Exception) -> None:
        self.message = getattr(error, "message", "One of these is no run.")
        self.help = getattr(error, "help", "")


def shown(made: BulkPlan) -> dict[str, Any]:
    return {
        "hash": made.hash,
        "runs": len(made.runs),
        "reused": made.reused,
        "again": [asdict(one) for one in made.again],
        "left": [{"id": str(one.run_id), "reason": one.reason} for one in made.left],
    }


def progress(job: Job) -> dict[str, Any]:
    return {
        "total": job.total,
        "done": job.done,
        "waiting": job.waiting,
        "over": job.finished_at is not None,
        "left": [{"id": str(one.run_id), "reason": one.reason} for one in job.left],
    }


class BulkRetryDialog(rx.Component):
    library = _BULK.importable_path
    tag = "BulkRetry"

    open: rx.Var[bool]
    busy: rx.Var[bool]
    plan: rx.Var[dict[str, Any]]
    job: rx.Var[dict[str, Any]]
    message: rx.Var[str]
    help: rx.Var[str]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(str, list)]
    on_start: rx.EventHandler[rx.event.passthrough_event_spec(str, list)]
    on_carry: rx.EventHandler[rx.event.no_args_event_spec]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]


def bulk_retry_dialog() -> rx.Component:
    """Once on the list of runs."""
    return BulkRetryDialog.create(
        open=BulkRetry.open,
        busy=BulkRetry.busy,
        plan=BulkRetry.plan,
        job=BulkRetry.job,
        message=BulkRetry.message,
        help=BulkRetry.help,
        on_ask=BulkRetry.ask,
        on_start=BulkRetry.start,
        on_carry=BulkRetry.carry_on,
        on_close=BulkRetry.close,
    )
