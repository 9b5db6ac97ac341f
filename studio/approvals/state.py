"""State of the inbox: what waits for a decision, and what was decided."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import reflex as rx
from sqlmodel import col, select

from engine import approvals
from engine.actor import Actor
from engine.approvals import Approval
from engine.database import Database
from engine.errors import Conflict, WeftError
from engine.tables import Run, User
from studio.approvals.rows import ApprovalCard, card
from studio.shell import services
from studio.shell.notices import plain
from studio.shell.pulse import monitor
from studio.shell.session import authorized, guarded
from studio.shell.state import Shell


class Inbox(rx.State):
    """`tab` is "open" or "history"."""

    tab: str = "open"
    cards: list[ApprovalCard] = []
    history: list[ApprovalCard] = []
    loaded: bool = False
    deciding: str = ""
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds."""
        if not self.deciding:
            await self._read()

    @rx.event
    @guarded("view")
    async def show(self, tab: str) -> None:
        """Another tab."""
        self.tab = "history" if tab == "history" else "open"
        await self._read()

    @rx.event
    @guarded("decide")
    async def decide(self, approval_id: str, decision: str, comment: str) -> Any:
        """Approves or rejects what this page showed, and nothing else: the hash of the arguments goes along."""
        actor = await authorized(self, "decide")
        seen = next((each for each in self.cards if each.id == approval_id), None)
        if seen is None or decision not in ("approve", "reject"):
            return
        self.deciding = approval_id
        yield
        try:
            decided = await approvals.decide(
                await services.database(),
                actor,
                UUID(approval_id),
                cast(approvals.Decision, decision),
                str(comment)[: approvals.LONGEST_COMMENT],
                args_hash=seen.args_hash,
            )
        except Conflict as late:
            yield rx.toast.info(late.message, description=late.help)
        except WeftError as error:
            yield rx.toast.error(error.message, description=error.help)
        else:
            yield rx.toast.success(_done(decided), description=plain(seen.title))
        self.deciding = ""
        monitor.forget(actor.account_id)
        await self._read()
        yield Shell.beat

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            state = "open" if self.tab == "open" else None
            found = await approvals.list_approvals(db, actor, state)
            named = await _requested_by(db, actor, found)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        cards = [card(each, named) for each in found]
        if self.tab == "open":
            if cards != self.cards:
                self.cards = cards
        else:
            decided = [each for each in cards if each.state != "open"]
            if decided != self.history:
                self.history = decided
        self.loaded, self.message, self.help = True, "", ""


def _done(decided: Approval) -> str:
    match decided.state:
        case "approved":
            return "Approved. The run goes on."
        case "rejected":
            return "Rejected. The run goes on without it."
        case _:
            return "Your approval is recorded; others must approve as well."


async def _requested_by(db: Database, actor: Actor, found: tuple[Approval, ...]) -> dict[UUID, str]:
    """Who started the run behind each approval, by run."""
    wanted = {approval.run_id for approval in found}
    if not wanted:
        return {}
    query = (
        select(Run.id, User.name, User.email)
        .join(User, col(User.id) == col(Run.requested_by))
        .where(col(Run.id).in_(wanted))
    )
    async with db.account(actor) as session:
        return {run_id: name or email for run_id, name, email in await session.exec(query)}
