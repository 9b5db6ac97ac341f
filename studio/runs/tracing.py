"""The run on its graph, and its steps on its time: two parts that show the same patches."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.browser import RunCanvas

_FILES = {
    name: rx.asset(name, shared=True) for name in ("timeline.jsx", "step.jsx", "marks.jsx", "patched.js")
}

__all__ = ["RunGraph", "Timeline"]


class Timeline(rx.NoSSRComponent):
    """A line a step with its bar. ``step`` is the path of the open one, ``detail`` what is known of it. ``on_look``
    gets what :meth:`studio.runs.detail.RunPage.look` takes."""

    library = _FILES["timeline.jsx"].importable_path
    tag = "Timeline"
    lib_dependencies: list[str] = RunCanvas.lib_dependencies

    patches: rx.Var[list[dict[str, Any]]]
    since: rx.Var[str]
    until: rx.Var[str]
    live: rx.Var[bool]
    step: rx.Var[str]
    detail: rx.Var[dict[str, Any]]
    on_look: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_missing: rx.EventHandler[rx.event.no_args_event_spec]


class RunGraph(rx.NoSSRComponent):
    """The graph of the version that ran, with the marks of the patches that a :class:`Timeline` beside it takes."""

    library = _FILES["timeline.jsx"].importable_path
    tag = "RunGraph"
    lib_dependencies: list[str] = RunCanvas.lib_dependencies

    graph: rx.Var[dict[str, Any]]
    selected: rx.Var[str]
    on_select: rx.EventHandler[rx.event.passthrough_event_spec(str)]
