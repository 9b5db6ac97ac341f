"""/connectors: which systems workflows can act on, how they are, and every tool with its pinned definition and with
what the account's policy says of it."""

from __future__ import annotations

import reflex as rx

from studio.connectors.policy_form import policy_dialog
from studio.connectors.rows import PINS, ConnectorRow, Field, ToolRow
from studio.connectors.state import ConnectorList
from studio.shell.elements import Json, TimeAgo, empty, failure, icon, skeleton_rows, test_id
from studio.shell.frame import frame


def connectors_page() -> rx.Component:
    """The list, and the dialog in which an administrator says what a tool may do."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    "Tools are pinned: a workflow is checked and run against the definition that was accepted, not "
                    "against whatever a server says later. What a tool may do, and who has to approve it, is what an "
                    "administrator says here.",
                    class_name="w-muted w-lead",
                ),
                rx.el.span(class_name="w-spacer"),
                rx.el.button(
                    icon("refresh-cw", 14),
                    rx.cond(ConnectorList.checking, "Checking…", "Check again"),
                    class_name="w-button",
                    disabled=ConnectorList.checking,
                    on_click=ConnectorList.check,
                    custom_attrs=test_id("check-connectors"),
                ),
                class_name="w-toolbar",
            ),
            failure(ConnectorList.message, ConnectorList.help, ConnectorList.load),
            policy_dialog(),
            rx.cond(
                ~ConnectorList.loaded,
                rx.el.div(skeleton_rows(3), class_name="w-card"),
                rx.cond(
                    ConnectorList.rows.length() > 0,
                    rx.el.div(rx.foreach(ConnectorList.rows, _connector), class_name="w-stack"),
                    empty(
                        "plug",
                        "No connectors",
                        "A connector is an MCP server that workflows may call. The sample business has three; "
                        "./weft up adds them.",
                    ),
                ),
            ),
            class_name="w-stack",
        ),
        active="connectors",
        title="Connectors",
    )


def _connector(each: rx.Var[ConnectorRow]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(each.title),
            rx.el.span(each.name, class_name="w-mono w-small w-muted"),
            rx.el.span(
                rx.match(each.health, ("ok", "Up"), ("down", "Down"), "Not asked yet"),
                class_name=["w-pill", rx.match(each.health, ("ok", "success"), ("down", "danger"), "")],
                custom_attrs=test_id("connector-health", state=each.health),
            ),
            rx.cond(
                each.trusted,
                rx.el.span(
                    "Trusted",
                    class_name="w-badge square",
                    title="The operator believes what this server says about its tools' effects.",
                ),
                rx.el.span(
                    "Not trusted",
                    class_name="w-badge square",
                    title="Every tool counts as one that changes something.",
                ),
            ),
            rx.cond(~each.enabled, rx.el.span("Off", class_name="w-badge warning square")),
            rx.el.span(class_name="w-spacer"),
            rx.el.span(
                each.count,
                " · checked ",
                TimeAgo.create(at=each.checked, none="never"),
                class_name="w-small w-muted w-nowrap",
            ),
            class_name="w-card-head w-wrap",
        ),
        rx.cond(
            each.message != "",
            rx.el.div(
                icon("circle-alert"),
                rx.el.div(
                    each.message,
                    rx.el.div(
                        "Runs that need it retry, then fail with “unavailable”.", class_name="w-small w-muted"
                    ),
                ),
                class_name="w-note danger w-inset",
            ),
        ),
        rx.cond(
            each.url != "", rx.el.p(each.url, class_name="w-mono w-small w-muted w-inset-text w-truncate")
        ),
        rx.el.div(rx.foreach(each.tools, _tool), class_name="w-tools"),
        key=each.name,
        class_name="w-card",
        custom_attrs=test_id("connector-card", name=each.name),
    )


def _tool(each: rx.Var[ToolRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(each.name, class_name="w-mono w-tool-name"),
            rx.foreach(
                each.marks,
                lambda mark: rx.el.span(
                    mark.words, title=mark.title, class_name=["w-badge square", mark.tone]
                ),
            ),
            rx.cond(
                each.state != "pinned",
                rx.match(
                    each.state,
                    *[
                        (key, rx.el.span(words, title=meaning, class_name=f"w-badge square {tone}"))
                        for key, (words, tone, meaning) in PINS.items()
                    ],
                    rx.fragment(),
                ),
            ),
            rx.el.span(each.doc, class_name="w-muted w-truncate w-tool-doc"),
            rx.el.span(each.pin, class_name="w-mono w-small w-muted w-tool-pin", title="Pin: " + each.sha256),
        ),
        rx.el.div(
            rx.el.p(each.doc),
            rx.el.div(
                rx.el.p(each.says, custom_attrs=test_id("tool-policy")),
                rx.cond(
                    ConnectorList.can_say,
                    rx.el.button(
                        icon("shield", 14),
                        "Change",
                        type="button",
                        class_name="w-button small",
                        title="Say what this tool may do and who approves it",
                        on_click=ConnectorList.edit(each.full_name),
                        custom_attrs=test_id("edit-policy", name=each.full_name),
                    ),
                ),
                class_name="w-note w-policy",
            ),
            rx.el.div(
                _fields("Takes", each.takes),
                _fields("Gives", each.gives),
                class_name="w-two",
            ),
            rx.el.details(
                rx.el.summary("Schemas", class_name="w-small"),
                Json.create(value=each.schema, label="Schemas"),
            ),
            rx.el.p(
                "Pin ", rx.el.span(each.sha256, class_name="w-mono"), class_name="w-small w-muted w-break"
            ),
            class_name="w-tool-body",
        ),
        key=each.full_name,
        class_name="w-tool",
        custom_attrs=test_id("tool-row", name=each.full_name),
    )


def _fields(title: str, fields: rx.Var[list[Field]]) -> rx.Component:
    return rx.el.div(
        rx.el.h3(title),
        rx.cond(
            fields.length() > 0,
            rx.el.dl(
                rx.foreach(
                    fields,
                    lambda each: rx.fragment(
                        rx.el.dt(
                            rx.el.span(each.name, class_name="w-mono"),
                            " ",
                            rx.el.span(each.type, class_name="w-small w-muted"),
                            rx.cond(each.required, rx.el.span(" required", class_name="w-small w-required")),
                        ),
                        rx.cond(each.doc != "", rx.el.dd(each.doc, class_name="w-small w-muted")),
                    ),
                ),
                class_name="w-field-list",
            ),
            rx.el.p("Nothing described.", class_name="w-small w-muted"),
        ),
    )
