"""The page of one run."""

from __future__ import annotations

import reflex as rx

from studio.runs.actions import run_actions
from studio.runs.comparing import compare_dialog
from studio.runs.detail import BEAT_MS, RunPage
from studio.runs.elements import Review, open_gates, state_pill, test_badge
from studio.runs.tracing import RunGraph, Timeline
from studio.shell.elements import (
    Elapsed,
    Json,
    Large,
    Modal,
    PageTitle,
    Pulse,
    TimeAgo,
    empty,
    fact,
    failure,
    icon,
    link,
    skeleton_rows,
    test_id,
)
from studio.shell.frame import crumbs, frame
from studio.shell.state import Shell


def run_page() -> rx.Component:
    """/runs/[run_id]"""
    return frame(
        rx.cond(
            RunPage.missing,
            empty(
                "search-x",
                "There is no such run",
                "The address may be wrong, or the run belongs to another workspace.",
                link("All runs", href="/runs", class_name="w-button"),
            ),
            rx.cond(
                RunPage.run.id != "",
                _run(),
                rx.cond(RunPage.message != "", _failed(), skeleton_rows(8)),
            ),
        ),
        active="runs",
        title=crumbs(("Runs", "/runs"), (rx.cond(RunPage.run.id != "", RunPage.run.workflow, "Run"), "")),
    )


def _failed() -> rx.Component:
    return failure(RunPage.message, RunPage.help, RunPage.load)


def _run() -> rx.Component:
    return rx.el.div(
        PageTitle.create(words="Run of " + RunPage.run.workflow),
        Pulse.create(every=BEAT_MS, on_beat=RunPage.beat),
        _head(),
        failure(RunPage.message, RunPage.help, RunPage.load),
        _notice(),
        rx.el.div(
            rx.el.section(
                RunGraph.create(graph=RunPage.graph, selected=RunPage.picked, on_select=RunPage.pick),
                class_name="w-card w-run-canvas",
                custom_attrs={**test_id("run-canvas"), "aria-label": "The run on its graph"},
            ),
            rx.el.div(
                rx.el.section(
                    rx.el.div(rx.el.h2("Steps"), class_name="w-card-head"),
                    rx.cond(
                        RunPage.begun,
                        rx.fragment(),
                        rx.el.p(
                            rx.cond(
                                RunPage.run.live,
                                "No step has begun. The run starts as soon as a runner takes it.",
                                "The run ended before a step began.",
                            ),
                            class_name="w-card-body w-muted",
                        ),
                    ),
                    rx.el.div(
                        Timeline.create(
                            patches=RunPage.patches,
                            since=rx.cond(RunPage.run.started != "", RunPage.run.started, RunPage.run.queued),
                            until=RunPage.run.finished,
                            live=RunPage.run.live,
                            step=RunPage.step,
                            detail=RunPage.detail,
                            on_look=RunPage.look,
                            on_missing=RunPage.resync,
                        ),
                        class_name=rx.cond(RunPage.begun, "", "w-hidden"),
                    ),
                    class_name="w-card",
                ),
                rx.el.div(
                    _values("Input", RunPage.given, "run-input"),
                    rx.cond(
                        RunPage.run.state == "succeeded",
                        _values("Output", RunPage.result["value"], "run-output", RunPage.result["large"]),
                    ),
                    class_name="w-two",
                ),
                class_name="w-stack",
            ),
            class_name="w-run-grid",
        ),
        _cancel_dialog(),
        compare_dialog(),
        class_name="w-stack",
    )


def _head() -> rx.Component:
    run = RunPage.run
    return rx.el.div(
        rx.el.dl(
            fact("State", state_pill(run.state, "run-page-state")),
            fact(
                "Version",
                link(rx.cond(run.trial, test_badge(), run.version), href=f"/workflows/{run.workflow_id}"),
            ),
            fact("Queued", TimeAgo.create(at=run.queued)),
            fact(
                "Took",
                rx.el.span(
                    Elapsed.create(since=run.started, until=run.finished, none="–"), class_name="w-number"
                ),
            ),
            fact(
                "Started by",
                rx.cond(
                    RunPage.parent != "",
                    link(
                        run.by,
                        href=f"/runs/{RunPage.parent}",
                        custom_attrs=test_id("parent-run"),
                    ),
                    run.by,
                ),
            ),
            fact("Run", rx.el.span(run.id, class_name="w-mono w-small", custom_attrs=test_id("run-id"))),
            rx.foreach(RunPage.related, _related),
            class_name="w-facts",
        ),
        rx.el.span(class_name="w-spacer"),
        run_actions(),
        class_name="w-run-head",
    )


def _related(other: rx.Var[dict[str, str]]) -> rx.Component:
    """Another run that this one has to do with. The one that started it stands under "Started by" already."""
    return rx.cond(
        other["how"] == "parent",
        rx.fragment(),
        rx.el.div(
            rx.el.dt(other["words"], class_name="w-small w-muted"),
            rx.el.dd(
                link(other["short"], href="/runs/" + other["id"], class_name="w-mono w-small"),
                class_name="w-fact-value",
            ),
            class_name="w-fact",
            custom_attrs=test_id("related-run", how=other["how"]),
        ),
    )


def _notice() -> rx.Component:
    run = RunPage.run
    return rx.match(
        run.state,
        (
            "waiting",
            open_gates(RunPage.gates),
        ),
        (
            "failed",
            rx.el.div(
                icon("circle-x"),
                rx.el.div(
                    rx.el.div(run.trouble, class_name="w-strong", custom_attrs=test_id("run-error")),
                    rx.el.div(
                        rx.cond(
                            RunPage.error["step"].to(str) != "",
                            "In step " + RunPage.error["step"].to(str) + ". ",
                            "",
                        ),
                        "Code: ",
                        RunPage.error["code"].to(str),
                        class_name="w-small w-muted",
                    ),
                ),
                class_name="w-note danger",
            ),
        ),
        (
            "timed_out",
            rx.el.div(
                icon("timer-off"),
                rx.el.div(
                    rx.el.div("The run took longer than it may.", class_name="w-strong"),
                    rx.el.div(
                        "What was done stays done. Start it again, or give the workflow more time and publish.",
                        class_name="w-small w-muted",
                    ),
                ),
                class_name="w-note danger",
            ),
        ),
        (
            "needs_review",
            rx.el.div(
                rx.foreach(
                    RunPage.reviews,
                    lambda each: Review.create(
                        key=each["path"].to(str) + each["attempt"].to(str),
                        review=each,
                        answering=RunPage.answering,
                        problems=RunPage.review_problems,
                        message=RunPage.review_message,
                        on_answer=RunPage.answer,
                    ),
                ),
                class_name="w-stack",
                custom_attrs=test_id("reviews"),
            ),
        ),
        (
            "queued",
            rx.cond(
                Shell.engine != "ready",
                rx.el.div(
                    icon("hourglass"),
                    rx.el.div("Queued. It starts by itself when the engine is ready."),
                    class_name="w-note info",
                ),
            ),
        ),
        rx.fragment(),
    )


def _values(title: str, value: rx.Var, test: str, large: rx.Var | None = None) -> rx.Component:
    shown = Json.create(value=value, label=title)
    if large is not None:
        about = large.to(dict)
        elsewhere = Large.create(size=about["size"].to(str), address=about["address"].to(str))
        shown = rx.cond(about["size"], elsewhere, shown)
    return rx.el.section(
        rx.el.div(rx.el.h2(title), class_name="w-card-head"),
        rx.el.div(shown, class_name="w-card-body", custom_attrs=test_id(test)),
        class_name="w-card",
    )


def _cancel_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("Cancel this run?")),
        rx.el.div(
            rx.el.p(
                "A step that is in the middle of its work is finished first; no other begins. Then everything is "
                "undone that the workflow says how to undo; the rest stays done."
            ),
            rx.cond(
                RunPage.run.state == "needs_review",
                rx.el.p(
                    "A call that nobody has answered about is neither repeated nor undone. If you know that it "
                    "happened, answer first and cancel then: what the workflow can undo of it is undone as well."
                ),
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Keep it", class_name="w-button", on_click=RunPage.dismiss, type="button"),
            rx.el.button(
                "Cancel run",
                class_name="w-button danger solid",
                on_click=RunPage.cancel,
                type="button",
                custom_attrs=test_id("confirm-cancel"),
            ),
        ),
        open=RunPage.confirming,
        label="Cancel this run",
        on_close=RunPage.dismiss,
    )
