"""/alerts: the rules with how each stands, and what became of them."""

from __future__ import annotations

import reflex as rx

from studio.alerts.dialogs import delete_dialog, rule_dialog, tried_dialog
from studio.alerts.rows import STATES, ChangeRow, RuleRow
from studio.alerts.state import Alerts
from studio.shell.elements import Menu, Pulse, TimeAgo, empty, failure, icon, skeleton_rows, test_id
from studio.shell.frame import crumbs, frame

EVERY_MS = 10_000


def alerts_page() -> rx.Component:
    """Rules on top, the history below."""
    return frame(
        rx.el.div(
            Pulse.create(every=EVERY_MS, on_beat=Alerts.refresh),
            rx.el.div(
                rx.el.p(
                    "A rule watches one number. When it goes too far the rule fires, and your channels hear of it "
                    "once; when it is over they hear of that too.",
                    class_name="w-muted w-lead",
                ),
                rx.el.span(class_name="w-spacer"),
                rx.cond(Alerts.can_change & (Alerts.rows.length() > 0), _add()),
                class_name="w-toolbar",
            ),
            failure(Alerts.message, Alerts.help, Alerts.load),
            rx.el.section(
                rx.el.div(icon("bell"), rx.el.h2("Rules"), class_name="w-card-head"),
                rx.cond(
                    Alerts.rows.length() > 0,
                    rx.el.ul(
                        rx.foreach(Alerts.rows, _rule),
                        class_name="w-rules-list",
                        custom_attrs=test_id("rules"),
                    ),
                    rx.cond(Alerts.loaded, _no_rules(), skeleton_rows(3)),
                ),
                class_name="w-card",
            ),
            rx.cond(Alerts.past.length() > 0, _history()),
            rule_dialog(),
            tried_dialog(),
            delete_dialog(),
            class_name="w-stack",
        ),
        active="dashboard",
        title=crumbs(("Dashboard", "/dashboard"), ("Alerts", "")),
    )


def _add(test: str = "add-rule") -> rx.Component:
    return rx.el.button(
        icon("plus", 15),
        "New rule",
        type="button",
        class_name="w-button primary",
        on_click=Alerts.ask,
        custom_attrs=test_id(test),
    )


def _no_rules() -> rx.Component:
    return empty(
        "bell",
        "No rule watches anything yet",
        "A good first one: tell us when one run in five fails over half an hour. Others watch approvals that wait, "
        "runs that begin late, a budget that runs out, a connector that fails, or a schedule that stays silent.",
        rx.cond(Alerts.can_change, _add("add-rule-first")),
        test_id="no-rules",
    )


def _rule(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(
                    rx.match(rule.state, *[(key, words) for key, (words, _) in STATES.items()], rule.state),
                    class_name=[
                        "w-pill",
                        rx.match(rule.state, *[(key, tone) for key, (_, tone) in STATES.items()], ""),
                    ],
                    custom_attrs=test_id("rule-state", state=rule.state),
                ),
                rx.el.h3(rule.name, class_name="w-break"),
                rx.cond(
                    rule.severity != "warning",
                    rx.el.span(
                        rule.severity,
                        class_name=["w-badge square", rx.cond(rule.severity == "critical", "danger", "info")],
                    ),
                ),
                class_name="w-row w-wrap",
            ),
            rx.el.p(
                rule.watches,
                rx.cond(rule.scope != "", rx.fragment(" · ", rule.scope)),
                class_name="w-small w-muted",
            ),
            rx.cond(rule.words != "", rx.el.p(rule.words, custom_attrs=test_id("rule-words"))),
            rx.el.p(
                "Tells ",
                rule.tells,
                rx.cond(
                    rule.since != "",
                    rx.fragment(
                        " · ",
                        rx.cond(rule.state == "firing", "since ", "last changed "),
                        TimeAgo.create(at=rule.since),
                    ),
                ),
                rx.cond(rule.until != "", rx.fragment(" · silent, ends ", TimeAgo.create(at=rule.until))),
                rx.cond(rule.looked != "", rx.fragment(" · looked at ", TimeAgo.create(at=rule.looked))),
                class_name="w-small w-muted",
            ),
            class_name="w-rule-words",
        ),
        rx.cond(
            Alerts.can_change,
            rx.el.div(
                rx.el.button(
                    "Test",
                    type="button",
                    class_name="w-button small",
                    on_click=Alerts.act(rule.id, "test"),
                    custom_attrs={**test_id("rule-test"), "aria-label": "Test " + rule.name},
                ),
                Menu.create(
                    icon("ellipsis", 15),
                    label="More about " + rule.name,
                    items=rule.menu,
                    on_pick=lambda key: Alerts.act(rule.id, key),
                    custom_attrs=test_id("rule-menu"),
                ),
                class_name="w-row",
            ),
        ),
        custom_attrs=test_id("rule", state=rule.state),
    )


def _history() -> rx.Component:
    return rx.el.section(
        rx.el.div(icon("history"), rx.el.h2("History"), class_name="w-card-head"),
        rx.el.ul(
            rx.foreach(Alerts.past, _change), class_name="w-rules-list", custom_attrs=test_id("alert-history")
        ),
        class_name="w-card",
    )


def _change(change: rx.Var[ChangeRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(change.what, class_name=["w-pill", change.tone]),
                rx.el.span(change.rule, class_name="w-strong w-break"),
                class_name="w-row w-wrap",
            ),
            rx.cond(change.words != "", rx.el.p(change.words, class_name="w-small")),
            class_name="w-rule-words",
        ),
        rx.el.div(
            rx.cond(change.by != "", rx.fragment(change.by, " · ")),
            TimeAgo.create(at=change.at),
            class_name="w-small w-muted",
        ),
    )
