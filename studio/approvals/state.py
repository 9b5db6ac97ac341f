"""State of the inbox: what waits for a decision, or one approval by itself; deciding it, and asking about it."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import reflex as rx

from engine import approvals
from engine.actor import Actor
from engine.approvals import Approval
from engine.database import Database
from engine.errors import Conflict, NotFound, WeftError
from studio.approvals.history import History
from studio.approvals.rows import ApprovalCard, card
from studio.shell import services
from studio.shell.notices import plain
from studio.shell.pulse import monitor
from studio.shell.session import authorized, guarded
from studio.shell.state import Shell

ROUTE = "/approvals/"
MOST = 100
"""That are read at once."""


class Inbox(rx.State):
    """`tab` is "open" or "history". `only`: the approval that the address names, "" in the list. `mine`, `others`: what
    the reader may decide or is asked about, and what waits for somebody else."""

    tab: str = "open"
    only: str = ""
    mine: list[ApprovalCard] = []
    others: list[ApprovalCard] = []
    loaded: bool = False
    missing: bool = False
    deciding: str = ""
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        path = self.router.url.path
        only = path.removeprefix(ROUTE).strip("/") if path.startswith(ROUTE) else ""
        if only != self.only:
            self.mine, self.others, self.loaded = [], [], False
        self.only, self.deciding = only, ""
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds."""
        if not self.deciding:
            await self._read()

    @rx.event
    @guarded("view")
    async def show(self, tab: str) -> Any:
        """Another tab."""
        self.tab = "history" if tab == "history" else "open"
        if self.tab == "history":
            return History.load
        await self._read()
        return None

    @rx.event
    @guarded("decide")
    async def decide(self, approval_id: str, args_hash: str, decision: str, comment: str) -> Any:
        """Approves or rejects what was on the screen, and nothing else: the hash of its arguments comes along."""
        actor = await authorized(self, "decide")
        seen = self._seen(approval_id)
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
                comment[: approvals.LONGEST_COMMENT],
                args_hash=args_hash,
            )
        except Conflict as late:
            yield rx.toast.info(late.message, description=late.help)
        except WeftError as error:
            yield rx.toast.error(error.message, description=error.help)
        else:
            yield rx.toast.success(_done(decided), description=plain(seen.title))
        yield await self._after(actor.account_id)

    @rx.event
    @guarded("decide")
    async def ask(self, approval_id: str, question: str) -> Any:
        """Asks whoever started the run."""
        actor = await authorized(self, "decide")
        if self._seen(approval_id) is None:
            return
        try:
            asked = await approvals.ask(await services.database(), actor, UUID(approval_id), question)
        except WeftError as error:
            yield rx.toast.error(error.message, description=error.help)
        else:
            who = asked.questions[-1].answerer
            yield rx.toast.success("Asked.", description=plain(f"{who} is told. The approval stays open."))
        yield await self._after(actor.account_id)

    @rx.event
    @guarded("view")
    async def answer(self, question_id: str, words: str) -> Any:
        """By whoever was asked."""
        actor = await authorized(self)
        if not any(talk.id == question_id and talk.mine for each in self.mine for talk in each.talk):
            return
        try:
            await approvals.answer(await services.database(), actor, UUID(question_id), words)
        except WeftError as error:
            yield rx.toast.error(error.message, description=error.help)
        else:
            yield rx.toast.success("Your answer is there.")
        yield await self._after(actor.account_id)

    def _seen(self, approval_id: str) -> ApprovalCard | None:
        return next((each for each in (*self.mine, *self.others) if each.id == approval_id), None)

    async def _after(self, account_id: UUID) -> Any:
        self.deciding = ""
        monitor.forget(account_id)
        await self._read()
        return Shell.beat

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            if self.only:
                try:
                    found = (await approvals.get(db, actor, UUID(self.only)),)
                except (NotFound, ValueError):
                    found = ()
                self.missing = not found
            else:
                found, self.missing = await _open(db, actor), False
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        cards = [(card(each), self.only != "" or _concerns(each)) for each in found]
        mine = [each for each, concerns in cards if concerns]
        others = [each for each, concerns in cards if not concerns]
        if mine != self.mine:
            self.mine = mine
        if others != self.others:
            self.others = others
        self.loaded, self.message, self.help = True, "", ""


async def _open(db: Database, actor: Actor) -> tuple[Approval, ...]:
    """The newest, and, where these are not all, those that are about the reader however old they are."""
    found = await approvals.list_approvals(db, actor, "open", limit=MOST)
    if len(found) < MOST:
        return found
    known = {each.id for each in found}
    about = await approvals.list_approvals(db, actor, "open", limit=MOST, concerning=True)
    return (*found, *(each for each in about if each.id not in known))


def _concerns(approval: Approval) -> bool:
    return approval.may_decide or any(asked.mine for asked in approval.questions)


def _done(decided: Approval) -> str:
    match decided.state:
        case "approved":
            return "Approved. The run goes on."
        case "rejected":
            return "Rejected. The run goes on without it."
        case _:
            return "Your approval is recorded; others must approve as well."
