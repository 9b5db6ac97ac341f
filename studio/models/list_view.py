"""The models in the order in which they are tried, and what each was found to be able to."""

from __future__ import annotations

import reflex as rx

from studio.models.list_state import ModelList
from studio.models.rows import Can, ModelRow
from studio.shell.elements import Menu, Modal, TimeAgo, empty, icon, skeleton_rows, test_id


def models_list(add: rx.Component) -> rx.Component:
    """The card, or what teaches how to connect one. ``add``: what opens the dialog."""
    return rx.el.section(
        rx.cond(
            ~ModelList.loaded,
            skeleton_rows(3),
            rx.cond(
                ModelList.rows.length() > 0,
                rx.el.ol(rx.foreach(ModelList.rows, _model), class_name="w-models"),
                _none(add),
            ),
        ),
        class_name="w-card",
        custom_attrs={"aria-label": "Models, in the order they are tried"},
    )


def _none(add: rx.Component) -> rx.Component:
    return rx.cond(
        ModelList.common != "",
        empty(
            "cpu",
            "The installation's model answers",
            "Whoever runs this installation has connected "
            + ModelList.common
            + " for all workspaces. A model that is connected here answers instead of it.",
            rx.cond(ModelList.can_change, add),
            test_id="models-common",
        ),
        empty(
            "cpu",
            "The built-in designer answers",
            "It writes workflows by rules, without a model: sequences, conditions, approvals, schedules and changes to "
            "them, over your own tools. With a model people can say it more freely, and agent steps can run. Connect a "
            "hosted one with its key, or a server of your own by its address: vLLM, Ollama, llama.cpp.",
            rx.cond(
                ModelList.common_problem != "",
                rx.el.p(ModelList.common_problem, class_name="w-error"),
            ),
            rx.cond(
                ModelList.can_change,
                add,
                rx.el.p("An administrator can connect one.", class_name="w-small"),
            ),
            test_id="models-empty",
        ),
    )


def _model(each: rx.Var[ModelRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(each.number, class_name="w-model-number w-number", custom_attrs={"aria-hidden": "true"}),
        rx.el.div(
            rx.el.div(
                rx.el.h2(each.name, class_name="w-model-name"),
                rx.cond(~each.enabled, rx.el.span("Off", class_name="w-badge warning square")),
                rx.cond(each.tier != "", rx.el.span(each.tier, class_name="w-badge square")),
                rx.cond(
                    each.local,
                    rx.el.span(
                        "Local",
                        class_name="w-badge square",
                        title="What is said to it stays on this machine or in its network.",
                    ),
                ),
                rx.cond(
                    each.price == "",
                    rx.el.span(
                        "No price",
                        class_name="w-badge square",
                        title="Its calls count as free. Only a limit in tokens bounds them.",
                    ),
                    rx.el.span(
                        each.price,
                        class_name="w-badge square",
                        title="For a million tokens that go in, and for a million that come out.",
                    ),
                ),
                class_name="w-row w-wrap",
            ),
            rx.el.p(
                rx.el.span(each.model, class_name="w-mono"),
                rx.el.span(" at ", class_name="w-muted"),
                rx.el.span(each.url, class_name="w-mono"),
                rx.el.span(
                    rx.cond(each.has_key, " · with a key", " · without a key"), class_name="w-muted w-nowrap"
                ),
                class_name="w-small w-break",
            ),
            _found(each),
            class_name="w-model-words",
        ),
        rx.cond(ModelList.can_change, _actions(each)),
        key=each.id,
        class_name="w-model",
        custom_attrs=test_id("model-row", name=each.name, state=each.state),
    )


def _found(each: rx.Var[ModelRow]) -> rx.Component:
    return rx.cond(
        ModelList.testing == each.id,
        rx.el.div(
            icon("loader", 14, class_name="w-spin"),
            "Trying it out: does it answer, does it use tools, can it be held to a grammar or a form? "
            "This takes up to a minute.",
            class_name="w-row w-small w-muted",
            role="status",
            custom_attrs=test_id("model-testing"),
        ),
        rx.match(
            each.state,
            (
                "answers",
                rx.el.div(
                    rx.foreach(each.can, _can),
                    rx.el.span(
                        "tested ", TimeAgo.create(at=each.probed), class_name="w-small w-muted w-nowrap"
                    ),
                    class_name="w-row w-wrap",
                    custom_attrs=test_id("model-can"),
                ),
            ),
            (
                "silent",
                rx.el.div(
                    icon("circle-alert", 14),
                    rx.el.span(each.problem, " "),
                    rx.el.span(TimeAgo.create(at=each.probed), class_name="w-muted w-nowrap"),
                    class_name="w-row w-wrap w-small w-model-silent",
                    custom_attrs=test_id("model-silent"),
                ),
            ),
            rx.el.span("Not tested yet.", class_name="w-small w-muted"),
        ),
    )


def _can(each: rx.Var[Can]) -> rx.Component:
    return rx.el.span(each.words, title=each.title, class_name=["w-badge square", each.tone])


def _actions(each: rx.Var[ModelRow]) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            icon("arrow-up", 14),
            type="button",
            class_name="w-button ghost icon small",
            disabled=each.first,
            on_click=ModelList.up(each.id),
            custom_attrs={
                **test_id("model-up"),
                "aria-label": f"Try {each.name} earlier",
                "title": "Try it earlier",
            },
        ),
        rx.el.button(
            icon("arrow-down", 14),
            type="button",
            class_name="w-button ghost icon small",
            disabled=each.last,
            on_click=ModelList.down(each.id),
            custom_attrs={
                **test_id("model-down"),
                "aria-label": f"Try {each.name} later",
                "title": "Try it later",
            },
        ),
        rx.el.button(
            "Test",
            type="button",
            class_name="w-button small",
            disabled=ModelList.testing != "",
            on_click=ModelList.test(each.id),
            custom_attrs={**test_id("model-test"), "aria-label": f"Test {each.name}"},
        ),
        Menu.create(
            icon("ellipsis", 15),
            label=f"More about {each.name}",
            items=each.menu,
            on_pick=lambda what: ModelList.pick(each.id, what),
            custom_attrs=test_id("model-menu"),
        ),
        class_name="w-row w-model-actions",
    )


def delete_dialog() -> rx.Component:
    """Asks before a model goes."""
    return Modal.create(
        rx.el.header(rx.el.h2("Delete ", ModelList.deleting_name, "?")),
        rx.el.div(
            rx.el.p("Its key is deleted with it. What it cost stays in the sums."),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Cancel", type="button", class_name="w-button", on_click=ModelList.close),
            rx.el.button(
                "Delete",
                type="button",
                class_name="w-button danger solid",
                on_click=ModelList.delete,
                custom_attrs=test_id("confirm-delete-model"),
            ),
        ),
        open=ModelList.deleting != "",
        label="Delete a model",
        on_close=ModelList.close,
        custom_attrs=test_id("delete-model-dialog"),
    )
