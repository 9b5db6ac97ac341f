"""The components of the dashboard that live in the browser. Why they are our own: docs/decisions/0083."""

from __future__ import annotations

from typing import Any

import reflex as rx

_FILES = {
    name: rx.asset(name, shared=True) for name in ("dashboard.css", "scales.js", "chart.jsx", "between.jsx")
}


class Chart(rx.Component):
    """A chart over time with a table of its numbers; `spec` is what :mod:`studio.dashboard.shown` makes."""

    library = _FILES["chart.jsx"].importable_path
    tag = "Chart"
    spec: rx.Var[dict[str, Any]]
    label: rx.Var[str]
    height: rx.Var[int]
    loaded: rx.Var[bool]


def _picked(picked: rx.Var[dict[str, str]]) -> tuple[rx.Var[str], rx.Var[str]]:
    return picked["since"].to(str), picked["until"].to(str)


class Between(rx.Component):
    """From when until when."""

    library = _FILES["between.jsx"].importable_path
    tag = "Between"
    since: rx.Var[str]
    until: rx.Var[str]
    on_pick: rx.EventHandler[_picked]
