"""/sample: the business that the sample connectors act on, to see what a run really did."""

from __future__ import annotations

import reflex as rx

from studio.sample.rows import MailRow, OrderRow
from studio.sample.state import SampleBusiness
from studio.shell.elements import TimeAgo, empty, failure, icon, skeleton_rows, test_id
from studio.shell.frame import frame


def sample_page() -> rx.Component:
    """Orders with their refunds, and the mail that went out."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    "A small shop behind real MCP servers. What workflows do to it shows up here: refunds on orders, "
                    "mail in the outbox.",
                    class_name="w-muted w-lead",
                ),
                rx.el.span(class_name="w-spacer"),
                rx.el.button(
                    icon("refresh-cw", 14),
                    rx.cond(SampleBusiness.reading, "Reading…", "Read again"),
                    class_name="w-button",
                    disabled=SampleBusiness.reading,
                    on_click=SampleBusiness.load,
                    custom_attrs=test_id("sample-refresh"),
                ),
                class_name="w-toolbar",
            ),
            failure(SampleBusiness.message, SampleBusiness.help, SampleBusiness.load),
            rx.cond(SampleBusiness.message == "", _business()),
            class_name="w-stack",
        ),
        active="sample",
        title="Sample business",
    )


def _business() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            rx.el.div(icon("shopping-bag"), rx.el.h2("Orders"), class_name="w-card-head"),
            rx.cond(~SampleBusiness.loaded, skeleton_rows(6), _orders()),
            class_name="w-card w-table-card",
        ),
        rx.el.section(
            rx.el.div(icon("mail"), rx.el.h2("Outbox"), class_name="w-card-head"),
            rx.cond(
                ~SampleBusiness.loaded,
                skeleton_rows(2),
                rx.cond(
                    SampleBusiness.mails.length() > 0,
                    rx.el.div(rx.foreach(SampleBusiness.mails, _mail), class_name="w-tools"),
                    empty(
                        "mail",
                        "No mail yet",
                        "A workflow's mail.send puts a message here instead of sending it out.",
                    ),
                ),
            ),
            class_name="w-card",
        ),
    )


def _orders() -> rx.Component:
    heads = ("Order", "Customer", "Items", "Status", "Total", "Refunded", "Placed")
    sums = ("Total", "Refunded")
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                *[
                    rx.el.th(head, class_name=f"w-col-{head.lower()}{' num' * (head in sums)}")
                    for head in heads
                ]
            ),
        ),
        rx.el.tbody(rx.foreach(SampleBusiness.orders, _order)),
        class_name="w-table",
        custom_attrs=test_id("orders-table"),
    )


def _order(each: rx.Var[OrderRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(each.id, class_name="w-mono w-strong w-nowrap w-col-order"),
        rx.el.td(
            each.customer, rx.el.div(each.email, class_name="w-small w-muted"), class_name="w-col-customer"
        ),
        rx.el.td(each.goods, class_name="w-small w-muted w-col-items"),
        rx.el.td(rx.el.span(each.status, class_name="w-badge square"), class_name="w-col-status"),
        rx.el.td(each.total, class_name="num w-nowrap w-col-total"),
        rx.el.td(
            rx.cond(
                each.refunded != "",
                rx.el.span(
                    each.refunded, class_name="w-badge success square", custom_attrs=test_id("order-refunded")
                ),
                rx.el.span("–", class_name="w-muted"),
            ),
            class_name="num w-nowrap w-col-refunded",
        ),
        rx.el.td(TimeAgo.create(at=each.placed), class_name="w-small w-muted w-nowrap w-col-placed"),
        key=each.id,
        custom_attrs=test_id("order-row", id=each.id),
    )


def _mail(each: rx.Var[MailRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(each.subject, class_name="w-strong w-truncate"),
            rx.el.span(each.recipient, class_name="w-muted w-truncate w-tool-doc"),
            rx.el.span(TimeAgo.create(at=each.sent), class_name="w-small w-muted w-nowrap"),
        ),
        rx.el.p(each.body, class_name="w-tool-body w-mail-body"),
        key=each.id,
        class_name="w-tool",
        custom_attrs=test_id("mail-row", to=each.recipient),
    )
