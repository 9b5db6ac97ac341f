"""/workflows: what there is, what is live, how it last went; and the dialog for a new one."""

from __future__ import annotations

import reflex as rx

from studio.runs import StartRun, start_run_dialog, state_pill
from studio.shell.elements import Modal, Pulse, TimeAgo, empty, failure, icon, link, skeleton_rows, test_id
from studio.shell.frame import frame
from studio.shell.state import Shell
from studio.workflows.gallery import templates_link
from studio.workflows.import_dialog import Import, import_dialog
from studio.workflows.rowmenu import details_dialog, row_menu
from studio.workflows.rows import WorkflowRow
from studio.workflows.state import WorkflowList

EXAMPLE = (
    "When a customer asks for a refund, get the order and check that it is eligible. If the total is over 100 euros "
    "ask a manager to approve. Then refund it and e-mail the customer."
)


def workflows_page() -> rx.Component:
    """The list."""
    return frame(
        rx.fragment(
            Pulse.create(every=4000, on_beat=WorkflowList.refresh),
            rx.el.div(
                rx.el.label("Search workflows", html_for="search-workflows", class_name="w-visually-hidden"),
                rx.el.input(
                    id="search-workflows",
                    type="search",
                    placeholder="Search workflows",
                    default_value=WorkflowList.search,
                    on_change=WorkflowList.find.debounce(150),
                    class_name="w-input w-search",
                    custom_attrs=test_id("search-workflows"),
                ),
                _filter(),
                rx.el.span(class_name="w-spacer"),
                _import_button(),
                templates_link(),
                _new_button(),
                class_name=[
                    "w-toolbar",
                    rx.cond(WorkflowList.loaded & (WorkflowList.rows.length() == 0), "w-hidden", ""),
                ],
            ),
            rx.cond(WorkflowList.tags.length() > 0, _tags()),
            failure(WorkflowList.message, WorkflowList.help, WorkflowList.load),
            rx.el.div(
                rx.cond(
                    ~WorkflowList.loaded,
                    skeleton_rows(5),
                    rx.cond(
                        WorkflowList.shown.length() > 0,
                        _table(),
                        rx.cond(WorkflowList.rows.length() > 0, _none_fits(), _none()),
                    ),
                ),
                class_name="w-card w-table-card",
            ),
            _dialog(),
            _archive_dialog(),
            details_dialog(),
            import_dialog(),
            start_run_dialog(),
        ),
        active="workflows",
        title="Workflows",
    )


def _new_button(test: str = "new-workflow") -> rx.Component:
    return rx.cond(
        Shell.can_edit,
        rx.el.button(
            icon("plus", 15),
            "New workflow",
            class_name="w-button primary",
            on_click=WorkflowList.ask,
            custom_attrs=test_id(test),
        ),
    )


def _import_button() -> rx.Component:
    return rx.cond(
        Shell.can_edit,
        rx.el.button(
            icon("file-input", 15),
            "Import",
            class_name="w-button",
            on_click=Import.ask,
            custom_attrs=test_id("import-workflow"),
        ),
    )


def _filter() -> rx.Component:
    choices = (
        ("all", "All workflows"),
        ("live", "Live"),
        ("unpublished", "With unpublished changes"),
        ("archived", "Archived"),
    )
    return rx.el.select(
        *[rx.el.option(words, value=key) for key, words in choices],
        value=WorkflowList.filter,
        on_change=WorkflowList.choose,
        class_name="w-input w-filter",
        custom_attrs={**test_id("filter-workflows"), "aria-label": "Which workflows"},
    )


def _tags() -> rx.Component:
    return rx.el.div(
        rx.foreach(
            WorkflowList.tags,
            lambda tag: rx.el.button(
                tag,
                type="button",
                class_name=["w-badge square w-tag", rx.cond(WorkflowList.tag == tag, "accent", "")],
                on_click=WorkflowList.choose_tag(tag),
                custom_attrs={
                    **test_id("tag-filter"),
                    "aria-pressed": rx.cond(WorkflowList.tag == tag, "true", "false"),
                },
            ),
        ),
        class_name="w-row w-wrap w-tags",
        role="group",
        custom_attrs={"aria-label": "Narrow to a tag"},
    )


def _table() -> rx.Component:
    heads = (
        ("Workflow", "name"),
        ("Live", "live"),
        ("Draft", "draft"),
        ("Last run", "last"),
        ("Changed", "changed"),
        ("", "actions"),
    )
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                *[
                    rx.el.th(
                        words or rx.el.span("Actions", class_name="w-visually-hidden"),
                        class_name=f"w-col-{key}",
                    )
                    for words, key in heads
                ]
            )
        ),
        rx.el.tbody(rx.foreach(WorkflowList.shown, _row)),
        class_name="w-table",
        custom_attrs=test_id("workflows-table"),
    )


def _row(each: rx.Var[WorkflowRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(
                each.title,
                href=f"/workflows/{each.id}",
                class_name="w-row-target w-strong",
                custom_attrs=test_id("workflow-link"),
            ),
            rx.el.div(
                rx.cond(
                    each.title != each.name,
                    rx.el.span(each.name, class_name="w-mono w-small w-muted w-truncate"),
                ),
                rx.cond(
                    each.starts != "",
                    link(
                        each.starts,
                        href=each.starts_href,
                        class_name="w-small w-muted w-above w-truncate",
                        custom_attrs=test_id("workflow-starts"),
                    ),
                ),
                rx.foreach(each.tags, lambda tag: rx.el.span(tag, class_name="w-badge square")),
                class_name="w-row w-row-tags",
            ),
            class_name="w-col-name",
        ),
        rx.el.td(
            rx.cond(
                each.live != "",
                rx.el.span(
                    each.live, class_name="w-badge success square", custom_attrs=test_id("live-version")
                ),
                rx.el.span("Not published", class_name="w-small w-muted"),
            ),
            class_name="w-col-live w-nowrap",
        ),
        rx.el.td(
            rx.cond(
                each.changed,
                rx.cond(
                    each.live != "",
                    rx.el.span("Unpublished changes", class_name="w-badge warning square"),
                    rx.el.span("Draft", class_name="w-badge square"),
                ),
                rx.el.span("Same as live", class_name="w-small w-muted"),
            ),
            class_name="w-col-draft w-nowrap",
        ),
        rx.el.td(
            rx.cond(
                each.run_id != "",
                link(
                    state_pill(each.run_state, "last-run-state"),
                    rx.el.span(TimeAgo.create(at=each.run_at), class_name="w-small w-muted w-last-at"),
                    href=f"/runs/{each.run_id}",
                    class_name="w-row w-above",
                ),
                rx.el.span("Never", class_name="w-small w-muted"),
            ),
            class_name="w-col-last",
        ),
        rx.el.td(TimeAgo.create(at=each.updated), class_name="w-col-changed w-small w-muted w-nowrap"),
        rx.el.td(
            rx.el.div(
                rx.cond(
                    Shell.can_run & (each.live != "") & ~each.archived,
                    rx.el.button(
                        icon("play", 13),
                        "Run",
                        class_name="w-button small",
                        on_click=StartRun.ask(each.id),
                        custom_attrs={**test_id("run-workflow"), "aria-label": f"Run {each.title}"},
                    ),
                ),
                link(
                    icon("activity", 15),
                    href=f"/runs?workflow={each.id}",
                    class_name="w-button ghost icon small",
                    custom_attrs={"aria-label": f"Runs of {each.title}", "title": "Its runs"},
                ),
                row_menu(each),
                class_name="w-row w-row-actions w-above",
            ),
            class_name="w-col-actions",
        ),
        key=each.id,
        class_name="w-row-link",
        custom_attrs=test_id("workflow-row", id=each.id, name=each.name),
    )


def _none() -> rx.Component:
    return empty(
        "workflow",
        "Describe your first workflow",
        "Say in a sentence what should happen. You get it as a graph and as text, checked against the tools it uses; "
        "nothing runs before you publish it.",
        rx.el.div(
            _new_button("new-workflow-first"), templates_link(), _import_button(), class_name="w-row w-wrap"
        ),
        test_id="workflows-empty",
    )


def _none_fits() -> rx.Component:
    return rx.cond(
        WorkflowList.filter == "archived",
        empty(
            "archive",
            "Nothing is archived",
            "What is archived leaves the list, keeps its history, and can be put back.",
        ),
        rx.cond(
            WorkflowList.archived_only,
            empty(
                "archive",
                "Every workflow is archived",
                "Choose Archived above to see them, or make a new one.",
            ),
            empty(
                "search-x",
                "No workflow fits",
                "None has these words in its title, name or tags under this filter.",
            ),
        ),
    )


def _dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("New workflow")),
        rx.el.form(
            rx.el.div(
                rx.el.div(
                    rx.el.label("What should it do?", html_for="new-sentence"),
                    rx.el.textarea(
                        id="new-sentence",
                        name="sentence",
                        rows="5",
                        placeholder=EXAMPLE,
                        class_name="w-input",
                        custom_attrs={
                            **test_id("new-sentence"),
                            "data-autofocus": "",
                            "aria-describedby": "new-help",
                        },
                    ),
                    rx.el.span(
                        "The editor opens with this in its chat, and the designer answers with a proposal.",
                        id="new-help",
                        class_name="w-help",
                    ),
                    class_name="w-field",
                ),
                rx.el.div(
                    rx.el.label(
                        "Name",
                        rx.el.span("optional with a description", class_name="w-muted w-small"),
                        html_for="new-name",
                    ),
                    rx.el.input(
                        id="new-name",
                        name="name",
                        placeholder="Refunds",
                        auto_complete="off",
                        max_length=200,
                        class_name="w-input",
                        custom_attrs=test_id("new-name"),
                    ),
                    class_name="w-field",
                ),
                rx.cond(
                    WorkflowList.problem != "",
                    rx.el.div(
                        WorkflowList.problem,
                        class_name="w-note danger",
                        role="alert",
                        custom_attrs=test_id("new-problem"),
                    ),
                ),
                class_name="body",
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=WorkflowList.close),
                rx.el.button(
                    rx.cond(WorkflowList.creating, "Creating…", "Create"),
                    type="submit",
                    class_name="w-button primary",
                    disabled=WorkflowList.creating,
                    custom_attrs=test_id("create-workflow"),
                ),
            ),
            on_submit=WorkflowList.create,
        ),
        open=WorkflowList.asking,
        label="New workflow",
        on_close=WorkflowList.close,
        custom_attrs=test_id("new-workflow-dialog"),
    )


def _archive_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("Archive ", WorkflowList.archiving_title, "?")),
        rx.el.div(
            rx.el.p(
                "It leaves this list and no new runs start. Runs in flight go on, and its history stays."
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Keep it", type="button", class_name="w-button", on_click=WorkflowList.close),
            rx.el.button(
                "Archive",
                type="button",
                class_name="w-button danger solid",
                on_click=WorkflowList.archive,
                custom_attrs=test_id("confirm-archive"),
            ),
        ),
        open=WorkflowList.archiving != "",
        label="Archive a workflow",
        on_close=WorkflowList.close,
    )
