"""What to look into: the slowest steps, connectors that fail, waits that take long."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.dashboard.state import Board
from studio.shell.elements import icon, link, skeleton_rows, test_id

Row = rx.Var[dict[str, Any]]


def steps_card() -> rx.Component:
    return _card(
        "Slowest steps",
        "hourglass",
        Board.steps.length() > 0,
        _steps(Board.steps, "slow-steps"),
        "No step ended in this time.",
        wide=True,
    )


def waits_card() -> rx.Component:
    return _card(
        "Longest waits",
        "hand",
        Board.waits.length() > 0,
        _steps(Board.waits, "long-waits"),
        "No run waited for a person, a time or an event in this time.",
        wide=True,
    )


def calls_card() -> rx.Component:
    return _card(
        "Connectors",
        "plug",
        Board.calls.length() > 0,
        rx.el.table(
            _head(("Tool", ""), ("Calls", "num"), ("Failed", "num"), ("Why", ""), ("A call takes", "num")),
            rx.el.tbody(rx.foreach(Board.calls, _call)),
            class_name="w-table w-board-table",
            custom_attrs=test_id("board-calls"),
        ),
        "No tool was called in this time.",
        wide=True,
    )


def _card(title: str, sign: str, some: Any, table: rx.Component, nothing: str, wide: bool) -> rx.Component:
    return rx.el.section(
        rx.el.div(icon(sign), rx.el.h2(title), class_name="w-card-head"),
        rx.cond(
            some,
            table,
            rx.cond(
                Board.loaded,
                rx.el.p(nothing, class_name="w-card-body w-muted"),
                skeleton_rows(3),
            ),
        ),
        class_name="w-card wide" if wide else "w-card",
    )


def _head(*columns: tuple[str, str]) -> rx.Component:
    return rx.el.thead(
        rx.el.tr(
            *[rx.el.th(words, class_name=kind, custom_attrs={"scope": "col"}) for words, kind in columns]
        )
    )


def _steps(rows: rx.Var[list[dict[str, str]]], test: str) -> rx.Component:
    return rx.el.table(
        _head(
            ("Step", ""),
            ("Workflow", ""),
            ("Times", "num"),
            ("Failed", "num"),
            ("Half took at most", "num"),
            ("95 % at most", "num"),
            ("Together", "num"),
        ),
        rx.el.tbody(rx.foreach(rows, _step)),
        class_name="w-table w-board-table",
        custom_attrs=test_id(test),
    )


def _number(label: str, *words: Any, rest: bool = True) -> rx.Component:
    """``rest``: a phone has no room for it."""
    kind = "num w-col-rest" if rest else "num"
    return rx.el.td(*words, class_name=kind, custom_attrs={"data-label": label})


def _step(row: Row) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(row["step"].to(str), href=row["href"].to(str), class_name="w-mono w-break"),
            class_name="w-col-step",
        ),
        rx.el.td(row["workflow"].to(str), class_name="w-muted w-col-of"),
        _number("times", row["n"].to(str)),
        _number("failed", rx.cond(row["failed"] != "", _failed(row), "–")),
        _number("half", row["p50"].to(str)),
        _number("95 %", row["p95"].to(str), rest=False),
        _number("together", row["total"].to(str)),
    )


def _failed(row: Row) -> rx.Component:
    return link(
        row["failed"].to(str),
        rx.el.span(" failed runs", class_name="w-visually-hidden"),
        href=row["failed_href"].to(str),
    )


def _call(row: Row) -> rx.Component:
    codes = row["codes"].to(list[dict[str, str]])
    return rx.el.tr(
        rx.el.td(
            link(row["tool"].to(str), href=row["href"].to(str), class_name="w-mono w-break"),
            class_name="w-col-step",
        ),
        _number("calls", row["n"].to(str)),
        _number(
            "failed",
            rx.cond(
                row["failed"] != "",
                rx.el.span(
                    row["failed"].to(str),
                    " (",
                    row["rate"].to(str),
                    ")",
                    class_name=["w-pill", row["tone"].to(str)],
                ),
                "none",
            ),
            rx.cond(row["trend"] != "", rx.el.div(row["trend"].to(str), class_name="w-small w-muted")),
            rest=False,
        ),
        rx.el.td(
            rx.el.div(
                rx.foreach(codes, _code),
                rx.cond(
                    row["more"].to(int) > 0,
                    rx.el.span("and ", row["more"].to(str), " more", class_name="w-muted"),
                ),
                class_name="w-board-codes",
            ),
            class_name="w-col-why",
        ),
        _number("a call", row["mean"].to(str)),
    )


def _code(code: rx.Var[dict[str, str]]) -> rx.Component:
    return link(
        code["code"],
        " ",
        code["n"],
        href=code["href"],
        class_name="w-badge square danger",
    )
