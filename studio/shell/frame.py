"""The frame around every page: navigation at the left (at the bottom on a phone), a bar on top, the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import reflex as rx
from reflex.style import color_mode, set_color_mode

from studio.shell.commands import CommandList, Commands
from studio.shell.elements import Pulse, icon, link, test_id
from studio.shell.state import Shell


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    key: str
    title: str
    href: str
    icon: str


PLACES: Final = (
    Place("dashboard", "Dashboard", "/dashboard", "chart-no-axes-column"),
    Place("workflows", "Workflows", "/workflows", "workflow"),
    Place("runs", "Runs", "/runs", "activity"),
    Place("approvals", "Approvals", "/approvals", "stamp"),
    Place("triggers", "Triggers", "/triggers", "alarm-clock"),
    Place("connectors", "Connectors", "/connectors", "plug"),
    Place("secrets", "Secrets", "/secrets", "key-round"),
    Place("models", "Models", "/models", "cpu"),
    Place("notifications", "Notifications", "/notifications", "bell"),
)
SAMPLE: Final = Place("sample", "Sample business", "/sample", "store")
AT_THE_THUMB: Final = 5
"""So many places a phone's bar has room for; the others are behind "More"."""

# (words in the pill, what it means and what to do)
ENGINE: Final = {
    "starting": (
        "Starting…",
        "The engine is starting; this takes about half a minute. You can edit, publish and queue runs meanwhile: "
        "they start by themselves.",
    ),
    "ready": ("Ready", "The engine is up. A published workflow runs within two seconds."),
    "down": (
        "Down",
        "No runner has reported for a while. Nothing is lost: runs you start are queued and begin when the engine is "
        "back. Look at the terminal where ./weft up runs, or run ./weft doctor to see what is wrong.",
    ),
}


def frame(
    content: rx.Component,
    *,
    active: str,
    title: rx.Component | str,
    actions: Sequence[rx.Component] = (),
    bleed: bool = False,
) -> rx.Component:
    """A page in its frame.

    `title` stands in the top bar, `actions` beside it. With `bleed` the page gets all the room, to the edges, and
    scrolls inside itself: the editor.
    """
    return rx.el.div(
        rx.el.a("Skip to the page", href="#page", class_name="w-skip"),
        Pulse.create(every=3000, on_beat=Shell.beat),
        _navigation(active),
        rx.el.div(
            rx.el.header(
                rx.el.div(
                    rx.el.h1(title, class_name="w-top-title") if isinstance(title, str) else title,
                    class_name="w-row w-top-left",
                ),
                rx.el.span(class_name="w-spacer"),
                *actions,
                _engine(),
                _person(),
                class_name="w-top",
            ),
            rx.el.main(content, id="page", class_name="w-page bleed" if bleed else "w-page", tab_index=-1),
            class_name="w-body",
        ),
        class_name="w-frame",
    )


def _navigation(active: str) -> rx.Component:
    return rx.el.nav(
        link(
            rx.el.img(src="/logo.svg", alt="", class_name="w-logo"),
            rx.el.span(
                rx.el.span("Weft Studio", class_name="w-brand-name"),
                rx.el.span(
                    rx.cond(Shell.workspace != "", Shell.workspace, " "),
                    class_name="w-brand-workspace w-truncate",
                    custom_attrs=test_id("workspace"),
                ),
                class_name="w-brand-words",
            ),
            href="/",
            class_name="w-brand",
            custom_attrs={"aria-label": "Weft Studio, home"},
        ),
        Commands.create(
            places=[
                {"key": place.key, "title": place.title, "href": place.href} for place in (*PLACES, SAMPLE)
            ],
            workflows=CommandList.workflows,
            on_open=CommandList.load,
            sign_out=rx.call_script(SIGN_OUT),
        ),
        rx.el.ul(
            *[_entry(place, active) for place in PLACES[:AT_THE_THUMB]],
            *[_entry(place, active, "w-nav-beyond") for place in PLACES[AT_THE_THUMB:]],
            _more(active),
            class_name="w-nav-list",
        ),
        rx.el.span(class_name="w-spacer w-nav-gap"),
        rx.el.ul(_entry(SAMPLE, active), class_name="w-nav-list w-nav-extra"),
        class_name="w-nav",
        custom_attrs={"aria-label": "Main"},
    )


def _more(active: str) -> rx.Component:
    """On a phone: what its bar has no room for."""
    rest = (*PLACES[AT_THE_THUMB:], SAMPLE)
    here = active in {place.key for place in rest}
    return rx.el.li(
        rx.el.button(
            icon("ellipsis", 17),
            rx.el.span("More", class_name="w-nav-words"),
            type="button",
            class_name="w-nav-link here" if here else "w-nav-link",
            custom_attrs={**test_id("nav-more"), "popoverTarget": "nav-more"},
        ),
        rx.el.ul(
            *[
                rx.el.li(
                    link(
                        icon(place.icon, 16),
                        place.title,
                        href=place.href,
                        class_name="w-menu-item",
                        custom_attrs={
                            **test_id(f"more-{place.key}"),
                            **({"aria-current": "page"} if place.key == active else {}),
                        },
                    )
                )
                for place in rest
            ],
            id="nav-more",
            class_name="w-menu w-popover w-nav-sheet",
            custom_attrs={"popover": "auto"},
        ),
        class_name="w-nav-more",
    )


def _entry(place: Place, active: str, kind: str = "") -> rx.Component:
    here = {"aria-current": "page"} if place.key == active else {}
    count = rx.fragment()
    if place.key == "approvals":
        count = _count(Shell.approvals, " waiting", "accent", "approvals-count")
    elif place.key == "dashboard":
        count = _count(Shell.alerts, " alerts", "danger solid", "alerts-count")
    return rx.el.li(
        link(
            icon(place.icon, 17),
            rx.el.span(place.title, class_name="w-nav-words"),
            count,
            href=place.href,
            class_name="w-nav-link",
            custom_attrs={**test_id(f"nav-{place.key}"), **here},
        ),
        class_name=kind,
    )


def _count(number: rx.Var[int], words: str, tone: str, test: str) -> rx.Component:
    return rx.cond(
        number > 0,
        rx.el.span(
            number,
            rx.el.span(words, class_name="w-visually-hidden"),
            class_name=f"w-badge {tone} w-nav-count",
            custom_attrs=test_id(test),
        ),
    )


def _engine() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            rx.el.span("Engine", class_name="w-engine-label"),
            rx.match(Shell.engine, *[(key, words) for key, (words, _) in ENGINE.items()], ""),
            class_name=[
                "w-pill w-engine",
                rx.match(Shell.engine, ("ready", "success"), ("down", "danger"), "warning busy"),
            ],
            type="button",
            custom_attrs={
                **test_id("engine-state"),
                "data-state": Shell.engine,
                "popoverTarget": "engine-help",
            },
        ),
        rx.el.div(
            rx.el.p(rx.match(Shell.engine, *[(key, help) for key, (_, help) in ENGINE.items()], "")),
            id="engine-help",
            class_name="w-menu w-popover wide",
            custom_attrs={"popover": "auto", "role": "note"},
        ),
        custom_attrs={"aria-live": "polite"},
    )


def _person() -> rx.Component:
    modes = (("system", "System", "monitor"), ("light", "Light", "sun"), ("dark", "Dark", "moon"))
    return rx.fragment(
        rx.el.button(
            rx.cond(Shell.letters != "", Shell.letters, "·"),
            class_name="w-avatar",
            type="button",
            custom_attrs={**test_id("user-menu"), "popoverTarget": "user-menu", "aria-label": "Your account"},
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(Shell.person, class_name="w-strong w-truncate"),
                rx.cond(
                    Shell.person != Shell.email,
                    rx.el.div(
                        Shell.email,
                        class_name="w-small w-muted w-truncate",
                        custom_attrs=test_id("user-email"),
                    ),
                ),
                rx.el.div("Role: ", Shell.role, class_name="w-small w-muted"),
                class_name="w-menu-head",
            ),
            rx.el.div(
                *[
                    rx.el.button(
                        icon(name, 14),
                        words,
                        type="button",
                        on_click=set_color_mode(mode),
                        class_name="w-segment",
                        custom_attrs={**test_id(f"theme-{mode}"), "aria-pressed": color_mode == mode},
                    )
                    for mode, words, name in modes
                ],
                class_name="w-segments",
                role="group",
                custom_attrs={"aria-label": "Colours"},
            ),
            rx.el.button(
                icon("log-out", 15),
                "Sign out",
                type="button",
                class_name="w-menu-item",
                on_click=rx.call_script(SIGN_OUT),
                custom_attrs=test_id("sign-out"),
            ),
            id="user-menu",
            class_name="w-menu w-popover",
            custom_attrs={"popover": "auto"},
        ),
    )


# The cookie is HttpOnly: only the server can take it away. The page is left either way.
SIGN_OUT: Final = (
    "fetch('/api/session', {method: 'DELETE', credentials: 'same-origin'})"
    ".finally(() => { sessionStorage.clear(); location.assign('/login'); })"
)


def crumbs(*parts: tuple[Any, str]) -> rx.Component:
    """A path in the top bar: earlier parts are links, the last is the page's heading."""
    *before, (last, _) = parts
    steps: list[rx.Component] = []
    for words, href in before:
        steps += [link(words, href=href, class_name="w-crumb"), icon("chevron-right", 14)]
    return rx.el.div(*steps, rx.el.h1(last, class_name="w-top-title w-truncate"), class_name="w-row w-crumbs")
