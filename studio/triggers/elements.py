"""Components of the page of triggers that live in the browser."""

from __future__ import annotations

import reflex as rx

_FILES = {name: rx.asset(name, shared=True) for name in ("triggers.css", "reading.jsx")}


class Copied(rx.Component):
    """``text`` with a button that copies it; ``code`` shows it in lines."""

    library = _FILES["reading.jsx"].importable_path
    tag = "Copied"
    text: rx.Var[str]
    label: rx.Var[str]
    code: rx.Var[bool]


class Moment(rx.Component):
    """A moment, ISO 8601, as the reader's own clock and calendar have it."""

    library = _FILES["reading.jsx"].importable_path
    tag = "Moment"
    at: rx.Var[str]
