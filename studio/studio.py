"""The studio as one ASGI application: the pages, their socket, and the engine's HTTP API under /api."""

from __future__ import annotations

from functools import partial

import reflex as rx

from studio import security
from studio.alerts import Alerts, alerts_page
from studio.api import StudioApi
from studio.approvals import Handing, Inbox, approval_page, approvals_page
from studio.chat.state import ChatState
from studio.connectors import ConnectorList, connectors_page
from studio.dashboard import Board, Home, dashboard_page
from studio.editor.leaving import watch_leaving
from studio.editor.page import ON_LOAD as EDITOR_LOAD
from studio.editor.page import ROUTE as EDITOR
from studio.editor.page import editor_page
from studio.login import login_page
from studio.models import Memory, ModelList, ModelRules, models_page
from studio.notifications import Channels, notifications_page
from studio.origins import allowed_origins
from studio.runs import RunDialogs, RunList, RunPage, run_page, runs_page
from studio.sample import SampleBusiness, sample_page
from studio.secrets import SecretList, secrets_page
from studio.shell import Guard, Shell, faults, services
from studio.shell.elements import Away, empty, link
from studio.shell.head import early_theme
from studio.shell.inlet import guard_inlet
from studio.triggers import TriggerList, triggers_page
from studio.workflows import Gallery, WorkflowList, templates_page, workflows_page

app = rx.App(
    stylesheets=["/weft.css", "/shell.css", "/pages.css"],
    reset_style=False,
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        early_theme(),
    ],
    toaster=rx.toast.provider(
        position="top-center", offset="64px", rich_colors=False, close_button=True, expand=False
    ),
    frontend_exception_handler=faults.in_browser,
    backend_exception_handler=faults.in_handler,
    api_transformer=[StudioApi, partial(security.Fence, origins=allowed_origins())],
)
app.app_wraps[(5, "Overlay")] = lambda stateful: rx.fragment(Away.create()) if stateful else None
app.register_lifespan_task(services.lifespan)
app.add_middleware(Guard())
guard_inlet(app)
watch_leaving(app)


def home() -> rx.Component:
    """/ leads to the dashboard, or to the workflows."""
    return rx.el.main(rx.el.a("Workflows", href="/workflows"), class_name="w-visually-hidden")


def nowhere() -> rx.Component:
    """An address that leads nowhere."""
    return rx.el.main(
        empty(
            "search-x",
            "There is no such page",
            "The address may be mistyped, or what was here has moved.",
            link("All workflows", href="/workflows", class_name="w-button primary"),
        ),
        class_name="w-signin-page",
    )


app.add_page(nowhere, route="404", title="Not found · Weft Studio")
app.add_page(home, route="/", title="Weft Studio", on_load=Home.load)
app.add_page(login_page, route="/login", title="Sign in · Weft Studio")
app.add_page(
    dashboard_page,
    route="/dashboard",
    title="Dashboard · Weft Studio",
    on_load=[Shell.load, Board.load],
)
app.add_page(alerts_page, route="/alerts", title="Alerts · Weft Studio", on_load=[Shell.load, Alerts.load])
app.add_page(
    workflows_page,
    route="/workflows",
    title="Workflows · Weft Studio",
    on_load=[Shell.load, WorkflowList.load],
)
app.add_page(
    templates_page, route="/templates", title="Templates · Weft Studio", on_load=[Shell.load, Gallery.load]
)
app.add_page(editor_page, route=EDITOR, title="Editor · Weft Studio", on_load=[*EDITOR_LOAD, ChatState.load])
app.add_page(runs_page, route="/runs", title="Runs · Weft Studio", on_load=[Shell.load, RunList.load])
app.add_page(
    run_page,
    route="/runs/[run_id]",
    title="Run · Weft Studio",
    on_load=[Shell.load, RunDialogs.arrive, RunPage.load],
)
app.add_page(
    approvals_page,
    route="/approvals",
    title="Approvals · Weft Studio",
    on_load=[Shell.load, Inbox.load, Handing.load],
)
app.add_page(
    approval_page,
    route="/approvals/[approval_id]",
    title="Approval · Weft Studio",
    on_load=[Shell.load, Inbox.load],
)
app.add_page(
    triggers_page, route="/triggers", title="Triggers · Weft Studio", on_load=[Shell.load, TriggerList.load]
)
app.add_page(
    secrets_page, route="/secrets", title="Secrets · Weft Studio", on_load=[Shell.load, SecretList.load]
)
app.add_page(
    connectors_page,
    route="/connectors",
    title="Connectors · Weft Studio",
    on_load=[Shell.load, ConnectorList.load],
)
app.add_page(
    models_page,
    route="/models",
    title="Models · Weft Studio",
    on_load=[Shell.load, ModelList.load, ModelRules.load, Memory.load],
)
app.add_page(
    notifications_page,
    route="/notifications",
    title="Notifications · Weft Studio",
    on_load=[Shell.load, Channels.load],
)
app.add_page(
    sample_page,
    route="/sample",
    title="Sample business · Weft Studio",
    on_load=[Shell.load, SampleBusiness.load],
)
