"""The panel of one trigger: how it is doing, what comes next, and for a webhook what came in."""

from __future__ import annotations

import reflex as rx

from studio.shell.elements import TimeAgo, fact, icon, link, test_id
from studio.triggers.elements import Copied, Moment
from studio.triggers.rows import DeliveryRow, Fire, TriggerRow
from studio.triggers.state import TriggerList
from studio.triggers.words import CATCH_UP

_DETAIL = TriggerList.detail


def panel(each: rx.Var[TriggerRow]) -> rx.Component:
    """Of the one that is chosen."""
    return rx.el.aside(
        _head(each),
        _health(each),
        rx.cond(
            _DETAIL.id == each.id,
            rx.match(
                each.kind,
                ("schedule", _schedule()),
                ("webhook", _webhook()),
                ("event", _event()),
                _manual(each),
            ),
            rx.el.div(class_name="w-skeleton", custom_attrs={"aria-busy": "true"}),
        ),
        key=each.id,
        class_name="w-card w-trigger-panel",
        custom_attrs={**test_id("trigger-panel", name=each.name), "aria-label": "Trigger " + each.name},
    )


def _head(each: rx.Var[TriggerRow]) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            icon("arrow-left", 15),
            type="button",
            class_name="w-button ghost icon small w-back",
            on_click=TriggerList.choose(""),
            custom_attrs={**test_id("trigger-back"), "aria-label": "All triggers"},
        ),
        rx.el.h2(each.name, class_name="w-truncate"),
        rx.el.span(each.state_words, class_name=["w-pill", each.tone], title=each.meaning),
        rx.el.span(class_name="w-spacer"),
        rx.cond(
            TriggerList.can_keep & (each.state != "off"),
            rx.el.button(
                rx.cond(each.state == "paused", icon("play", 14), icon("pause", 14)),
                rx.cond(each.state == "paused", "Resume", "Pause"),
                type="button",
                class_name="w-button small",
                on_click=TriggerList.switch,
                custom_attrs=test_id("trigger-switch"),
            ),
        ),
        rx.el.button(
            icon("x", 15),
            type="button",
            class_name="w-button ghost icon small",
            on_click=TriggerList.choose(""),
            custom_attrs={"aria-label": "Close"},
        ),
        class_name="w-card-head",
    )


def _health(each: rx.Var[TriggerRow]) -> rx.Component:
    return rx.el.section(
        rx.el.p(each.words, class_name="w-strong"),
        rx.cond(
            (each.state == "failing") | (each.state == "no_secret") | (each.state == "refusing"),
            rx.el.div(
                icon("triangle-alert"),
                rx.el.div(
                    each.meaning,
                    rx.cond(each.problem != "", rx.el.div(each.problem, class_name="w-small")),
                ),
                class_name=["w-note", each.tone],
                custom_attrs=test_id("trigger-trouble"),
            ),
            rx.cond(
                each.state == "paused",
                rx.el.div(icon("pause"), rx.el.div(each.meaning), class_name="w-note warning"),
            ),
        ),
        rx.el.dl(
            fact(
                "Workflow",
                link(each.workflow, href="/workflows/" + each.workflow_id),
            ),
            rx.cond(each.next_at != "", fact("Next", TimeAgo.create(at=each.next_at, none=""))),
            fact(
                "Last",
                TimeAgo.create(at=each.last_at, none="never"),
                rx.cond(
                    each.last_run != "",
                    rx.fragment(" · ", link(each.last_words, href="/runs/" + each.last_run)),
                    rx.cond(each.last_at != "", rx.fragment(" · ", each.last_words)),
                ),
            ),
            fact("All it started", link("Its runs", href="/runs?trigger_id=" + each.id)),
            class_name="w-facts",
        ),
        class_name="w-trigger-part",
    )


def _schedule() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            rx.el.h3("The next moments"),
            rx.cond(
                _DETAIL.fires.length() > 0,
                rx.el.ul(
                    rx.el.li(
                        rx.el.span("In ", _DETAIL.zone, class_name="w-small w-muted"),
                        rx.el.span("Where you are", class_name="w-small w-muted"),
                        rx.el.span(""),
                    ),
                    rx.foreach(_DETAIL.fires, _fire),
                    class_name="w-fires",
                    custom_attrs=test_id("next-fires"),
                ),
                rx.el.p("There is none.", class_name="w-muted"),
            ),
            class_name="w-trigger-part",
        ),
        rx.el.section(
            rx.el.h3("When nothing runs here at such a moment"),
            rx.el.select(
                *[rx.el.option(words, value=key) for key, words in CATCH_UP],
                value=_DETAIL.catch_up,
                on_change=TriggerList.catch_up,
                disabled=~TriggerList.can_keep,
                class_name="w-input",
                custom_attrs={**test_id("catch-up"), "aria-label": "What to do about missed moments"},
            ),
            rx.cond(
                _DETAIL.missed > 0,
                rx.el.p(_DETAIL.missed, " left out so far.", class_name="w-small w-muted"),
            ),
            class_name="w-trigger-part",
        ),
    )


def _fire(each: rx.Var[Fire]) -> rx.Component:
    return rx.el.li(
        rx.el.span(each.there, class_name="w-number"),
        rx.el.span(Moment.create(at=each.at), class_name="w-number"),
        rx.el.span(TimeAgo.create(at=each.at, none=""), class_name="w-small w-muted"),
    )


def _webhook() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            rx.el.h3("Its address"),
            Copied.create(text=_DETAIL.url, label="Address of the webhook", code=False),
            rx.el.p(_DETAIL.method, " · ", _DETAIL.check, class_name="w-small w-muted"),
            rx.el.p(
                "Signed with the secret ",
                rx.el.span(_DETAIL.secret, class_name="w-mono"),
                rx.cond(
                    _DETAIL.secret_set,
                    rx.fragment(
                        ", which is set. ", link("Replace it", href="/secrets?name=" + _DETAIL.secret)
                    ),
                    rx.fragment(
                        ", which is not set. ",
                        link("Set it", href="/secrets?name=" + _DETAIL.secret, class_name="w-strong"),
                    ),
                ),
                class_name="w-small",
                custom_attrs=test_id("hook-secret"),
            ),
            rx.cond(
                _DETAIL.previous,
                rx.el.div(
                    icon("clock"),
                    rx.el.div(
                        "The last request was signed with the secret before: its sender has not changed yet."
                    ),
                    class_name="w-note warning",
                ),
            ),
            rx.el.details(
                rx.el.summary("How to call it from a shell", class_name="w-small"),
                Copied.create(text=_DETAIL.example, label="Shell lines that sign and send", code=True),
            ),
            class_name="w-trigger-part",
        ),
        rx.el.section(
            rx.el.div(
                rx.el.h3("What came in"),
                rx.el.span(class_name="w-spacer"),
                rx.cond(
                    TriggerList.can_run,
                    rx.el.button(
                        icon("send", 14),
                        "Send a test",
                        type="button",
                        class_name="w-button small",
                        disabled=~_DETAIL.secret_set,
                        title=rx.cond(_DETAIL.secret_set, "", "Set its secret first"),
                        on_click=TriggerList.ask_test,
                        custom_attrs=test_id("ask-test"),
                    ),
                ),
                class_name="w-row",
            ),
            rx.cond(
                TriggerList.deliveries.length() > 0,
                rx.el.ol(rx.foreach(TriggerList.deliveries, _delivery), class_name="w-deliveries"),
                rx.el.p(
                    "Nothing yet. Give its address and the secret to the system that shall call it, or send a test.",
                    class_name="w-muted",
                ),
            ),
            rx.cond(
                TriggerList.more,
                rx.el.button(
                    "Show more", type="button", class_name="w-button small", on_click=TriggerList.show_more
                ),
            ),
            class_name="w-trigger-part",
        ),
    )


def _delivery(each: rx.Var[DeliveryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                each.words,
                class_name=["w-pill", each.tone],
                custom_attrs=test_id("verdict", verdict=each.verdict),
            ),
            rx.cond(each.test != "", rx.el.span(each.test, class_name="w-badge square")),
            rx.el.span(class_name="w-spacer"),
            rx.cond(each.run_id != "", link("Its run", href="/runs/" + each.run_id, class_name="w-small")),
            rx.el.span(TimeAgo.create(at=each.at, none=""), class_name="w-small w-muted w-nowrap"),
            class_name="w-row",
        ),
        rx.cond(each.why != "", rx.el.p(each.why)),
        rx.cond(each.advice != "", rx.el.p(each.advice, class_name="w-small w-muted")),
        rx.el.p(each.facts, class_name="w-small w-muted"),
        rx.cond(
            each.preview != "",
            rx.el.details(
                rx.el.summary("Its beginning", class_name="w-small"),
                rx.el.pre(
                    each.preview,
                    class_name="w-code",
                    tab_index=0,
                    custom_attrs={"aria-label": "The body's beginning"},
                ),
            ),
        ),
        key=each.id,
        class_name="w-delivery",
        custom_attrs=test_id("delivery", verdict=each.verdict),
    )


def _event() -> rx.Component:
    return rx.el.section(
        rx.el.h3("The event"),
        Copied.create(text=_DETAIL.event, label="Name of the event", code=False),
        rx.el.p(
            "Systems publish it with POST /api/events: its name and a payload, of which the input is made.",
            class_name="w-small w-muted",
        ),
        rx.cond(
            _DETAIL.waiting > 0,
            rx.el.p(_DETAIL.waiting, " of them have not become a run yet.", class_name="w-small"),
        ),
        class_name="w-trigger-part",
    )


def _manual(each: rx.Var[TriggerRow]) -> rx.Component:
    return rx.el.section(
        rx.el.h3("By hand"),
        rx.el.p("People start it from the list of workflows, where a form asks for what it takes."),
        link(
            icon("play", 14),
            "To the workflow",
            href="/workflows/" + each.workflow_id,
            class_name="w-button",
        ),
        class_name="w-trigger-part",
    )
