"""A proposal looked at on the canvas and in the text before it counts: painted over what is there, nothing saved."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from dsl.catalog import Catalog
from engine.proposals import Proposal
from studio.chat.painting import by_node, painted
from studio.chat.taking import Taken, take
from studio.designer.parts import parts

Json = dict[str, Any]


class Overlay(rx.State):
    """``model``: {"seq", "message", "title", "parts", "of"} (``of``: the part of each node); ``graph``: {"graph",
    "marks"}; ``old`` and ``new`` are the texts."""

    open: bool = False
    message: str = ""
    model: Json = {}
    graph: Json = {}
    old: str = ""
    new: str = ""

    async def look(self, message: str, proposal: Proposal, now: str, catalog: Catalog) -> None:
        """What accepting all of it would lead to from the text as it is; where that clashes, the proposal as it is."""
        found = await asyncio.to_thread(_seen, proposal, now, catalog)
        seq = int(self.model.get("seq", 0)) + 1
        self.old, self.new = found["old"], found["new"]
        self.graph = {"seq": seq, **found["painted"]}
        self.model = {
            "seq": seq,
            "message": message,
            "title": str(proposal.said.get("title", "")),
            "parts": found["parts"],
            "of": found["of"],
            "lowers": bool(proposal.said.get("safety")),
        }
        self.open, self.message = True, message

    def close(self) -> None:
        if self.open:
            self.open, self.graph, self.old, self.new = False, {}, "", ""
            self.model = {"seq": self.model.get("seq", 0)}


def _seen(proposal: Proposal, now: str, catalog: Catalog) -> Json:
    taken = take(proposal, now, catalog)
    old, new = (now, taken.text) if isinstance(taken, Taken) else (proposal.start, proposal.text)
    left = parts(proposal.start, proposal.text, catalog)
    return {
        "old": old,
        "new": new,
        "painted": painted(old, new, catalog),
        "parts": [{"id": one.id, "title": one.title, "risks": list(one.risks)} for one in left],
        "of": by_node(left),
    }
