"""Comparing a run with another of its workflow: which one is chosen in a dialog, what differs is shown in it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import reflex as rx

from engine import runs
from engine.errors import WeftError
from studio.runs.compared import changes, compared
from studio.runs.detail import RunPage
from studio.runs.elements import state_pill
from studio.runs.rows import RunRow, row
from studio.runs.steps import known_steps
from studio.shell import people, services
from studio.shell.elements import Modal, TimeAgo, failure, icon, link, test_id
from studio.shell.session import authorized, guarded

OFFERED: Final = 15
MOST_EVENTS: Final = 20_000

NAMES: Final = {"input": "Input", "outcome": "Outcome", "duration": "Duration", "only": "Only in one"}


class Comparison(rx.State):
    """`offered`: recent runs of the same workflow; `rows`: as :func:`studio.runs.compared.compared` gives them."""

    open: bool = False
    busy: bool = False
    offered: list[RunRow] = []
    other: str = ""
    short: str = ""
    rows: list[dict[str, Any]] = []
    given: list[dict[str, str]] = []
    differing: int = 0
    all: bool = False
    message: str = ""
    help: str = ""
    _run: str = ""

    @rx.event
    @guarded("view")
    async def ask(self) -> None:
        """Opens the dialog for the run that is shown, with what it could be compared with."""
        page = await self.get_state(RunPage)
        self.reset()
        self._run, self.open = page.run.id, True
        await self._offer(page.run.workflow_id)

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes it."""
        self.reset()

    @rx.event
    @guarded("view")
    async def back(self) -> None:
        """To the choice of another run."""
        self.other, self.rows, self.given, self.message = "", [], [], ""

    @rx.event
    @guarded("view")
    async def flip(self) -> None:
        """Everything, or only what differs."""
        self.all = not self.all

    @rx.event
    @guarded("view")
    async def choose(self, run_id: str) -> None:
        """Compares with this one."""
        actor = await authorized(self)
        self.message, self.help = "", ""
        try:
            db = await services.database()
            ids = [UUID(self._run), UUID(run_id)]
            for each in ids:
                if len(await runs.events_after(db, actor, each, MOST_EVENTS, 1)):
                    self.message = "One of the two is too large to be compared."
                    self.help = f"Runs of up to {MOST_EVENTS:,} events can be."
                    return
            one, other = [await runs.get_run(db, actor, each) for each in ids]
        except (WeftError, ValueError) as error:
            self.message, self.help = getattr(error, "message", "This is no run."), getattr(error, "help", "")
            return
        known = {**known_steps(other.plan), **known_steps(one.plan)}
        self.rows = compared(one.view, other.view, known)
        self.given = changes(
            {"input": one.input, "output": one.output}, {"input": other.input, "output": other.output}
        )
        self.differing = sum(bool(each["differs"]) for each in self.rows)
        self.other, self.short = run_id, run_id[-8:]

    async def _offer(self, workflow: str) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            page = await runs.list_runs(db, actor, workflow_id=UUID(workflow), limit=OFFERED + 1)
            named = await people.names(db, actor)
        except (WeftError, ValueError) as error:
            self.message = getattr(error, "message", "There is nothing to compare with.")
            return
        self.offered = [row(each, named) for each in page.items if str(each.id) != self._run][:OFFERED]


def compare_dialog() -> rx.Component:
    """Once on the run's page."""
    return Modal.create(
        rx.el.header(
            rx.cond(
                Comparison.other != "",
                rx.el.button(
                    icon("arrow-left", 15),
                    type="button",
                    class_name="w-button ghost icon small",
                    on_click=Comparison.back,
                    custom_attrs={"aria-label": "Choose another run"},
                ),
            ),
            rx.el.h2(
                rx.cond(
                    Comparison.other != "",
                    "Compared with run " + Comparison.short,
                    "Compare with another run",
                )
            ),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                icon("x", 15),
                type="button",
                class_name="w-button ghost icon small",
                on_click=Comparison.close,
                custom_attrs={"aria-label": "Close"},
            ),
        ),
        rx.el.div(
            failure(Comparison.message, Comparison.help),
            rx.cond(Comparison.other != "", _found(), _offered()),
            class_name="body w-compare-body",
        ),
        open=Comparison.open,
        wide=True,
        label="Compare with another run",
        on_close=Comparison.close,
        custom_attrs=test_id("compare-runs"),
    )


def _offered() -> rx.Component:
    return rx.cond(
        Comparison.offered.length() > 0,
        rx.el.ul(
            rx.foreach(
                Comparison.offered,
                lambda run: rx.el.li(
                    rx.el.button(
                        state_pill(run.state),
                        rx.el.span(run.short, class_name="w-mono"),
                        rx.el.span(run.version, class_name="w-muted"),
                        TimeAgo.create(at=run.queued),
                        rx.el.span(run.by, class_name="w-muted w-truncate"),
                        type="button",
                        class_name="w-compare-choice",
                        on_click=Comparison.choose(run.id),
                        custom_attrs=test_id("compare-choice", id=run.id),
                    ),
                ),
            ),
            class_name="w-compare-choices",
        ),
        rx.el.p("There is no other run of this workflow yet.", class_name="w-muted"),
    )


def _found() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(
                rx.cond(
                    Comparison.differing == 0,
                    "No step differs.",
                    Comparison.differing.to_string()
                    + " of "
                    + Comparison.rows.length().to_string()
                    + " steps differ.",
                ),
                class_name="w-strong",
                custom_attrs=test_id("compare-count"),
            ),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                rx.cond(Comparison.all, "Only what differs", "All steps"),
                type="button",
                class_name="w-button small",
                on_click=Comparison.flip,
            ),
            link("Open that run", href="/runs/" + Comparison.other, class_name="w-button small"),
            class_name="w-row",
        ),
        rx.cond(Comparison.given.length() > 0, _changes("Of the run", Comparison.given)),
        rx.el.table(
            rx.el.thead(
                rx.el.tr(*[rx.el.th(head) for head in ("Step", "This run", "The other", "What differs")])
            ),
            rx.el.tbody(rx.foreach(Comparison.rows, _row)),
            class_name="w-table w-compare-table",
        ),
        class_name="w-stack",
    )


def _row(each: rx.Var[dict[str, Any]]) -> rx.Component:
    differs = each["differs"].to(list[str])
    where = each["changes"].to(list[dict[str, str]])
    return rx.cond(
        Comparison.all | (differs.length() > 0),
        rx.el.tr(
            rx.el.td(
                rx.el.div(each["label"].to(str), class_name="w-strong"),
                rx.el.div(each["path"].to(str), class_name="w-mono w-small w-muted"),
            ),
            rx.el.td(_side(each["left"].to(dict[str, str]))),
            rx.el.td(_side(each["right"].to(dict[str, str]))),
            rx.el.td(
                rx.foreach(
                    differs,
                    lambda what: rx.el.span(
                        rx.match(what, *NAMES.items(), what), class_name="w-badge square w-compare-what"
                    ),
                ),
                rx.cond(where.length() > 0, _changes("", where)),
            ),
            key=each["path"].to(str),
            custom_attrs=test_id("compare-row", path=each["path"].to(str)),
        ),
    )


def _side(side: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.cond(
        side["words"],
        rx.fragment(
            rx.el.div(side["words"]),
            rx.el.div(side["took"], class_name="w-small w-muted w-number"),
        ),
        rx.el.span("did not run", class_name="w-muted"),
    )


def _changes(title: str, where: Any) -> rx.Component:
    whole, part = (rx.el.dl, rx.el.dd) if title else (rx.el.ul, rx.el.li)
    return whole(
        *([rx.el.dt(title, class_name="w-small w-muted")] if title else []),
        rx.foreach(
            where,
            lambda one: part(
                rx.el.span(one["where"], class_name="w-mono w-muted"),
                " ",
                rx.el.span(one["left"], class_name="w-mono w-compare-left"),
                " → ",
                rx.el.span(one["right"], class_name="w-mono w-compare-right"),
                class_name="w-small",
            ),
        ),
        class_name="w-compare-changes",
    )
