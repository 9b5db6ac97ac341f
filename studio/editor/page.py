"""The editor's page: chat at the left, the canvas in the middle, the inspector at the right, a drawer below."""

from __future__ import annotations

from typing import Final

import reflex as rx

from studio.chat import ChatState, chat_panel
from studio.chat.overlaying import Overlay
from studio.editor.assistant import Assistant
from studio.editor.browser import AssistWire, CompareView, Copier, Inspector, ProposalView, WeftCanvas
from studio.editor.clash import clash_bar, clash_dialog
from studio.editor.comparing import Comparing
from studio.editor.drawer import drawer
from studio.editor.drawing import Drawing
from studio.editor.feeds import CanvasFeed
from studio.editor.header import actions
from studio.editor.inspecting import Inspecting
from studio.editor.presence import SHEET as ROOM_SHEET
from studio.editor.publish_dialog import publish_dialog
from studio.editor.publishing import Publishing
from studio.editor.selecting import Selecting
from studio.editor.sharing import Sharing
from studio.editor.sides import sides
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.editor.trial_view import step_test
from studio.editor.versions import Versions
from studio.editor.versions_tab import rollback_dialog
from studio.shell import Shell, crumbs, frame
from studio.shell.elements import PageTitle, empty, icon, link, test_id

ROUTE: Final = "/workflows/[workflow_id]"
ON_LOAD: Final = [Shell.load, Publishing.close, EditorState.load, Trial.load, Versions.load]
_SHEETS = [rx.asset(name, shared=True) for name in ("editor.css", "versions.css")]


def editor_page() -> rx.Component:
    """The page at :data:`ROUTE`; its ``on_load`` is :data:`ON_LOAD`."""
    return frame(
        rx.el.div(
            *[
                rx.el.link(rel="stylesheet", href=sheet, custom_attrs={"precedence": "default"})
                for sheet in (*_SHEETS, ROOM_SHEET)
            ],
            rx.cond(EditorState.failure != "", _failed(), _workbench()),
            publish_dialog(),
            clash_dialog(),
            CompareView.create(
                open=Comparing.open,
                model=Comparing.model,
                graphs=Comparing.graphs,
                on_say=Comparing.on_say,
            ),
            rollback_dialog(),
            Copier.create(copied=Sharing.copied),
            AssistWire.create(answer=Assistant.answer, on_ask=Assistant.ask),
            PageTitle.create(words=rx.cond(EditorState.failure != "", "Not found", EditorState.title)),
            class_name="wf-editor",
            on_unmount=EditorState.leave,
            custom_attrs={"data-ready": EditorState.ready, "data-publishing": Publishing.busy},
        ),
        active="workflows",
        title=crumbs(
            ("Workflows", "/workflows"),
            (
                rx.cond(
                    EditorState.failure != "", "Not found", rx.cond(EditorState.ready, EditorState.title, "…")
                ),
                "",
            ),
        ),
        actions=[rx.cond(EditorState.failure == "", rx.fragment(*actions()))],
        bleed=True,
    )


def _failed() -> rx.Component:
    return empty(
        "circle-alert",
        "This workflow could not be opened",
        rx.cond(
            EditorState.failure_help != "",
            EditorState.failure + " " + EditorState.failure_help,
            EditorState.failure,
        ),
        link("All workflows", href="/workflows", class_name="w-button"),
        test_id="editor-failure",
    )


def _workbench() -> rx.Component:
    return rx.el.div(
        _chat(),
        rx.el.div(
            clash_bar(),
            sides(_stage()),
            drawer(),
            class_name="wf-centre",
        ),
        Inspector.create(
            step_test(),
            model=EditorState.inspected,
            opened=EditorState.opened,
            live=Inspecting.live,
            tried=Inspecting.tried,
            learned=Inspecting.learned,
            read_only=~EditorState.may_edit,
            on_say=EditorState.on_inspector,
            on_ask=Inspecting.ask,
        ),
        class_name="wf-bench",
    )


def _stage() -> rx.Component:
    return rx.el.div(
        WeftCanvas.create(
            snapshot=CanvasFeed.snapshot,
            patches=CanvasFeed.patches,
            problems=EditorState.problems,
            palette=CanvasFeed.palette,
            selected=CanvasFeed.selected,
            way=CanvasFeed.way,
            others=CanvasFeed.others,
            states=Trial.states,
            refused=Drawing.refused,
            read_only=~EditorState.may_edit,
            on_gesture=EditorState.on_gesture,
            copied=Selecting.copied,
            picked=Selecting.picked,
            hits=Selecting.hits,
            opened=EditorState.opened,
        ),
        rx.cond(
            Overlay.open,
            ProposalView.create(
                model=Overlay.model,
                graph=Overlay.graph,
                can_edit=EditorState.may_edit,
                on_say=ChatState.on_say,
            ),
        ),
        rx.cond(~EditorState.ready, rx.el.div(class_name="wf-loading w-skeleton", role="status")),
        class_name="wf-stage",
    )


def _chat() -> rx.Component:
    return rx.cond(
        EditorState.chat_open,
        rx.el.div(
            rx.el.button(
                icon("panel-left-close", 16),
                type="button",
                class_name="w-button ghost icon small wf-chat-close",
                on_click=EditorState.toggle_chat,
                title="Hide the chat",
                custom_attrs={**test_id("chat-close"), "aria-label": "Hide the chat"},
            ),
            chat_panel(),
            class_name="wf-left",
        ),
        rx.el.button(
            icon("message-square", 16),
            type="button",
            class_name="wf-left-closed",
            on_click=EditorState.toggle_chat,
            title="Show the chat",
            custom_attrs={**test_id("chat-open"), "aria-label": "Show the chat"},
        ),
    )
