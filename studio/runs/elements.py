"""What runs look like wherever they are shown."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.runs.rows import STATES
from studio.shell import elements  # registers value.jsx and time.jsx, which form.jsx imports

_FORM = rx.asset("form.jsx", shared=True)
_REVIEW = rx.asset("review.jsx", shared=True)

__all__ = ["Review", "RunForm", "open_gates", "run_form", "state_pill", "test_badge"]


def state_pill(state: rx.Var[str], test: str = "run-state") -> rx.Component:
    """A run's state in words, with its colour."""
    return rx.el.span(
        rx.match(state, *[(key, words) for key, (words, _) in STATES.items()], state),
        class_name=["w-pill", rx.match(state, *[(key, tone) for key, (_, tone) in STATES.items()], "")],
        custom_attrs=elements.test_id(test, state=state),
    )


def test_badge() -> rx.Component:
    """The mark of a run that is a test of a draft."""
    return rx.el.span(
        elements.icon("flask-conical", 11),
        "Test",
        class_name="w-badge square info",
        title="A test of a draft: what it changed outside was only what somebody had ticked",
        custom_attrs=elements.test_id("test-badge"),
    )


def open_gates(gates: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """What a waiting run waits for, see :mod:`studio.runs.gates`."""
    return rx.el.div(rx.foreach(gates, _gate), class_name="w-stack", custom_attrs=elements.test_id("gates"))


def _gate(gate: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.div(
        elements.icon("hand"),
        rx.el.div(
            rx.el.div("The run waits: ", gate["title"], ".", class_name="w-strong"),
            rx.el.div(
                gate["note"],
                rx.cond(
                    gate["until"] != "",
                    rx.fragment(" Time is up ", elements.TimeAgo.create(at=gate["until"]), "."),
                ),
                " Nothing runs meanwhile.",
                class_name="w-small w-muted",
            ),
        ),
        rx.el.span(class_name="w-spacer"),
        rx.cond(
            gate["href"] != "",
            elements.link(
                gate["link"],
                href=gate["href"],
                class_name="w-button small",
                custom_attrs=elements.test_id("gate-link"),
            ),
        ),
        key=gate["path"],
        class_name="w-note warning",
        custom_attrs=elements.test_id("gate"),
    )


class RunForm(rx.Component):
    """A form from a JSON Schema of an object. See `run_form`."""

    library = _FORM.importable_path
    tag = "RunForm"

    schema: rx.Var[dict[str, Any]]
    problems: rx.Var[list[dict[str, str]]]
    message: rx.Var[str]
    busy: rx.Var[bool]
    submit_label: rx.Var[str]
    busy_label: rx.Var[str]
    form_id: rx.Var[str]
    on_submit: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_cancel: rx.EventHandler[rx.event.no_args_event_spec]


def run_form(**props: Any) -> rx.Component:
    """The start form of a workflow, for whoever has its input's JSON Schema.

    `schema`: the schema (properties, required, default, description, enum, format, nested objects, $ref).
    `problems`: `[{"path": "order.total", "message": "must be a number"}]` shown at their fields; `message`: over all.
    `busy`: while it is being sent. `on_submit(values)`: a handler that takes the JSON object; it checks for itself.
    `on_cancel`: shows a Cancel button. `submit_label`, `busy_label`: the button's words. What is typed stays.
    """
    return RunForm.create(**props)


class Review(rx.Component):
    """A call whose outcome nobody knows (`studio.runs.reviews.ReviewCard`), and the form to say what happened.

    `answering`: the path that is being answered; `problems`, `message`: about the result that was given for it.
    `on_answer(path, decision, attempt, result as JSON text, comment)`."""

    library = _REVIEW.importable_path
    tag = "Review"

    review: rx.Var[dict[str, Any]]
    answering: rx.Var[str]
    problems: rx.Var[list[dict[str, str]]]
    message: rx.Var[str]
    on_answer: rx.EventHandler[rx.event.passthrough_event_spec(str, str, int, str, str)]
