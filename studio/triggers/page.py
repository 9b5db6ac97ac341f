"""/triggers: what starts workflows by itself. ``?trigger=ID`` chooses one, ``?kind=`` and ``?state=`` filter."""

from __future__ import annotations

import reflex as rx

from studio.shell.elements import Pulse, TimeAgo, empty, failure, icon, link, skeleton_rows, test_id
from studio.shell.frame import frame
from studio.triggers.panel import panel
from studio.triggers.rows import TriggerRow
from studio.triggers.sending import sending_dialog
from studio.triggers.state import TriggerList
from studio.triggers.words import ICONS, KINDS, STATES

EVERY_MS = 5_000


def triggers_page() -> rx.Component:
    """The list, and beside it the one that is chosen; on a phone one after the other."""
    return frame(
        rx.el.div(
            Pulse.create(every=EVERY_MS, on_beat=TriggerList.refresh),
            _bar(),
            failure(TriggerList.message, TriggerList.help, TriggerList.load),
            rx.el.div(
                rx.el.section(
                    rx.cond(~TriggerList.loaded, skeleton_rows(4), _list()),
                    class_name="w-card w-trigger-side",
                    custom_attrs={"aria-label": "Triggers"},
                ),
                rx.foreach(TriggerList.one, panel),
                class_name=["w-triggers", rx.cond(TriggerList.one.length() > 0, "chosen", "")],
            ),
            sending_dialog(),
            class_name="w-stack",
        ),
        active="triggers",
        title="Triggers",
    )


def _bar() -> rx.Component:
    return rx.el.div(
        rx.el.input(
            type="search",
            placeholder="Find a trigger",
            on_change=TriggerList.search.debounce(250),
            class_name="w-input w-filter",
            custom_attrs={**test_id("trigger-search"), "aria-label": "Find a trigger"},
        ),
        _filter("All kinds", "Kind", KINDS, TriggerList.kind, TriggerList.filter_kind, "trigger-kind"),
        _filter(
            "Any state",
            "State",
            {key: words for key, (words, _, _) in STATES.items()},
            TriggerList.state,
            TriggerList.filter_state,
            "trigger-state",
        ),
        rx.el.span(class_name="w-spacer"),
        link(icon("key-round", 14), "Secrets", href="/secrets", class_name="w-button"),
        class_name="w-toolbar",
    )


def _filter(
    all_: str, label: str, choices: dict[str, str], value: object, on_change: object, test: str
) -> rx.Component:
    return rx.el.select(
        rx.el.option(all_, value=""),
        *[rx.el.option(words, value=key) for key, words in choices.items()],
        value=value,
        on_change=on_change,
        class_name="w-input w-filter",
        custom_attrs={**test_id(test), "aria-label": label},
    )


def _list() -> rx.Component:
    return rx.cond(
        TriggerList.rows.length() > 0,
        rx.el.div(
            rx.foreach(TriggerList.rows, _row),
            rx.cond(
                TriggerList.hidden > 0,
                rx.el.p(
                    "And ",
                    TriggerList.hidden,
                    " more: search or filter above.",
                    class_name="w-muted w-trigger-part",
                ),
            ),
            class_name="w-trigger-list",
        ),
        rx.cond(
            TriggerList.total > 0,
            empty(
                "filter",
                "None of them fits",
                "Search for other words, or choose other kinds or states above.",
            ),
            empty(
                "alarm-clock",
                "Nothing starts by itself yet",
                "A workflow says what starts it: a schedule, a webhook that a system calls, an event, or a person. "
                "Write it under Start in the editor, or ask for it in the conversation (“every weekday at nine”), and "
                "publish.",
                link("All workflows", href="/workflows", class_name="w-button primary"),
                test_id="triggers-empty",
            ),
        ),
    )


def _row(each: rx.Var[TriggerRow]) -> rx.Component:
    return rx.el.button(
        rx.match(each.kind, *[(kind, icon(name, 17)) for kind, name in ICONS.items()], icon("zap", 17)),
        rx.el.span(
            rx.el.span(each.workflow, class_name="w-strong w-truncate"),
            rx.el.span(each.name, class_name="w-mono w-small w-muted w-truncate"),
            class_name="w-trigger-name",
        ),
        rx.el.span(
            each.state_words,
            title=each.meaning,
            class_name=["w-pill", each.tone],
            custom_attrs=test_id("trigger-row-state", state=each.state),
        ),
        rx.el.span(each.words, class_name="w-small w-muted w-trigger-words w-truncate"),
        rx.el.span(
            rx.cond(
                each.next_at != "",
                rx.fragment("next ", TimeAgo.create(at=each.next_at, none="")),
                rx.cond(each.last_at != "", rx.fragment("last ", TimeAgo.create(at=each.last_at, none=""))),
            ),
            class_name="w-small w-muted w-trigger-when",
        ),
        type="button",
        key=each.id,
        class_name="w-trigger-row",
        on_click=TriggerList.choose(each.id),
        custom_attrs={
            **test_id("trigger-row", name=each.name, kind=each.kind),
            "aria-pressed": TriggerList.chosen == each.id,
        },
    )
