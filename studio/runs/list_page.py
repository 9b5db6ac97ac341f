"""The list of runs."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from engine.finding.asking import TRIGGERS as KINDS
from studio.runs.bulk_retry import bulk_retry_dialog
from studio.runs.listing import RunList
from studio.runs.rescue import rescue_line
from studio.runs.rows import STATES, TRIGGERS
from studio.shell.elements import Pulse, empty, failure, link, skeleton_rows
from studio.shell.frame import frame

_PATCHED = rx.asset("patched.js", shared=True)
_LIST = rx.asset("list.jsx", shared=True)

_STATES: Final = [{"key": key, "words": words, "tone": tone} for key, (words, tone) in STATES.items()]
_TRIGGERS: Final = [
    {"key": key, "words": TRIGGERS[key][:1].upper() + TRIGGERS[key][1:]} for key in KINDS if key in TRIGGERS
]


class RunFilters(rx.NoSSRComponent):
    """What is asked for: ``asked`` in the words of an address, ``choices`` by filter, ``kept`` views."""

    library = _LIST.importable_path
    tag = "RunFilters"

    asked: rx.Var[dict[str, str]]
    choices: rx.Var[dict[str, Any]]
    kept: rx.Var[list[dict[str, Any]]]
    states: rx.Var[list[dict[str, str]]]
    triggers: rx.Var[list[dict[str, str]]]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_keep: rx.EventHandler[rx.event.passthrough_event_spec(str, bool)]
    on_forget: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class RunTable(rx.NoSSRComponent):
    """The rows, as patches; ``bulks`` as :func:`studio.runs.bulking.offered` gives them."""

    library = _LIST.importable_path
    tag = "RunTable"

    patches: rx.Var[list[dict[str, Any]]]
    states: rx.Var[list[dict[str, str]]]
    bulks: rx.Var[list[dict[str, Any]]]
    on_missing: rx.EventHandler[rx.event.no_args_event_spec]
    on_more: rx.EventHandler[rx.event.no_args_event_spec]
    on_bulk: rx.EventHandler[rx.event.passthrough_event_spec(str, list)]


def runs_page() -> rx.Component:
    """/runs"""
    return frame(
        rx.fragment(
            Pulse.create(every=2500, on_beat=RunList.refresh),
            RunFilters.create(
                asked=RunList.asked,
                choices=RunList.choices,
                kept=RunList.kept,
                states=_STATES,
                triggers=_TRIGGERS,
                on_ask=RunList.ask,
                on_keep=RunList.keep,
                on_forget=RunList.forget,
            ),
            failure(RunList.message, RunList.help, RunList.retry),
            rx.el.div(
                rx.cond(
                    ~RunList.loaded,
                    skeleton_rows(10),
                    rx.cond(
                        RunList.empty,
                        _none(),
                        RunTable.create(
                            patches=RunList.patches,
                            states=_STATES,
                            bulks=RunList.bulks,
                            on_missing=RunList.retry,
                            on_more=RunList.load_more,
                            on_bulk=RunList.bulk,
                        ),
                    ),
                ),
                class_name="w-card w-table-card",
            ),
            rescue_line(),
            bulk_retry_dialog(),
        ),
        active="runs",
        title="Runs",
    )


def _none() -> rx.Component:
    return rx.cond(
        RunList.asked.length() > 0,
        empty(
            "filter-x",
            "No run fits this",
            "Ask for less above, or clear the filters. A search finds a run a few seconds after it began or ended.",
            test_id="runs-none",
        ),
        empty(
            "activity",
            "No runs yet",
            "A run is one execution of a published workflow. You will see its steps light up on the graph, what each "
            "was given and gave back, and where it waits for a person.",
            link("Go to workflows", href="/workflows", class_name="w-button primary"),
            test_id="runs-empty",
        ),
    )
