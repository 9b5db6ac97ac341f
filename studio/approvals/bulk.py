"""Several approvals decided at once: a question that sums them up, then what came of each."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import reflex as rx

from engine import approvals
from engine.approvals import Wanted
from engine.errors import WeftError
from engine.happening import summed
from studio.approvals.elements import BulkResults
from studio.approvals.state import Inbox
from studio.shell import services
from studio.shell.elements import Modal, test_id
from studio.shell.pulse import monitor
from studio.shell.session import authorized, guarded
from studio.shell.state import Shell


class Bulk(rx.State):
    """`items`: the id and the hash of what was on the screen, of each that was ticked."""

    items: list[list[str]] = []
    titles: list[str] = []
    decision: str = ""
    words: str = ""
    busy: bool = False
    message: str = ""
    results: list[dict[str, str]] = []

    @rx.event
    @guarded("decide")
    async def begin(self, items: list[list[str]], decision: str) -> None:
        """Sums up what would be decided. Only what this page shows is taken."""
        inbox = await self.get_state(Inbox)
        shown = {each.id: each for each in inbox.mine}
        wanted = [item for item in items if len(item) == 2 and item[0] in shown][: approvals.MOST_AT_ONCE]
        if not wanted or decision not in ("approve", "reject"):
            return
        await self._sum([UUID(item[0]) for item in wanted])
        self.items, self.decision = wanted, decision
        self.titles = [shown[item[0]].title for item in wanted]
        self.results, self.message, self.busy = [], "", False

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.items, self.results, self.decision, self.message = [], [], "", ""

    @rx.event
    @guarded("decide")
    async def decide(self, form: dict[str, Any]) -> Any:
        """Each by itself; the dialog then says what came of each."""
        actor = await authorized(self, "decide")
        if self.busy or not self.items or self.results:
            return
        self.busy = True
        yield
        wanted = [Wanted(UUID(approval), args_hash) for approval, args_hash in self.items]
        comment = str(form.get("comment", ""))[: approvals.LONGEST_COMMENT]
        try:
            done = await approvals.decide_many(
                await services.database(), actor, wanted, cast(approvals.Decision, self.decision), comment
            )
        except WeftError as error:
            self.message = f"{error.message} {error.help}".strip()
        else:
            titles = dict(zip([item[0] for item in self.items], self.titles, strict=True))
            self.results = [
                {
                    "id": str(one.approval_id),
                    "title": titles[str(one.approval_id)],
                    "state": one.state,
                    "words": one.refusal or _WORDS.get(one.state, one.state),
                }
                for one in done
            ]
        self.busy = False
        monitor.forget(actor.account_id)
        yield Inbox.refresh
        yield Shell.beat

    async def _sum(self, ids: list[UUID]) -> None:
        """Of the recorded arguments, not of what the page said they are."""
        actor = await authorized(self, "decide")
        db = await services.database()
        effects = [
            effect for approval_id in ids for effect in (await approvals.get(db, actor, approval_id)).effects
        ]
        self.words = summed(effects)


_WORDS = {
    "approved": "is approved. The run goes on.",
    "rejected": "is rejected. The run goes on without it.",
    "open": "has your yes; others must approve as well.",
}


def bulk_dialog() -> rx.Component:
    """The question, then the results."""
    return Modal.create(
        rx.el.header(
            rx.el.h2(
                rx.cond(
                    Bulk.results.length() > 0,
                    "What came of it",
                    rx.cond(Bulk.decision == "reject", "Reject these?", "Approve these?"),
                )
            )
        ),
        rx.cond(
            Bulk.results.length() > 0,
            rx.fragment(
                rx.el.div(BulkResults.create(results=Bulk.results), class_name="body"),
                rx.el.footer(
                    rx.el.button(
                        "Done",
                        type="button",
                        class_name="w-button primary",
                        on_click=Bulk.close,
                        custom_attrs=test_id("bulk-done"),
                    )
                ),
            ),
            _question(),
        ),
        open=Bulk.items.length() > 0,
        label="Several approvals",
        on_close=Bulk.close,
        custom_attrs=test_id("bulk-dialog"),
    )


def _question() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            rx.el.p(Bulk.words, class_name="w-strong", custom_attrs=test_id("bulk-sum")),
            rx.el.ul(
                rx.foreach(Bulk.titles, lambda title: rx.el.li(title, class_name="w-break")),
                class_name="w-import-notes",
            ),
            rx.el.div(
                rx.el.label("Comment ", rx.el.span("optional, kept with each", class_name="w-muted w-small")),
                rx.el.textarea(
                    name="comment",
                    rows="2",
                    max_length=approvals.LONGEST_COMMENT,
                    class_name="w-input",
                    custom_attrs={**test_id("bulk-comment"), "aria-label": "Comment"},
                ),
                class_name="w-field",
            ),
            rx.el.p("A decision is final: it cannot be taken back.", class_name="w-small w-muted"),
            rx.cond(Bulk.message != "", rx.el.div(Bulk.message, class_name="w-note danger", role="alert")),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Not now", type="button", class_name="w-button", on_click=Bulk.close),
            rx.el.button(
                rx.cond(
                    Bulk.busy,
                    "Deciding…",
                    rx.cond(Bulk.decision == "reject", "Reject them all", "Approve them all"),
                ),
                type="submit",
                disabled=Bulk.busy,
                class_name=["w-button", rx.cond(Bulk.decision == "reject", "danger solid", "primary")],
                custom_attrs=test_id("bulk-confirm"),
            ),
        ),
        on_submit=Bulk.decide,
    )
