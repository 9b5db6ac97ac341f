"""The parts of the inbox that run in the browser."""

from __future__ import annotations

import reflex as rx

from studio.approvals.rows import ApprovalCard

_FILES = {name: rx.asset(name, shared=True) for name in ("approvals.css", "cards.jsx")}


class ApprovalCards(rx.Component):
    """The cards. `on_decide(id, hash, "approve" or "reject", comment)`, `on_bulk([[id, hash]], decision)`. `keys`: j, k
    and the others work here."""

    library = _FILES["cards.jsx"].importable_path
    tag = "ApprovalCards"

    cards: rx.Var[list[ApprovalCard]]
    deciding: rx.Var[str]
    single: rx.Var[bool]
    keys: rx.Var[bool]
    on_decide: rx.EventHandler[rx.event.passthrough_event_spec(str, str, str, str)]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_answer: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_hand: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_bulk: rx.EventHandler[rx.event.passthrough_event_spec(list[list[str]], str)]


class BulkResults(rx.Component):
    """What came of each."""

    library = _FILES["cards.jsx"].importable_path
    tag = "BulkResults"

    results: rx.Var[list[dict[str, str]]]
