"""Sign in. The form is all in the browser (signin.jsx); it posts to /api/session, which sets the cookie."""

from __future__ import annotations

import reflex as rx

_FORM = rx.asset("signin.jsx", shared=True)


class SignIn(rx.Component):
    """The form with its errors."""

    library = _FORM.importable_path
    tag = "SignIn"


def login_page() -> rx.Component:
    """The whole page: no navigation, nothing of the workspace."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                rx.el.img(src="/logo.svg", alt="", class_name="w-logo large"),
                rx.el.h1("Sign in to Weft Studio"),
                rx.el.p(
                    "Describe a workflow, see it, check it, and let it act, with a person in the loop.",
                    class_name="w-muted",
                ),
                class_name="w-signin-head",
            ),
            SignIn.create(),
            rx.el.p(
                "First time here? The address and password were printed where ",
                rx.el.span("./weft up", class_name="w-mono"),
                " runs.",
                class_name="w-small w-muted",
            ),
            class_name="w-card w-signin",
        ),
        class_name="w-signin-page",
    )
