"""/notifications: who is told what, over which way, and what came of it."""

from __future__ import annotations

import reflex as rx

from studio.notifications.dialog import channel_dialog, delete_dialog, secret_dialog
from studio.notifications.rows import KINDS, ChannelRow, Sending
from studio.notifications.state import Channels
from studio.shell.elements import Menu, Pulse, TimeAgo, empty, failure, icon, link, skeleton_rows, test_id
from studio.shell.frame import frame


def notifications_page() -> rx.Component:
    """One's own wish, the channels, and what was sent lately."""
    return frame(
        rx.el.div(
            Pulse.create(every=5000, on_beat=Channels.refresh),
            rx.el.p(
                "People and other systems are told when an approval opens, is about to expire, is escalated or "
                "decided, when a run fails or needs a review, and when an alert goes off. A message holds a link; "
                "nothing is ever decided by following it.",
                class_name="w-muted w-lead",
            ),
            failure(Channels.message, Channels.help, Channels.load),
            rx.cond(Channels.may_decide, _wish()),
            rx.el.section(
                rx.el.div(
                    rx.el.h2("Channels"),
                    rx.el.span(class_name="w-spacer"),
                    rx.cond(Channels.can_change & (Channels.rows.length() > 0), _add("add-")),
                    class_name="w-card-head",
                ),
                rx.cond(
                    ~Channels.loaded,
                    skeleton_rows(2),
                    rx.cond(
                        Channels.rows.length() > 0,
                        rx.el.ul(rx.foreach(Channels.rows, _channel), class_name="w-models"),
                        empty(
                            "bell",
                            "Nobody is told yet",
                            rx.cond(
                                Channels.can_change,
                                "Add a way to tell people: an e-mail to a group, a message in a chat, or a signed "
                                "request to a system of yours.",
                                "An operator or administrator can add an e-mail, a chat or a webhook here.",
                            ),
                            rx.cond(Channels.can_change, _add("first-")),
                            test_id="channels-empty",
                        ),
                    ),
                ),
                class_name="w-card",
                custom_attrs={"aria-label": "Channels"},
            ),
            _sent(),
            channel_dialog(),
            secret_dialog(),
            delete_dialog(),
            class_name="w-stack w-narrow",
        ),
        active="notifications",
        title="Notifications",
    )


def _add(prefix: str) -> rx.Component:
    return rx.el.div(
        *[
            rx.el.button(
                icon(name, 14),
                words.partition(" (")[0],
                type="button",
                class_name="w-button small",
                on_click=Channels.add(key),
                custom_attrs={
                    **test_id(f"{prefix}{key}"),
                    "aria-label": f"Add a channel: {words.partition(' (')[0]}",
                },
            )
            for key, (words, name) in KINDS.items()
        ],
        class_name="w-row w-wrap",
    )


def _wish() -> rx.Component:
    return rx.el.section(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=Channels.wish,
                on_change=lambda _: Channels.switch_wish(),
                custom_attrs=test_id("wish"),
            ),
            rx.el.span("Tell me by e-mail about approvals for my role", class_name="w-strong"),
            class_name="w-check",
        ),
        rx.el.p(
            rx.cond(
                Channels.wish_possible,
                "When one opens, is about to expire, or is escalated to you or to whom you stand in for.",
                "No mail server is set yet: an e-mail channel with its own server, or the installation's "
                "WEFT_SMTP_HOST, makes this work.",
            ),
            class_name="w-small w-muted",
        ),
        class_name="w-card w-card-body",
        custom_attrs={"aria-label": "What I want to hear"},
    )


def _channel(each: rx.Var[ChannelRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.match(
                each.kind, *[(key, icon(name, 16)) for key, (_, name) in KINDS.items()], icon("bell", 16)
            ),
            class_name="w-model-number",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.h3(each.name, class_name="w-model-name"),
                rx.cond(~each.enabled, rx.el.span("Off", class_name="w-badge")),
                rx.cond(
                    each.dead > 0, rx.el.span(each.dead, " given up this week", class_name="w-badge danger")
                ),
                rx.cond(each.waiting > 0, rx.el.span(each.waiting, " on the way", class_name="w-badge")),
                class_name="w-row w-wrap",
            ),
            rx.el.p(each.kind_words, " · ", each.place, class_name="w-small w-muted w-break"),
            rx.el.p(each.topics.join(" · "), class_name="w-small w-muted"),
            rx.cond(
                each.trouble != "",
                rx.el.p(each.trouble, class_name="w-small w-model-silent w-break"),
            ),
            rx.cond(
                Channels.tested == each.id,
                rx.el.div(
                    rx.cond(
                        Channels.tested_taken,
                        rx.el.span("It arrived: ", Channels.tested_words),
                        rx.el.span("It did not arrive. ", Channels.tested_words),
                    ),
                    class_name=["w-note", rx.cond(Channels.tested_taken, "success", "danger")],
                    role="status",
                    custom_attrs=test_id("tested"),
                ),
            ),
            class_name="w-model-words",
        ),
        rx.cond(
            Channels.can_change,
            rx.el.div(
                rx.el.button(
                    rx.cond(Channels.testing == each.id, "Sending…", "Send a test"),
                    type="button",
                    class_name="w-button small",
                    disabled=Channels.testing != "",
                    on_click=Channels.test(each.id),
                    custom_attrs=test_id("test-channel"),
                ),
                Menu.create(
                    icon("ellipsis", 15),
                    label="More about this channel",
                    items=rx.cond(
                        each.kind == "webhook",
                        [
                            {"key": "edit", "label": "Change"},
                            {"key": "secret", "label": "New signing secret"},
                            {"key": "delete", "label": "Delete", "tone": "danger"},
                        ],
                        [
                            {"key": "edit", "label": "Change"},
                            {"key": "delete", "label": "Delete", "tone": "danger"},
                        ],
                    ),
                    on_pick=lambda key: Channels.pick(each.id, key),
                    custom_attrs=test_id("channel-menu"),
                ),
                class_name="w-row w-model-actions",
            ),
            rx.fragment(),
        ),
        key=each.id,
        class_name="w-model",
        custom_attrs=test_id("channel", kind=each.kind),
    )


def _sent() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("Sent lately"), class_name="w-card-head"),
        rx.cond(
            Channels.sent.length() > 0,
            rx.foreach(Channels.sent, _one),
            rx.el.p("Nothing was sent yet.", class_name="w-card-body w-muted"),
        ),
        class_name="w-card",
        custom_attrs={"aria-label": "Sent lately"},
    )


def _one(each: rx.Var[Sending]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(
                each.link != "",
                link(each.what, href=each.link, class_name="w-strong"),
                rx.el.span(each.what, class_name="w-strong"),
            ),
            rx.el.span(each.title, class_name="w-truncate w-muted"),
            rx.el.span(class_name="w-spacer"),
            rx.el.span(each.state_words, class_name=["w-pill", each.tone]),
            class_name="w-row",
        ),
        rx.el.p(
            "to ",
            each.target,
            " · ",
            TimeAgo.create(at=each.at),
            rx.cond(each.attempt > 1, rx.fragment(" · ", each.attempt, " attempts")),
            rx.cond(each.again != "", rx.fragment(" · again ", TimeAgo.create(at=each.again))),
            class_name="w-small w-muted w-break",
        ),
        rx.cond(each.words != "", rx.el.p(each.words, class_name="w-small w-break")),
        rx.cond(
            (each.state == "dead") & (each.what != "A test") & Channels.can_change,
            rx.el.div(
                rx.el.button(
                    "Send it again",
                    type="button",
                    class_name="w-button small",
                    on_click=Channels.again(each.id),
                    custom_attrs=test_id("send-again"),
                )
            ),
        ),
        key=each.id,
        class_name="w-list-item",
        custom_attrs=test_id("delivery", state=each.state),
    )
