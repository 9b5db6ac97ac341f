"""/templates: real workflows to begin with, each with its picture."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import reflex as rx

from engine import workflows
from engine.errors import Conflict, WeftError
from studio.shell import services
from studio.shell.elements import PageTitle, icon, link, test_id
from studio.shell.frame import crumbs, frame
from studio.shell.session import authorized, guarded
from studio.shell.state import Shell
from studio.workflows.rows import another
from studio.workflows.templates import Template, gallery, template

_SCALE = 0.72
"""Of a picture's own size: its words can still be read."""


class Gallery(rx.State):
    """Which template is being taken, "" for none."""

    taking: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        self.taking = ""

    @rx.event
    @guarded("edit")
    async def take(self, key: str) -> Any:
        """Makes a workflow of a template and opens it. Nothing of it is published."""
        found = template(key)
        if found is None:
            return
        self.taking = key
        yield
        try:
            made = await _made_of(await authorized(self, "edit"), found)
        except WeftError as error:
            yield rx.toast.error(error.message, description=error.help)
        else:
            yield rx.redirect(f"/workflows/{made}")
        finally:
            self.taking = ""


async def _made_of(actor: Any, found: Template) -> str:
    """The id of a new workflow with the template's text, under a name that is free."""
    db = await services.database()
    for number in range(1, 100):
        title = another(found.title, number)
        text = found.text if number == 1 else workflows.renamed(found.text, f"{found.key}_{number}")
        try:
            made = await workflows.create_workflow(db, actor, title, text)
        except Conflict:
            continue
        await workflows.set_tags(db, actor, made.workflow_id, found.tags)
        return str(made.workflow_id)
    raise Conflict("There are very many workflows of this template.", "Archive some of them first.")


def templates_page() -> rx.Component:
    """The gallery."""
    return frame(
        rx.fragment(
            PageTitle.create(words="Templates"),
            rx.el.p(
                "Whole workflows over the connectors that ship with the studio. Take one, look at it, and change it "
                "into yours: nothing runs before you publish it.",
                class_name="w-muted w-lead",
            ),
            rx.el.ul(*[_card(each) for each in gallery()], class_name="w-gallery"),
        ),
        active="workflows",
        title=crumbs(("Workflows", "/workflows"), ("Templates", "")),
    )


def _card(each: Template) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _picture(each, "light"),
            _picture(each, "dark"),
            class_name="w-gallery-picture",
        ),
        rx.el.div(
            rx.el.h2(each.title),
            rx.el.p(each.about, class_name="w-muted"),
            rx.el.div(
                *[rx.el.span(tag, class_name="w-badge square") for tag in each.tags],
                rx.el.span("uses " + ", ".join(each.connectors), class_name="w-small w-muted"),
                class_name="w-row w-wrap",
            ),
            class_name="w-gallery-words",
        ),
        rx.el.div(
            rx.cond(
                Shell.can_edit,
                rx.el.button(
                    rx.cond(
                        Gallery.taking == each.key,
                        icon("loader-circle", 15, class_name="w-spin"),
                        icon("plus", 15),
                    ),
                    "Use this",
                    type="button",
                    class_name="w-button",
                    disabled=Gallery.taking != "",
                    on_click=Gallery.take(each.key),
                    custom_attrs={**test_id("use-template"), "aria-label": f"Use the template: {each.title}"},
                ),
            ),
            class_name="w-gallery-foot",
        ),
        class_name="w-card w-gallery-card",
        custom_attrs=test_id("template", key=each.key),
    )


def _picture(each: Template, theme: str) -> rx.Component:
    """A picture by itself has no part in the page's styles, so there is one for each theme."""
    data = b64encode(each.pictures[theme].encode()).decode()
    return rx.el.img(
        src=f"data:image/svg+xml;base64,{data}",
        alt=f"The steps of the template: {each.title}",
        class_name=f"is-{theme}",
        style={"width": f"{round(each.width * _SCALE)}px"},
        loading="lazy",
    )


def templates_link() -> rx.Component:
    return link(
        icon("layout-template", 15),
        "Templates",
        href="/templates",
        class_name="w-button",
        custom_attrs=test_id("templates-link"),
    )
