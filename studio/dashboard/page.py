"""/dashboard."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from studio.dashboard.chart import Between, Chart
from studio.dashboard.state import Board
from studio.dashboard.tables import calls_card, steps_card, waits_card
from studio.shell.elements import Pulse, TimeAgo, empty, failure, icon, link, test_id
from studio.shell.frame import frame

SPANS: Final = (("1h", "1 h"), ("24h", "24 h"), ("7d", "7 d"), ("30d", "30 d"), ("90d", "90 d"))
EVERY_MS: Final = 15_000
TILES: Final = 8


def dashboard_page() -> rx.Component:
    """What is looked at on top, then the numbers of now and the time, then charts, then what to look into."""
    return frame(
        rx.el.div(
            Pulse.create(every=EVERY_MS, on_beat=Board.refresh),
            _bar(),
            failure(Board.message, Board.help, Board.retry),
            rx.cond(
                Board.firing.length() > 0,
                rx.el.div(
                    rx.foreach(Board.firing, _firing), class_name="w-firing", custom_attrs=test_id("firing")
                ),
            ),
            rx.cond(Board.ever, _numbers(), _nothing_yet()),
            class_name="w-stack",
        ),
        active="dashboard",
        title="Dashboard",
        actions=(
            link(
                icon("bell", 14),
                "Alerts",
                href="/alerts",
                class_name="w-button small",
                custom_attrs=test_id("to-alerts"),
            ),
        ),
    )


def _firing(alert: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.div(
        icon("bell-ring"),
        rx.el.div(
            rx.el.span(alert["name"], class_name="w-strong"),
            rx.el.div(
                alert["words"], " Since ", TimeAgo.create(at=alert["since"]), ".", class_name="w-small"
            ),
        ),
        rx.el.span(class_name="w-spacer"),
        link("Look at it", href="/alerts", class_name="w-button small"),
        class_name=[
            "w-note",
            rx.cond(
                alert["severity"] == "info",
                "info",
                rx.cond(alert["severity"] == "critical", "danger", "warning"),
            ),
        ],
        role="status",
    )


def _bar() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                *[_range(name, words) for name, words in SPANS],
                rx.el.button(
                    "Custom",
                    type="button",
                    class_name="w-segment",
                    on_click=Board.choose_range("custom"),
                    custom_attrs={
                        **test_id("range-custom"),
                        "aria-pressed": (Board.span == "custom") | Board.picking,
                    },
                ),
                class_name="w-segments",
                role="group",
                custom_attrs={"aria-label": "Time"},
            ),
            rx.el.select(
                rx.el.option("All workflows", value=""),
                rx.foreach(Board.choices, lambda each: rx.el.option(each[1], value=each[0])),
                value=Board.workflow,
                on_change=Board.choose_workflow,
                class_name="w-input w-filter",
                custom_attrs={**test_id("board-workflow"), "aria-label": "Workflow"},
            ),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                rx.cond(Board.paused, icon("play", 14), icon("pause", 14)),
                rx.cond(Board.paused, "Follow", "Pause"),
                type="button",
                class_name="w-button",
                title="The numbers come anew every 15 seconds",
                on_click=Board.pause,
                custom_attrs={**test_id("board-pause"), "aria-pressed": Board.paused},
            ),
            class_name="w-toolbar w-board-bar",
        ),
        rx.cond(
            Board.picking | (Board.span == "custom"),
            Between.create(since=Board.since, until=Board.until, on_pick=Board.choose_between),
        ),
        class_name="w-stack",
    )


def _range(name: str, words: str) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        class_name="w-segment",
        on_click=Board.choose_range(name),
        custom_attrs={
            **test_id(f"range-{name}"),
            "aria-pressed": (Board.span == name) & ~Board.picking,
        },
    )


def _numbers() -> rx.Component:
    return rx.fragment(
        rx.cond(
            Board.tiles.length() > 0,
            rx.el.div(rx.foreach(Board.tiles, _tile), class_name="w-tiles", custom_attrs=test_id("tiles")),
            rx.el.div(*[_tile_skeleton() for _ in range(TILES)], class_name="w-tiles"),
        ),
        rx.el.div(
            _card("Runs by how they ended", "activity", _chart("outcomes", 220), wide=True),
            _card("How long runs took", "timer", _chart("durations")),
            _card(
                "Queue",
                "layers",
                _chart("queue"),
                rx.cond(
                    Board.workflow != "",
                    rx.el.span("of the whole workspace", class_name="w-board-note"),
                ),
            ),
            _card(
                "Waiting approvals",
                "stamp",
                rx.fragment(
                    _chart("approvals", 130),
                    rx.el.ul(rx.foreach(Board.ages, _age), class_name="w-ages", custom_attrs=test_id("ages")),
                ),
            ),
            _card("Model cost", "wallet", _chart("cost", 230)),
            steps_card(),
            calls_card(),
            waits_card(),
            class_name="w-boards",
        ),
    )


def _chart(name: str, height: int = 190) -> rx.Component:
    labels = {
        "outcomes": "Runs by how they ended",
        "durations": "How long runs took",
        "queue": "Queue",
        "approvals": "How long the oldest approval had waited",
        "cost": "Model cost",
    }
    return Chart.create(
        spec=Board.shown[name].to(dict[str, Any]), label=labels[name], height=height, loaded=Board.loaded
    )


def _card(
    title: str, sign: str, body: rx.Component, note: rx.Component | None = None, wide: bool = False
) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            icon(sign), rx.el.h2(title), *([note] if note is not None else []), class_name="w-card-head"
        ),
        rx.el.div(body, class_name="w-card-body"),
        class_name="w-card wide" if wide else "w-card",
    )


def _tile(tile: rx.Var[dict[str, str]]) -> rx.Component:
    return link(
        rx.el.span(tile["label"], class_name="w-tile-label"),
        rx.el.span(
            tile["value"], class_name=["w-tile-value", tile["tone"]], custom_attrs=test_id("tile-value")
        ),
        rx.el.span(tile["note"], class_name=["w-tile-note", tile["note_tone"]]),
        href=tile["href"],
        class_name="w-card w-tile",
        custom_attrs={"data-testid": "tile-" + tile["key"].to(str)},
    )


def _tile_skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(class_name="w-skeleton", style={"width": "50%"}),
        rx.el.div(class_name="w-skeleton", style={"width": "35%"}),
        rx.el.div(class_name="w-skeleton", style={"width": "70%"}),
        class_name="w-card w-tile",
        custom_attrs={"aria-hidden": "true"},
    )


def _age(each: rx.Var[dict[str, Any]]) -> rx.Component:
    return rx.el.li(
        rx.el.span(each["words"].to(str), class_name="w-muted"),
        rx.el.div(
            rx.el.div(
                class_name=["w-meter-fill", each["tone"].to(str)],
                style={"width": each["share"].to(str) + "%"},
            ),
            class_name="w-meter",
            custom_attrs={"aria-hidden": "true"},
        ),
        link(each["n"].to(str), href="/approvals", class_name="w-number"),
    )


def _nothing_yet() -> rx.Component:
    return rx.el.div(
        empty(
            "chart-no-axes-column",
            "Nothing has run yet",
            "Once a published workflow runs, this page shows how it goes: how many runs succeed, how long they take, "
            "what waits for a person, which step is slow, which connector fails, and what models cost. Every number "
            "leads to the runs behind it.",
            rx.el.div(
                link("Your workflows", href="/workflows", class_name="w-button primary"),
                link("Start from a template", href="/templates", class_name="w-button"),
                class_name="w-row w-wrap",
            ),
            test_id="board-empty",
        ),
        class_name="w-card",
    )
