"""/approvals and /approvals/ID: exactly what would happen, and the two buttons. Made for a phone as much as a desk."""

from __future__ import annotations

import reflex as rx

from studio.approvals.bulk import Bulk, bulk_dialog
from studio.approvals.elements import ApprovalCards
from studio.approvals.handing import Handing, handed_over, handing_dialog
from studio.approvals.history import history
from studio.approvals.rows import ApprovalCard
from studio.approvals.state import Inbox
from studio.shell.elements import Pulse, empty, failure, icon, link, skeleton_rows, test_id
from studio.shell.frame import crumbs, frame


def approvals_page() -> rx.Component:
    """The inbox with its two tabs."""
    return frame(
        rx.el.div(
            Pulse.create(every=2500, on_beat=Inbox.refresh),
            rx.el.div(
                _tab("open", "To decide"),
                _tab("history", "History"),
                class_name="w-tabs",
                role="tablist",
                custom_attrs={"aria-label": "Approvals"},
            ),
            rx.cond(Inbox.tab == "open", _inbox(), history()),
            bulk_dialog(),
            handing_dialog(),
            class_name="w-stack w-narrow",
        ),
        active="approvals",
        title="Approvals",
    )


def approval_page() -> rx.Component:
    """One approval by itself: where a message's link leads. Opening it decides nothing."""
    return frame(
        rx.el.div(
            Pulse.create(every=2500, on_beat=Inbox.refresh),
            failure(Inbox.message, Inbox.help, Inbox.load),
            rx.cond(
                ~Inbox.loaded,
                rx.el.div(skeleton_rows(6), class_name="w-card"),
                rx.cond(
                    Inbox.missing,
                    empty(
                        "search-x",
                        "There is no such approval",
                        "It may belong to another workspace, or its run is past the time that runs are kept.",
                        link("All approvals", href="/approvals", class_name="w-button primary"),
                        test_id="approval-missing",
                    ),
                    _cards(Inbox.mine, single=True),
                ),
            ),
            handing_dialog(),
            class_name="w-stack w-narrow",
        ),
        active="approvals",
        title=crumbs(("Approvals", "/approvals"), ("Approval", "")),
    )


def _tab(key: str, words: str) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        role="tab",
        on_click=Inbox.show(key),
        custom_attrs={**test_id(f"tab-{key}"), "aria-selected": Inbox.tab == key},
    )


def _inbox() -> rx.Component:
    return rx.el.div(
        failure(Inbox.message, Inbox.help, Inbox.load),
        rx.cond(
            ~Inbox.loaded,
            rx.el.div(skeleton_rows(4), class_name="w-card"),
            rx.el.div(
                rx.cond(
                    Inbox.mine.length() > 0,
                    _cards(Inbox.mine),
                    empty(
                        "stamp",
                        "Nothing waits for a decision of yours",
                        "When a workflow reaches an approve step, its run stops here. You see exactly which tools "
                        "would be called with which arguments; nothing of it happens until somebody approves.",
                        rx.el.button(
                            "See the history",
                            type="button",
                            class_name="w-button",
                            on_click=Inbox.show("history"),
                        ),
                        test_id="approvals-empty",
                    ),
                ),
                rx.cond(
                    Inbox.others.length() > 0,
                    rx.el.section(
                        rx.el.h2("Waiting for others", class_name="w-waiting-others"),
                        _cards(Inbox.others, keys=False),
                        class_name="w-stack",
                        custom_attrs=test_id("approvals-others"),
                    ),
                ),
                handed_over(),
                rx.el.p(
                    icon("bell", 14),
                    link("Who is told by e-mail, chat or webhook", href="/notifications"),
                    class_name="w-row w-small w-muted",
                ),
                class_name="w-stack",
            ),
        ),
        class_name="w-stack",
    )


def _cards(cards: rx.Var[list[ApprovalCard]], *, single: bool = False, keys: bool = True) -> rx.Component:
    return ApprovalCards.create(
        cards=cards,
        deciding=Inbox.deciding,
        single=single,
        keys=keys,
        on_decide=Inbox.decide,
        on_ask=Inbox.ask,
        on_answer=Inbox.answer,
        on_hand=Handing.begin,
        on_bulk=Bulk.begin,
    )
