"""Runs: the list, one run followed live, and the form that starts one."""

from studio.runs.actions import RunDialogs
from studio.runs.detail import RunPage
from studio.runs.elements import run_form, state_pill
from studio.runs.list_page import runs_page
from studio.runs.listing import RunList
from studio.runs.page import run_page
from studio.runs.start import StartRun, form_schema, start_run_dialog

__all__ = [
    "RunDialogs",
    "RunList",
    "RunPage",
    "StartRun",
    "form_schema",
    "run_form",
    "run_page",
    "runs_page",
    "start_run_dialog",
    "state_pill",
]
