"""The studio as one ASGI application: the pages, their socket, and the engine's HTTP API under /api."""

from __future__ import annotations

from functools import partial

import reflex as rx

from studio import security
from studio.api import StudioApi
from studio.login import login_page
from studio.origins import allowed_origins
from studio.shell import Guard, Shell, frame, services
from studio.shell.head import early_theme

app = rx.App(
    stylesheets=["/weft.css", "/shell.css"],
    reset_style=False,
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        early_theme(),
    ],
    toaster=rx.toast.provider(position="bottom-right", rich_colors=False, close_button=True, expand=False),
    api_transformer=[StudioApi, partial(security.Fence, origins=allowed_origins())],
)
app.register_lifespan_task(services.lifespan)
app.add_middleware(Guard())

app.add_page(login_page, route="/login", title="Sign in · Weft Studio")
app.add_page(
    lambda: frame(rx.el.p("hello"), active="workflows", title="Workflows"),
    route="/workflows",
    title="Workflows · Weft Studio",
    on_load=Shell.load,
)
