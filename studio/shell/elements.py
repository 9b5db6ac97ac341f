"""Small things every page is put together from. Shapes and colours are in assets/weft.css."""

from __future__ import annotations

from typing import Any

import reflex as rx

_PULSE = rx.asset("pulse.jsx", shared=True)
_TIME = rx.asset("time.jsx", shared=True)
_MODAL = rx.asset("modal.jsx", shared=True)
_VALUE = rx.asset("value.jsx", shared=True)
_MENU = rx.asset("menu.jsx", shared=True)
_AWAY = rx.asset("away.jsx", shared=True)

Text = str | rx.Var[str]


class Pulse(rx.Component):
    """Fires `on_beat` every `every` milliseconds while the page is visible, and when it becomes visible."""

    library = _PULSE.importable_path
    tag = "Pulse"
    every: rx.Var[int]
    on_beat: rx.EventHandler[rx.event.no_args_event_spec]


class Away(rx.Component):
    """Says so while the studio does not answer."""

    library = _AWAY.importable_path
    tag = "Away"


class PageTitle(rx.Component):
    """The page's title in the browser, from `words`; nothing while they are empty."""

    library = _AWAY.importable_path
    tag = "PageTitle"
    words: rx.Var[str]


class TimeAgo(rx.Component):
    """ "4 min ago" from an ISO time; `none` when there is none."""

    library = _TIME.importable_path
    tag = "TimeAgo"
    at: rx.Var[str]
    none: rx.Var[str]


class Elapsed(rx.Component):
    """How long from `since` until `until`; counts on while `until` is empty."""

    library = _TIME.importable_path
    tag = "Elapsed"
    since: rx.Var[str]
    until: rx.Var[str]
    none: rx.Var[str]


class Modal(rx.Component):
    """A modal dialog over the page."""

    library = _MODAL.importable_path
    tag = "Modal"
    open: rx.Var[bool]
    label: rx.Var[str]
    wide: rx.Var[bool]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]


class Menu(rx.Component):
    """A button with a menu behind it: `items` are `{"key", "label", "tone"?}`, `on_pick` gets a key. Its children are
    what the button shows."""

    library = _MENU.importable_path
    tag = "Menu"
    label: rx.Var[str]
    items: rx.Var[list[dict[str, str]]]
    on_pick: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class Value(rx.Component):
    """Any JSON value, for people to read."""

    library = _VALUE.importable_path
    tag = "Value"
    value: rx.Var[Any]


class Json(rx.Component):
    """Any JSON value as indented text with a copy button."""

    library = _VALUE.importable_path
    tag = "Json"
    value: rx.Var[Any]
    label: rx.Var[str]


class Large(rx.Component):
    """A value that is too large to be shown: its size, and a link to it unless `address` is ""."""

    library = _VALUE.importable_path
    tag = "Large"
    size: rx.Var[str]
    address: rx.Var[str]


def icon(name: str, size: int = 16, **props: Any) -> rx.Component:
    """A line icon, hidden from screen readers: the words beside it say it."""
    return rx.icon(name, size=size, custom_attrs={"strokeWidth": 1.75, "aria-hidden": "true"}, **props)


def empty(name: str, title: str, teach: Text, *actions: rx.Component, test_id: str = "") -> rx.Component:
    """An empty place that says what will be here and how to get it."""
    return rx.el.div(
        rx.el.span(icon(name, 20), class_name="w-empty-icon"),
        rx.el.h2(title),
        rx.el.p(teach),
        *actions,
        class_name="w-empty",
        custom_attrs={"data-testid": test_id} if test_id else {},
    )


def skeleton_rows(count: int = 5) -> rx.Component:
    """Lines in the place of rows that are on their way, of the height rows have."""
    return rx.el.div(
        *[
            rx.el.div(
                rx.el.div(class_name="w-skeleton", style={"width": f"{26 + (i * 17) % 30}%"}),
                rx.el.div(class_name="w-skeleton", style={"width": "12%"}),
                rx.el.div(class_name="w-skeleton", style={"width": "9%"}),
                class_name="w-skeleton-row",
            )
            for i in range(count)
        ],
        custom_attrs={"aria-busy": "true", "aria-label": "Loading", "role": "status"},
    )


def failure(message: rx.Var[str], help: rx.Var[str], retry: Any = None) -> rx.Component:
    """What went wrong and what to do, in the place of what should be there. Nothing while there is no message."""
    return rx.cond(
        message != "",
        rx.el.div(
            icon("circle-alert"),
            rx.el.div(
                rx.el.div(message, class_name="w-strong"),
                rx.cond(help != "", rx.el.div(help, class_name="w-small w-muted")),
            ),
            rx.el.span(class_name="w-spacer"),
            *([rx.el.button("Try again", class_name="w-button small", on_click=retry)] if retry else []),
            class_name="w-note danger",
            role="alert",
            custom_attrs={"data-testid": "failure"},
        ),
    )


def link(*children: Any, href: Any, **props: Any) -> rx.Component:
    """A link inside the studio: the page changes without being loaded again."""
    return rx.el.a(*children, href=href, **props)


def fact(label: str, *value: Any) -> rx.Component:
    """A label over its value."""
    return rx.el.div(
        rx.el.dt(label, class_name="w-small w-muted"),
        rx.el.dd(*value, class_name="w-fact-value"),
        class_name="w-fact",
    )


def test_id(test: Text, /, **more: Any) -> dict[str, Any]:
    """The attributes a test finds an element by."""
    return {"data-testid": test, **{f"data-{key.replace('_', '-')}": value for key, value in more.items()}}
