"""/secrets: the names that workflows may use, when each was set and by whom, and who needs it. Never a value."""

from __future__ import annotations

import reflex as rx

from studio.secrets.dialogs import delete_dialog, secret_dialog
from studio.secrets.state import Needs, SecretList, SecretRow
from studio.shell.elements import Menu, TimeAgo, empty, failure, icon, link, skeleton_rows, test_id
from studio.shell.frame import frame


def secrets_page() -> rx.Component:
    """What is missing on top, then the list."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    "What webhooks are signed with. A workflow names a secret and never holds its value; it is sealed "
                    "here, compared where a request comes in, and shown to nobody.",
                    class_name="w-muted w-lead",
                ),
                rx.el.span(class_name="w-spacer"),
                rx.cond(SecretList.can_change, _add()),
                class_name="w-toolbar",
            ),
            failure(SecretList.message, SecretList.help, SecretList.load),
            rx.foreach(SecretList.missing, _missing),
            rx.el.section(
                rx.cond(~SecretList.loaded, skeleton_rows(3), _list()),
                class_name="w-card",
                custom_attrs={"aria-label": "Secrets"},
            ),
            secret_dialog(),
            delete_dialog(),
            class_name="w-stack",
        ),
        active="secrets",
        title="Secrets",
    )


def _add(test: str = "add-secret") -> rx.Component:
    return rx.el.button(
        icon("plus", 15),
        "Set a secret",
        type="button",
        class_name="w-button primary",
        on_click=SecretList.ask(""),
        custom_attrs=test_id(test),
    )


def _missing(each: rx.Var[SecretRow]) -> rx.Component:
    return rx.el.div(
        icon("triangle-alert"),
        rx.el.div(
            rx.el.div(rx.el.span(each.name, class_name="w-mono"), " is not set", class_name="w-strong"),
            rx.el.div("Needed by ", rx.foreach(each.used_by, _use), class_name="w-small"),
        ),
        rx.el.span(class_name="w-spacer"),
        rx.cond(
            SecretList.can_change,
            rx.el.button(
                "Set it",
                type="button",
                class_name="w-button small",
                on_click=SecretList.ask(each.name),
                custom_attrs=test_id("set-missing", name=each.name),
            ),
        ),
        key=each.name,
        class_name="w-note danger",
        custom_attrs=test_id("missing-secret", name=each.name),
    )


def _use(each: rx.Var[Needs]) -> rx.Component:
    return rx.el.span(
        link(each.title, href=each.href, style={"textDecoration": "underline"}), " ", key=each.href
    )


def _list() -> rx.Component:
    return rx.cond(
        SecretList.rows.length() > 0,
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Name"),
                    rx.el.th("Set"),
                    rx.el.th("Used by", class_name="w-secret-uses"),
                    rx.el.th(rx.el.span("What to do", class_name="w-visually-hidden")),
                )
            ),
            rx.el.tbody(rx.foreach(SecretList.rows, _row)),
            class_name="w-table",
        ),
        empty(
            "key-round",
            "No secrets yet",
            "A system that calls a webhook signs what it sends with a secret that both sides know. Declare it in the "
            "workflow (“secret shop_key”), set its value here, and give the same value to that system.",
            rx.cond(
                SecretList.can_change,
                _add("add-secret-first"),
                rx.el.p("An operator or an administrator can set one.", class_name="w-small"),
            ),
            test_id="secrets-empty",
        ),
    )


def _row(each: rx.Var[SecretRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.span(each.name, class_name="w-mono w-strong"),
            rx.cond(
                each.before_until != "",
                rx.el.div(
                    "The value before is valid too; it ends ",
                    TimeAgo.create(at=each.before_until, none=""),
                    class_name="w-small w-muted",
                    custom_attrs=test_id("before-until"),
                ),
            ),
        ),
        rx.el.td(
            TimeAgo.create(at=each.set_at, none=""),
            rx.cond(each.set_by != "", rx.el.div("by ", each.set_by, class_name="w-small w-muted")),
        ),
        rx.el.td(
            rx.cond(
                each.used_by.length() > 0,
                rx.foreach(each.used_by, _use),
                rx.el.span("nothing live", class_name="w-muted"),
            ),
            class_name="w-secret-uses",
        ),
        rx.el.td(
            rx.cond(
                SecretList.can_change,
                Menu.create(
                    icon("ellipsis", 15),
                    label="More about " + each.name,
                    items=each.menu,
                    on_pick=lambda what: SecretList.pick(each.name, what),
                    custom_attrs=test_id("secret-menu"),
                ),
            ),
            class_name="num",
        ),
        key=each.name,
        custom_attrs=test_id("secret-row", name=each.name),
    )
