"""The list of runs."""

from __future__ import annotations

import reflex as rx

from studio.runs.elements import state_pill, test_badge
from studio.runs.listing import RunList
from studio.runs.rows import STATES, RunRow
from studio.shell.elements import Elapsed, Pulse, TimeAgo, empty, failure, link, skeleton_rows, test_id
from studio.shell.frame import frame


def runs_page() -> rx.Component:
    """/runs"""
    return frame(
        rx.fragment(
            Pulse.create(every=2500, on_beat=RunList.refresh),
            _filters(),
            failure(RunList.message, RunList.help, RunList.retry),
            rx.el.div(
                rx.cond(
                    ~RunList.loaded,
                    skeleton_rows(6),
                    rx.cond(RunList.rows.length() > 0, _table(), _none()),
                ),
                class_name="w-card w-table-card",
            ),
            rx.cond(
                RunList.more,
                rx.el.div(
                    rx.el.button(
                        "Load more",
                        class_name="w-button",
                        on_click=RunList.load_more,
                        custom_attrs=test_id("load-more"),
                    ),
                    class_name="w-after-table",
                ),
            ),
        ),
        active="runs",
        title="Runs",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.label("Workflow", html_for="filter-workflow", class_name="w-visually-hidden"),
        rx.el.select(
            rx.el.option("All workflows", value=""),
            rx.foreach(RunList.choices, lambda choice: rx.el.option(choice[1], value=choice[0])),
            id="filter-workflow",
            value=RunList.workflow,
            on_change=RunList.filter_workflow,
            class_name="w-input w-filter",
            custom_attrs=test_id("filter-workflow"),
        ),
        rx.el.label("State", html_for="filter-state", class_name="w-visually-hidden"),
        rx.el.select(
            rx.el.option("All states", value=""),
            *[rx.el.option(words, value=state) for state, (words, _) in STATES.items()],
            id="filter-state",
            value=RunList.state,
            on_change=RunList.filter_state,
            class_name="w-input w-filter",
            custom_attrs=test_id("filter-state"),
        ),
        rx.el.label("Tests", html_for="filter-tests", class_name="w-visually-hidden"),
        rx.el.select(
            rx.el.option("Runs and tests", value=""),
            rx.el.option("Runs only", value="none"),
            rx.el.option("Tests only", value="only"),
            id="filter-tests",
            value=RunList.tests,
            on_change=RunList.filter_tests,
            class_name="w-input w-filter",
            custom_attrs=test_id("filter-tests"),
        ),
        class_name="w-toolbar",
    )


def _table() -> rx.Component:
    heads = ("Run", "State", "Workflow", "Started", "Took", "By")
    return rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(head, class_name=f"w-col-{head.lower()}") for head in heads])),
        rx.el.tbody(rx.foreach(RunList.rows, _row)),
        class_name="w-table",
        custom_attrs=test_id("runs-table"),
    )


def _row(run: rx.Var[RunRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(run.short, href=f"/runs/{run.id}", class_name="w-mono w-row-target"),
            class_name="w-col-run",
        ),
        rx.el.td(
            state_pill(run.state),
            rx.cond(
                run.trouble != "", rx.el.span(run.trouble, class_name="w-small w-muted w-trouble w-truncate")
            ),
            class_name="w-col-state",
        ),
        rx.el.td(
            run.workflow,
            " ",
            rx.cond(run.trial, test_badge(), rx.el.span(run.version, class_name="w-muted w-small")),
            class_name="w-col-workflow",
        ),
        rx.el.td(TimeAgo.create(at=run.queued), class_name="w-col-started w-nowrap"),
        rx.el.td(
            Elapsed.create(since=run.started, until=run.finished, none="–"),
            class_name="w-col-took w-nowrap w-number",
        ),
        rx.el.td(run.by, class_name="w-col-by w-muted w-truncate"),
        key=run.id,
        class_name="w-row-link",
        custom_attrs=test_id("run-row", id=run.id, state=run.state),
    )


def _none() -> rx.Component:
    return rx.cond(
        (RunList.workflow != "") | (RunList.state != "") | (RunList.tests != ""),
        empty("filter-x", "No run fits this filter", "Choose another workflow or state above."),
        empty(
            "activity",
            "No runs yet",
            "A run is one execution of a published workflow. You will see its steps light up on the graph, what each "
            "was given and gave back, and where it waits for a person.",
            link("Go to workflows", href="/workflows", class_name="w-button primary"),
            test_id="runs-empty",
        ),
    )
