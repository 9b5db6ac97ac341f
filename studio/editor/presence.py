"""Who else has the draft open, in the top bar."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.state import EditorState
from studio.shell.elements import test_id

SHEET = rx.asset("room.css", shared=True)
SHOWN = 4


def avatars() -> rx.Component:
    """A round mark for each; their names when one points at them, and for screen readers."""
    return rx.cond(
        EditorState.ready & (EditorState.others.length() > 0),
        rx.el.ul(
            rx.foreach(EditorState.others[:SHOWN], _avatar),
            rx.cond(
                EditorState.others.length() > SHOWN,
                rx.el.li(
                    "+", EditorState.others.length() - SHOWN, class_name="wf-avatar", title="And others"
                ),
            ),
            class_name="wf-avatars",
            custom_attrs={**test_id("others"), "aria-label": "Also here"},
        ),
    )


def _avatar(one: rx.Var[dict[str, Any]]) -> rx.Component:
    return rx.el.li(
        rx.el.span(one["letters"].to(str), custom_attrs={"aria-hidden": "true"}),
        rx.el.span(one["name"].to(str), class_name="w-visually-hidden"),
        class_name="wf-avatar",
        title=one["name"].to(str) + " is here too",
        custom_attrs={**test_id("other"), "data-colour": one["colour"].to(int)},
    )
