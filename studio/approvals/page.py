"""/approvals: exactly what would happen, and the two buttons. Made for a phone as much as for a desk."""

from __future__ import annotations

import reflex as rx

from studio.approvals.rows import STATES, ApprovalCard, Effect
from studio.approvals.state import Inbox
from studio.runs.elements import test_badge
from studio.shell.elements import Pulse, TimeAgo, Value, empty, failure, icon, link, skeleton_rows, test_id
from studio.shell.frame import frame

_DECISION = rx.asset("decision.jsx", shared=True)


class Decision(rx.Component):
    """A comment and two buttons. `on_decide(approval id, "approve" or "reject", comment)`."""

    library = _DECISION.importable_path
    tag = "Decision"

    approval: rx.Var[str]
    title: rx.Var[str]
    busy: rx.Var[bool]
    refusal: rx.Var[str]
    on_decide: rx.EventHandler[rx.event.passthrough_event_spec(str, str, str)]


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
            failure(Inbox.message, Inbox.help, Inbox.load),
            rx.cond(
                ~Inbox.loaded,
                rx.el.div(skeleton_rows(4), class_name="w-card"),
                rx.cond(Inbox.tab == "open", _open(), _history()),
            ),
            class_name="w-stack w-narrow",
        ),
        active="approvals",
        title="Approvals",
    )


def _tab(key: str, words: str) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        role="tab",
        on_click=Inbox.show(key),
        custom_attrs={**test_id(f"tab-{key}"), "aria-selected": Inbox.tab == key},
    )


def _open() -> rx.Component:
    return rx.cond(
        Inbox.cards.length() > 0,
        rx.el.div(rx.foreach(Inbox.cards, _card), class_name="w-stack"),
        empty(
            "stamp",
            "Nothing waits for a decision",
            "When a workflow reaches an approve step, its run stops here. You see exactly which tools would be called "
            "with which arguments; nothing of it happens until somebody approves.",
            link("See the history", href="#", on_click=Inbox.show("history"), class_name="w-button"),
            test_id="approvals-empty",
        ),
    )


def _card(each: rx.Var[ApprovalCard]) -> rx.Component:
    return rx.el.article(
        rx.el.header(
            rx.el.h2(each.title, class_name="w-approval-title"),
            rx.el.p(
                rx.cond(each.trial, rx.fragment(test_badge(), " ")),
                link(each.workflow, href=f"/runs/{each.run_id}"),
                rx.cond(each.asked_by != "", rx.el.span(" · asked by ", each.asked_by)),
                " · ",
                TimeAgo.create(at=each.created),
                rx.cond(
                    each.escalates != "",
                    rx.el.span(" · escalates ", TimeAgo.create(at=each.escalates), class_name="w-expires"),
                ),
                rx.cond(
                    each.escalated, rx.el.span(" · escalated: others may decide too", class_name="w-expires")
                ),
                rx.cond(
                    each.expires != "",
                    rx.el.span(" · expires ", TimeAgo.create(at=each.expires), class_name="w-expires"),
                ),
                class_name="w-small w-muted",
            ),
            class_name="w-approval-head",
        ),
        rx.el.section(
            rx.el.h3("If you approve, this happens"),
            rx.cond(
                each.effects.length() > 0,
                rx.foreach(each.effects, _effect),
                rx.el.p("No tool is called behind this gate; the run only goes on.", class_name="w-muted"),
            ),
            class_name="w-approval-part",
        ),
        rx.cond(
            each.has_shown,
            rx.el.section(
                rx.el.h3("What the workflow shows you"),
                rx.el.div(
                    Value.create(value=each.shown),
                    class_name="w-shown",
                    custom_attrs=test_id("approval-shown"),
                ),
                class_name="w-approval-part",
            ),
        ),
        rx.el.footer(
            rx.el.p(
                "May decide: ",
                each.approvers,
                rx.cond(each.quorum != "", rx.el.span(" · ", each.quorum)),
                class_name="w-small w-muted",
            ),
            Decision.create(
                approval=each.id,
                title=each.title,
                busy=Inbox.deciding == each.id,
                refusal=each.refusal,
                on_decide=Inbox.decide,
            ),
            class_name="w-approval-foot",
        ),
        key=each.id,
        class_name="w-card w-approval",
        custom_attrs=test_id("approval-card", id=each.id, run=each.run_id),
    )


def _effect(each: rx.Var[Effect]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon("zap", 14),
            rx.el.span(each.tool, class_name="w-mono w-strong"),
            rx.cond(
                each.stubbed,
                rx.el.span(
                    "not really, in this test", class_name="w-badge", custom_attrs=test_id("effect-stubbed")
                ),
            ),
            class_name="w-row w-effect-tool",
        ),
        rx.cond(
            each.known,
            Value.create(value=each.arguments),
            rx.el.p(
                "Its arguments depend on steps that have not run yet, so they cannot be shown now.",
                class_name="w-small w-muted w-effect-note",
            ),
        ),
        rx.cond(
            each.pending.length() > 0,
            rx.el.p("Decided later: ", each.pending.join(", "), class_name="w-small w-muted w-effect-note"),
        ),
        class_name="w-effect",
        custom_attrs=test_id("approval-effect", tool=each.tool),
    )


def _history() -> rx.Component:
    return rx.cond(
        Inbox.history.length() > 0,
        rx.el.div(rx.foreach(Inbox.history, _decided), class_name="w-card w-list"),
        empty(
            "history",
            "No decisions yet",
            "Every decision is kept with who made it, when, and what they said.",
        ),
    )


def _decided(each: rx.Var[ApprovalCard]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            link(each.title, href=f"/runs/{each.run_id}", class_name="w-strong"),
            rx.el.span(class_name="w-spacer"),
            rx.el.span(
                rx.match(each.state, *[(key, words) for key, (words, _) in STATES.items()], each.state),
                class_name=[
                    "w-pill",
                    rx.match(each.state, *[(key, tone) for key, (_, tone) in STATES.items()], ""),
                ],
            ),
            class_name="w-row",
        ),
        rx.el.p(each.workflow, " · ", TimeAgo.create(at=each.decided), class_name="w-small w-muted"),
        rx.foreach(
            each.decisions,
            lambda said: rx.el.p(
                said["email"],
                " ",
                said["words"],
                rx.cond(said["comment"] != "", rx.el.span(": “", said["comment"], "”")),
                class_name="w-small",
            ),
        ),
        key=each.id,
        class_name="w-list-item",
        custom_attrs=test_id("approval-history", id=each.id, state=each.state),
    )
