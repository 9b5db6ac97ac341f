"""The canvas and the text beside each other, or one of them; which is seen is a choice of the browser."""

from __future__ import annotations

import reflex as rx

from studio.chat.overlaying import Overlay
from studio.editor.browser import Sides, TextDiff, TextPane
from studio.editor.feeds import TextFeed
from studio.editor.state import EditorState
from studio.shell.elements import test_id


def sides(stage: rx.Component) -> rx.Component:
    """The one text pane of the page stays where it is in the page's tree, wherever it is seen: in the drawer too."""
    return Sides.create(stage, _text())


def _text() -> rx.Component:
    in_drawer = EditorState.drawer_open & (EditorState.drawer == "text")
    return rx.el.div(
        TextPane.create(
            snapshot=TextFeed.snapshot,
            patches=TextFeed.patches,
            saved=TextFeed.saved,
            problems=EditorState.problems,
            places=EditorState.problem_places,
            reveal=TextFeed.place,
            others=TextFeed.others,
            read_only=~EditorState.may_edit,
            opened=EditorState.opened,
            on_say=EditorState.on_text,
        ),
        rx.cond(
            Overlay.open,
            rx.el.div(
                TextDiff.create(
                    old=Overlay.old,
                    new=Overlay.new,
                    initial="inline",
                    old_label="Now",
                    new_label="With the proposal",
                ),
                class_name="wf-text-over",
                custom_attrs=test_id("proposal-text"),
            ),
        ),
        id="panel-text",
        role="region",
        class_name=["wf-text-home", rx.cond(in_drawer, "in-drawer", "")],
        custom_attrs={"aria-label": "Text", **test_id("text-tab")},
    )
