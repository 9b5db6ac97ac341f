"""Handing approvals to a colleague, and what was handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import reflex as rx

from engine import approvals
from engine.approvals import Delegation
from engine.errors import BadInput, WeftError
from engine.permissions import Permission, may
from studio.approvals.state import Inbox
from studio.shell import services
from studio.shell.elements import Modal, TimeAgo, icon, test_id
from studio.shell.moments import iso
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded


@dataclass(frozen=True, slots=True)
class Row:
    """A delegation. `given`: by the reader, or by somebody whose delegations the reader may end."""

    id: str
    giver: str
    taker: str
    approval: str
    starts: str
    ends: str
    note: str
    state: str
    given: bool


class Handing(rx.State):
    """`approval`: the one that is handed over, "" for all of them. `people`: `[id, name and address]`."""

    rows: list[Row] = []
    people: list[list[str]] = []
    may_hand: bool = False
    open: bool = False
    approval: str = ""
    title: str = ""
    problem: str = ""
    least: str = ""
    most: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        self.open = False
        actor = await authorized(self)
        self.may_hand = may(actor, Permission.DECIDE)
        try:
            listed = await approvals.list_delegations(await services.database(), actor)
        except WeftError:
            return
        self.rows = [
            _row(each, actor.user_id, may(actor, Permission.PEOPLE))
            for each in listed
            if each.state in ("active", "planned")
        ]

    @rx.event
    @guarded("decide")
    async def begin(self, approval_id: str) -> Any:
        """Opens the dialog, for one approval or ("") for all."""
        actor = await authorized(self, "decide")
        seen = next((each for each in (await self.get_state(Inbox)).mine if each.id == approval_id), None)
        if approval_id and seen is None:
            return None
        try:
            known = await approvals.colleagues(await services.database(), actor)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        self.people = [[str(one.id), f"{one.name} · {one.email}" if one.name else one.email] for one in known]
        now = datetime.now(UTC)
        self.least, self.most = (
            f"{now + timedelta(days=days):%Y-%m-%d}" for days in (0, approvals.LONGEST_DAYS - 1)
        )
        self.approval, self.title, self.problem, self.open = approval_id, seen.title if seen else "", "", True
        return None

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.open = False

    @rx.event
    @guarded("decide")
    async def hand(self, form: dict[str, Any]) -> Any:
        """What the dialog says. Days begin and end at midnight, UTC."""
        actor = await authorized(self, "decide")
        try:
            to = UUID(str(form.get("to", "")))
            starts, ends = _day(form.get("from")), _day(form.get("until"), end=True)
        except ValueError:
            self.problem = "Choose somebody, and give the days."
            return
        only = self.approval
        try:
            made = await approvals.delegate(
                await services.database(),
                actor,
                to,
                starts_at=None if only else starts,
                ends_at=None if only else ends,
                approval_id=UUID(only) if only else None,
                note=str(form.get("note", "")),
            )
        except BadInput as error:
            self.problem = " ".join([error.message, *(message for _, message in error.problems)])
            return
        except WeftError as error:
            self.problem = f"{error.message} {error.help}".strip()
            return
        self.open = False
        yield rx.toast.success(plain(f"{made.taker.name or made.taker.email} may decide it for you now."))
        yield Handing.load

    @rx.event
    @guarded("view")
    async def revoke(self, delegation_id: str) -> Any:
        """Takes one back, at once."""
        actor = await authorized(self)
        if all(each.id != delegation_id for each in self.rows):
            return
        try:
            await approvals.revoke(await services.database(), actor, UUID(delegation_id))
        except WeftError as error:
            yield rx.toast.info(error.message, description=error.help)
        else:
            yield rx.toast.success("Taken back.")
        yield Handing.load


def _day(said: Any, *, end: bool = False) -> datetime | None:
    if not said:
        return None
    day = datetime.strptime(str(said), "%Y-%m-%d").replace(tzinfo=UTC)
    return day + timedelta(days=1) if end else day


def _row(each: Delegation, reader: UUID, everybodys: bool) -> Row:
    def name(one: approvals.Person) -> str:
        return "you" if one.id == reader else one.name or one.email

    return Row(
        str(each.id),
        name(each.giver),
        name(each.taker),
        "" if each.approval_id is None else str(each.approval_id),
        iso(each.starts_at),
        iso(each.ends_at),
        each.note,
        each.state,
        each.giver.id == reader or everybodys,
    )


def handed_over() -> rx.Component:
    """What was handed over, and the way to do it. Nothing for who decides nothing and got nothing."""
    return rx.cond(
        Handing.may_hand | (Handing.rows.length() > 0),
        rx.el.section(
            rx.el.div(
                rx.el.h2("Standing in"),
                rx.el.span(class_name="w-spacer"),
                rx.cond(
                    Handing.may_hand,
                    rx.el.button(
                        "Hand over my approvals",
                        type="button",
                        class_name="w-button small",
                        on_click=Handing.begin(""),
                        custom_attrs=test_id("hand-over"),
                    ),
                ),
                class_name="w-card-head",
            ),
            rx.cond(
                Handing.rows.length() > 0,
                rx.foreach(Handing.rows, _handed),
                rx.el.p(
                    "Away for a while? A colleague who may decide can do it for you until a day you name. Every "
                    "decision is recorded as made for you.",
                    class_name="w-card-body w-muted",
                ),
            ),
            class_name="w-card",
            custom_attrs={"aria-label": "Standing in"},
        ),
    )


def _handed(each: rx.Var[Row]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(each.taker, " for ", each.giver, class_name="w-strong w-break"),
            rx.el.span(class_name="w-spacer"),
            rx.cond(
                each.given,
                rx.el.button(
                    "Take it back",
                    type="button",
                    class_name="w-button small",
                    on_click=Handing.revoke(each.id),
                    custom_attrs=test_id("revoke"),
                ),
            ),
            class_name="w-row",
        ),
        rx.el.p(
            rx.cond(each.approval != "", "One approval · ", "All approvals · "),
            rx.cond(
                each.state == "planned",
                rx.fragment("begins ", TimeAgo.create(at=each.starts), " · "),
            ),
            "ends ",
            TimeAgo.create(at=each.ends),
            rx.cond(each.note != "", rx.fragment(" · “", each.note, "”")),
            class_name="w-small w-muted",
        ),
        key=each.id,
        class_name="w-list-item",
        custom_attrs=test_id("delegation", state=each.state),
    )


def handing_dialog() -> rx.Component:
    """Who, and until when."""
    return Modal.create(
        rx.el.header(rx.el.h2(rx.cond(Handing.approval != "", "Hand this over", "Hand over my approvals"))),
        rx.el.form(
            rx.el.div(
                rx.cond(
                    Handing.approval != "",
                    rx.el.p(Handing.title, class_name="w-strong w-break"),
                    rx.el.p(
                        "Everything that asks for you, from the first day to the last.", class_name="w-muted"
                    ),
                ),
                rx.el.div(
                    rx.el.label("To", html_for="hand-to"),
                    rx.el.select(
                        rx.el.option("Choose somebody", value=""),
                        rx.foreach(Handing.people, lambda one: rx.el.option(one[1], value=one[0])),
                        name="to",
                        id="hand-to",
                        class_name="w-input",
                        custom_attrs=test_id("hand-to"),
                    ),
                    rx.cond(
                        Handing.people.length() == 0,
                        rx.el.p("Nobody else here may decide approvals.", class_name="w-help"),
                    ),
                    class_name="w-field",
                ),
                rx.cond(
                    Handing.approval == "",
                    rx.el.div(
                        _day_field("from", "First day", Handing.least),
                        _day_field("until", "Last day", Handing.least),
                        class_name="w-three",
                    ),
                ),
                rx.el.div(
                    rx.el.label("Note", html_for="hand-note"),
                    rx.el.input(name="note", id="hand-note", max_length=300, class_name="w-input"),
                    class_name="w-field",
                ),
                rx.el.p(
                    "They can decide what you can, no more, and cannot hand it on. You can take it back at any time.",
                    class_name="w-small w-muted",
                ),
                rx.cond(
                    Handing.problem != "",
                    rx.el.div(
                        Handing.problem,
                        class_name="w-note danger",
                        role="alert",
                        custom_attrs=test_id("hand-problem"),
                    ),
                ),
                class_name="body",
            ),
            rx.el.footer(
                rx.el.button("Not now", type="button", class_name="w-button", on_click=Handing.close),
                rx.el.button(
                    icon("arrow-right-left", 14),
                    "Hand over",
                    type="submit",
                    class_name="w-button primary",
                    custom_attrs=test_id("hand-confirm"),
                ),
            ),
            on_submit=Handing.hand,
        ),
        open=Handing.open,
        label="Handing over",
        on_close=Handing.close,
        custom_attrs=test_id("hand-dialog"),
    )


def _day_field(name: str, words: str, value: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(words, html_for=f"hand-{name}"),
        rx.el.input(
            type="date",
            name=name,
            id=f"hand-{name}",
            default_value=value,
            class_name="w-input",
            custom_attrs={**test_id(f"hand-{name}"), "min": Handing.least, "max": Handing.most},
        ),
        class_name="w-field",
    )
