"""The parts of the editor that run in the browser, wrapped for the pages: two canvases and the text pane.

What crosses is small and in one shape each way: the canvas gets a snapshot and patches and says what was meant; the
text pane gets text only when somebody else changed it, and says what was typed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

_FILES = {
    path.name: rx.asset(path.name, shared=True)
    for path in sorted(Path(__file__).parent.iterdir())
    if path.suffix in (".css", ".js", ".jsx")
}
"""Every sheet and module of this folder: they import each other by name, so all must be beside each other."""
_GRAPH_PACKAGES = ["@xyflow/react@12.12.1"]
_TEXT_PACKAGES = [
    "@codemirror/autocomplete@6.20.4",
    "@codemirror/commands@6.11.1",
    "@codemirror/language@6.13.1",
    "@codemirror/lint@6.9.8",
    "@codemirror/search@6.7.2",
    "@codemirror/state@6.7.6",
    "@codemirror/view@6.43.15",
    "@lezer/highlight@1.2.5",
]


class WeftCanvas(rx.NoSSRComponent):
    """The editing canvas. ``on_gesture`` gets one dict: ``{"type", "rev", ...}``, see :mod:`studio.editor.gesture`."""

    library = _FILES["canvas.jsx"].importable_path
    tag = "WeftCanvas"
    lib_dependencies: list[str] = _GRAPH_PACKAGES

    snapshot: rx.Var[dict[str, Any]]
    patches: rx.Var[list[dict[str, Any]]]
    problems: rx.Var[list[dict[str, Any]]]
    palette: rx.Var[list[dict[str, Any]]]
    selected: rx.Var[dict[str, Any]]
    way: rx.Var[dict[str, Any]]
    others: rx.Var[list[dict[str, Any]]]
    states: rx.Var[dict[str, Any]]
    refused: rx.Var[dict[str, Any]]
    read_only: rx.Var[bool]
    copied: rx.Var[dict[str, Any]]
    picked: rx.Var[dict[str, Any]]
    hits: rx.Var[dict[str, Any]]
    opened: rx.Var[str]
    on_gesture: rx.EventHandler[passthrough_event_spec(dict)]


class RunCanvas(rx.NoSSRComponent):
    """A run painted on its graph, to look at. ``on_select`` gets a step's path, "" for none."""

    library = _FILES["canvas.jsx"].importable_path
    tag = "RunCanvas"
    lib_dependencies: list[str] = _GRAPH_PACKAGES

    graph: rx.Var[dict[str, Any]]
    states: rx.Var[dict[str, Any]]
    selected: rx.Var[str]
    on_select: rx.EventHandler[passthrough_event_spec(str)]


class TextPane(rx.NoSSRComponent):
    """The text pane. ``on_say`` gets one dict: ``{"type": "typed" | "cursor" | "undo" | "redo", ...}``."""

    library = _FILES["text.jsx"].importable_path
    tag = "TextPane"
    lib_dependencies: list[str] = _TEXT_PACKAGES

    snapshot: rx.Var[dict[str, Any]]
    patches: rx.Var[list[dict[str, Any]]]
    saved: rx.Var[dict[str, Any]]
    problems: rx.Var[list[dict[str, Any]]]
    places: rx.Var[list[dict[str, Any]]]
    reveal: rx.Var[dict[str, Any]]
    others: rx.Var[list[dict[str, Any]]]
    read_only: rx.Var[bool]
    opened: rx.Var[str]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class Problems(rx.NoSSRComponent):
    """The list of problems. ``on_say`` gets one dict: ``{"type": "go" | "mend", "index", "code", ...}``."""

    library = _FILES["problems.jsx"].importable_path
    tag = "Problems"

    problems: rx.Var[list[dict[str, Any]]]
    places: rx.Var[list[dict[str, Any]]]
    read_only: rx.Var[bool]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class Sides(rx.Component):
    """The canvas and the text, in this order: one of them or both, as :class:`ViewSwitch` says."""

    library = _FILES["sides.jsx"].importable_path
    tag = "Sides"


class ViewSwitch(rx.Component):
    """Graph, both or text; Ctrl-\\ goes from one to the next."""

    library = _FILES["sides.jsx"].importable_path
    tag = "ViewSwitch"


class TextDiff(rx.NoSSRComponent):
    """Two texts and what differs, to read: side by side or as one. ``initial`` is "sides" or "inline"."""

    library = _FILES["text_diff.jsx"].importable_path
    tag = "TextDiff"
    lib_dependencies: list[str] = _TEXT_PACKAGES

    old: rx.Var[str]
    new: rx.Var[str]
    initial: rx.Var[str]
    old_label: rx.Var[str]
    new_label: rx.Var[str]


class AssistWire(rx.NoSSRComponent):
    """What the page's editors ask while somebody writes goes through here. ``on_ask`` gets one question."""

    library = _FILES["assist.jsx"].importable_path
    tag = "AssistWire"

    answer: rx.Var[dict[str, Any]]
    on_ask: rx.EventHandler[passthrough_event_spec(dict)]


class Link(rx.Component):
    """Says so while the page is not connected to the studio."""

    library = _FILES["link.jsx"].importable_path
    tag = "Link"


class SaveState(rx.Component):
    """Whether the draft is saved: ``told`` is what the studio knows, see :class:`studio.editor.saving.Saving`."""

    library = _FILES["save_state.jsx"].importable_path
    tag = "SaveState"

    told: rx.Var[str]
    message: rx.Var[str]


class Changes(rx.NoSSRComponent):
    """What differs between two texts, as lists. ``only``: "grave" (breaks, lowered safety), "rest", or "" for all."""

    library = _FILES["changes.jsx"].importable_path
    tag = "Changes"

    found: rx.Var[dict[str, Any]]
    only: rx.Var[str]


class CompareView(rx.NoSSRComponent):
    """Two texts beside each other. ``on_say`` gets one dict: ``{"type": "sides" | "close" | "go", ...}``."""

    library = _FILES["compare.jsx"].importable_path
    tag = "CompareView"
    lib_dependencies: list[str] = [*_GRAPH_PACKAGES, *_TEXT_PACKAGES]

    open: rx.Var[bool]
    model: rx.Var[dict[str, Any]]
    graphs: rx.Var[dict[str, Any]]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class ProposalView(rx.NoSSRComponent):
    """A proposal painted over the canvas, to look at. ``on_say`` gets one dict, see :mod:`studio.chat.says`."""

    library = _FILES["proposal.jsx"].importable_path
    tag = "ProposalView"
    lib_dependencies: list[str] = _GRAPH_PACKAGES

    model: rx.Var[dict[str, Any]]
    graph: rx.Var[dict[str, Any]]
    can_edit: rx.Var[bool]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class Copier(rx.Component):
    """Puts ``copied`` (``{"seq", "text"}``) on the clipboard when its number is another one. Shows nothing."""

    library = _FILES["copier.jsx"].importable_path
    tag = "Copier"

    copied: rx.Var[dict[str, Any]]


class Said(rx.Component):
    """A message with its code in another type."""

    library = _FILES["said.jsx"].importable_path
    tag = "Said"

    text: rx.Var[str]


class Inspector(rx.NoSSRComponent):
    """The form of one step or of the workflow. ``on_say`` gets one dict, ``{"type": "set" | "remove" | "select" | "fix"
    | "way" | "lane" | "undo", ...}``; ``on_ask`` a question, see :mod:`studio.editor.inspecting`."""

    library = _FILES["inspector.jsx"].importable_path
    tag = "Inspector"
    lib_dependencies: list[str] = [*_GRAPH_PACKAGES, *_TEXT_PACKAGES]

    model: rx.Var[dict[str, Any]]
    opened: rx.Var[str]
    live: rx.Var[dict[str, Any]]
    tried: rx.Var[dict[str, Any]]
    learned: rx.Var[int]
    read_only: rx.Var[bool]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]
    on_ask: rx.EventHandler[passthrough_event_spec(dict)]


class TestSetup(rx.NoSSRComponent):
    """What a test of the draft may do. ``on_say`` as that of :class:`TestHead`."""

    library = _FILES["trial.jsx"].importable_path
    tag = "TestSetup"

    setup: rx.Var[dict[str, Any]]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class TestHead(rx.NoSSRComponent):
    """What is run, and what stands in the way. ``on_say`` gets one dict, see :mod:`studio.editor.trial_says`."""

    library = _FILES["trial.jsx"].importable_path
    tag = "TestHead"

    open: rx.Var[bool]
    snapshot: rx.Var[dict[str, Any]]
    patches: rx.Var[list[dict[str, Any]]]
    setup: rx.Var[dict[str, Any]]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class StepResult(rx.NoSSRComponent):
    """What the chosen step was given and gave the last time."""

    library = _FILES["trial.jsx"].importable_path
    tag = "StepResult"

    step: rx.Var[dict[str, Any]]


class StepTest(rx.NoSSRComponent):
    """Pin the chosen step's output, run up to it, run from it on. ``on_say`` as that of :class:`TestSetup`."""

    library = _FILES["trial.jsx"].importable_path
    tag = "StepTest"

    path: rx.Var[str]
    step: rx.Var[dict[str, Any]]
    may_edit: rx.Var[bool]
    may_run: rx.Var[bool]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]


class WaysPane(rx.NoSSRComponent):
    """What can happen, see :mod:`studio.editor.ways`; ``on_look`` asks for it anew."""

    library = _FILES["ways.jsx"].importable_path
    tag = "WaysPane"

    open: rx.Var[bool]
    snapshot: rx.Var[dict[str, Any]]
    patches: rx.Var[list[dict[str, Any]]]
    found: rx.Var[dict[str, Any]]
    busy: rx.Var[bool]
    on_look: rx.EventHandler[rx.event.no_args_event_spec]


def run_canvas(graph: Any, states: Any, **props: Any) -> rx.Component:
    """A run on its graph, read-only: ``graph`` as :func:`dsl.graph_json` gives it, ``states`` step path -> state.

    A state is one of running, retrying, succeeded, waiting, failed, needs_review, skipped, cancelled (a string, or a
    dict with ``state``). Give ``selected`` (a path) and ``on_select`` (gets a path) to follow clicks. Fills its parent.
    """
    return RunCanvas.create(graph=graph, states=states, **props)
