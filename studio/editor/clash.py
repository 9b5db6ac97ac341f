"""What is shown where two people changed the same place: a bar above the canvas, and the dialog to choose in."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.choosing import Choosing
from studio.editor.state import EditorState
from studio.shell.elements import Modal, icon, test_id

_SIDES = (("mine", "Yours"), ("theirs", "Theirs"), ("both", "Both"), ("hand", "By hand"))


def clash_bar() -> rx.Component:
    """Nothing while nothing clashes."""
    return rx.match(
        rx.cond(EditorState.save_state == "conflict", "saved", rx.cond(EditorState.parted, "away", "")),
        (
            "saved",
            _bar(
                "Somebody else changed the same places of this draft.",
                "Your text is here and not saved yet. Whatever you choose, undo brings back the other.",
            ),
        ),
        (
            "away",
            _bar(
                "While the studio was away, somebody changed the same places as you.",
                "Your text stands. Look at both, or leave it as it is.",
                rx.el.button(
                    "Leave it",
                    type="button",
                    class_name="w-button small",
                    on_click=Choosing.leave_it,
                    custom_attrs=test_id("clash-leave"),
                ),
            ),
        ),
        rx.fragment(),
    )


def _bar(title: str, words: str, *more: rx.Component) -> rx.Component:
    return rx.el.div(
        icon("git-merge"),
        rx.el.div(rx.el.div(title, class_name="w-strong"), rx.el.div(words, class_name="w-small w-muted")),
        rx.el.span(class_name="w-spacer"),
        *more,
        rx.el.button(
            "Look and choose",
            type="button",
            class_name="w-button small primary",
            on_click=Choosing.show,
            custom_attrs=test_id("clash-open"),
        ),
        class_name="w-note warning wf-conflict",
        role="alert",
        custom_attrs=test_id("conflict"),
    )


def clash_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(
            icon("git-merge", 17),
            rx.el.h2("Whose text?"),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                icon("x", 15),
                type="button",
                class_name="w-button ghost icon small",
                on_click=Choosing.close,
                custom_attrs={"aria-label": "Close"},
            ),
        ),
        rx.el.div(
            rx.el.p(
                "Everything else is put together already. What you do not take is one undo away.",
                class_name="w-muted",
            ),
            rx.cond(
                Choosing.trouble != "", rx.el.p(Choosing.trouble, class_name="w-note danger", role="alert")
            ),
            rx.foreach(Choosing.rows, _row),
            class_name="body",
        ),
        rx.el.footer(
            _all("theirs", "Take all of theirs"),
            _all("mine", "Keep all of mine"),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                "Use these",
                type="button",
                class_name="w-button primary",
                on_click=Choosing.apply,
                custom_attrs=test_id("clash-apply"),
            ),
        ),
        open=Choosing.open,
        label="Whose text?",
        wide=True,
        on_close=Choosing.close,
        custom_attrs=test_id("clash-dialog"),
    )


def _all(side: str, words: str) -> rx.Component:
    test = "keep-mine" if side == "mine" else "take-theirs"
    return rx.el.button(
        words,
        type="button",
        class_name="w-button",
        on_click=Choosing.take_all(side),
        custom_attrs=test_id(test),
    )


def _row(row: rx.Var[dict[str, Any]], index: rx.Var[int]) -> rx.Component:
    side = row["side"].to(str)
    return rx.el.fieldset(
        rx.el.legend("Line ", row["line"].to(int)),
        rx.el.div(
            _column("Before", row["base"].to(str)),
            _column("Yours", row["mine"].to(str), row["base"].to(str)),
            _column("Theirs", row["theirs"].to(str), row["base"].to(str)),
            class_name="wf-clash-columns",
        ),
        rx.el.div(
            *[
                rx.el.label(
                    rx.el.input(
                        type="radio",
                        name="clash-" + index.to(str),
                        checked=side == key,
                        on_change=lambda _, key=key: Choosing.choose(index, key),
                        custom_attrs=test_id(f"clash-{key}"),
                    ),
                    words,
                )
                for key, words in _SIDES
            ],
            class_name="wf-clash-sides",
        ),
        rx.cond(
            side == "hand",
            rx.el.textarea(
                default_value=row["hand"].to(str),
                on_blur=lambda text: Choosing.write(index, text),
                rows="4",
                class_name="w-input wf-clash-hand",
                spell_check=False,
                custom_attrs={**test_id("clash-text"), "aria-label": "What shall stand here"},
            ),
        ),
        class_name="wf-clash",
        custom_attrs=test_id("clash"),
    )


def _column(title: str, text: rx.Var[str], base: rx.Var[str] | None = None) -> rx.Component:
    nothing = "Nothing stood here." if base is None else "Taken out."
    return rx.el.div(
        rx.el.div(title, class_name="w-small w-muted"),
        rx.cond(text != "", rx.el.pre(text), rx.el.p(nothing, class_name="w-small w-muted wf-clash-nothing")),
    )
