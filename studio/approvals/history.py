"""What was decided: by whom, for whom, when, and what they said; filtered, and older ones on demand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import reflex as rx

from engine import approvals, workflows
from engine.errors import WeftError
from studio.approvals.rows import STATES, ApprovalCard, card
from studio.shell import services
from studio.shell.elements import TimeAgo, empty, failure, link, skeleton_rows, test_id
from studio.shell.session import authorized, guarded

PAGE = 50


class History(rx.State):
    """`state`: "decided" for all. `flows`: `[id, title]`."""

    rows: list[ApprovalCard] = []
    state: str = "decided"
    flow: str = ""
    flows: list[list[str]] = []
    mine: bool = False
    more: bool = False
    loaded: bool = False
    message: str = ""
    help: str = ""
    _last: datetime | None = None
    """When the last one was made, to the microsecond: rows say it in milliseconds."""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When it opens."""
        actor = await authorized(self)
        try:
            listed = await workflows.list_workflows(await services.database(), actor)
        except WeftError as error:
            self.message, self.help = error.message, error.help
            return
        self.flows = [[str(each.id), each.title or each.name] for each in listed]
        await self._read(older=False)

    @rx.event
    @guarded("view")
    async def choose(self, name: str, value: str) -> None:
        """One of the filters."""
        match name:
            case "state" if value == "decided" or value in STATES:
                self.state = value
            case "flow" if not value or any(each[0] == value for each in self.flows):
                self.flow = value
            case "mine":
                self.mine = value == "yes"
        await self._read(older=False)

    @rx.event
    @guarded("view")
    async def older(self) -> None:
        """The next page."""
        await self._read(older=True)

    async def _read(self, *, older: bool) -> None:
        actor = await authorized(self)
        try:
            found = await approvals.list_approvals(
                await services.database(),
                actor,
                self.state,
                limit=PAGE + 1,
                workflow_id=UUID(self.flow) if self.flow else None,
                decided_by=actor.user_id if self.mine else None,
                before=self._last if older and self.rows else None,
            )
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        rows = [card(each) for each in found[:PAGE]]
        if rows:
            self._last = found[len(rows) - 1].created_at
        self.rows = [*self.rows, *rows] if older else rows
        self.more, self.loaded, self.message, self.help = len(found) > PAGE, True, "", ""


def history() -> rx.Component:
    """The filters and the rows."""
    return rx.el.div(
        rx.el.div(
            _select(
                "state",
                "How it ended",
                [
                    rx.el.option("However it ended", value="decided"),
                    *[rx.el.option(words, value=key) for key, (words, _) in STATES.items() if key != "open"],
                ],
                History.state,
            ),
            _select(
                "flow",
                "Workflow",
                [
                    rx.el.option("Every workflow", value=""),
                    rx.foreach(History.flows, lambda each: rx.el.option(each[1], value=each[0])),
                ],
                History.flow,
            ),
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    checked=History.mine,
                    on_change=History.choose("mine", rx.cond(History.mine, "", "yes")),
                    custom_attrs=test_id("history-mine"),
                ),
                "Decided by me",
                class_name="w-check",
            ),
            class_name="w-toolbar",
        ),
        failure(History.message, History.help, History.load),
        rx.cond(
            ~History.loaded,
            rx.el.div(skeleton_rows(4), class_name="w-card"),
            rx.cond(
                History.rows.length() > 0,
                rx.el.div(rx.foreach(History.rows, _decided), class_name="w-card w-list"),
                empty(
                    "history",
                    "Nothing was decided like that",
                    "Every decision is kept with who made it, for whom, when, and what they said.",
                ),
            ),
        ),
        rx.cond(
            History.more,
            rx.el.div(
                rx.el.button(
                    "Show older ones",
                    type="button",
                    class_name="w-button",
                    on_click=History.older,
                    custom_attrs=test_id("history-older"),
                ),
                class_name="w-after-table",
            ),
        ),
        class_name="w-stack",
    )


def _select(name: str, label: str, options: list[Any], value: rx.Var[str]) -> rx.Component:
    return rx.el.select(
        *options,
        value=value,
        on_change=lambda chosen: History.choose(name, chosen),
        class_name="w-input w-filter",
        custom_attrs={**test_id(f"history-{name}"), "aria-label": label},
    )


def _decided(each: rx.Var[ApprovalCard]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            link(each.title, href=f"/approvals/{each.id}", class_name="w-strong w-break"),
            rx.el.span(class_name="w-spacer"),
            rx.el.span(each.state_words, class_name=["w-pill", each.tone]),
            class_name="w-row",
        ),
        rx.el.p(each.workflow, " · ", TimeAgo.create(at=each.decided), class_name="w-small w-muted"),
        rx.foreach(
            each.decisions,
            lambda said: rx.el.p(
                said["email"],
                " ",
                said["words"],
                rx.cond(said["for"] != "", rx.el.span(" for ", said["for"])),
                rx.cond(said["comment"] != "", rx.el.span(": “", said["comment"], "”")),
                class_name="w-small w-break",
            ),
        ),
        key=each.id,
        class_name="w-list-item",
        custom_attrs=test_id("approval-history", id=each.id, state=each.state),
    )
