"""Answers what the browser asks while somebody writes. Kept apart, so that an answer resends nothing but itself."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import reflex as rx

from studio.editor.asking import asked
from studio.editor.assisting import answer
from studio.editor.state import EditorState
from studio.shell import guarded

SLOW: Final = 20_000
"""Characters of a text from which on it is read in a thread: everybody else would wait for it."""


class Assistant(rx.State):
    """``answer`` is the last one; the browser asks one thing at a time and drops what it no longer waits for."""

    answer: dict[str, Any] = {}

    @rx.event
    @guarded("view")
    async def ask(self, said: dict[str, Any]) -> None:
        """One question, see :mod:`studio.editor.asking`."""
        question = asked(said)
        desk = (await self.get_state(EditorState))._desk
        if question is None or desk is None:
            return
        if len(desk.document.text) > SLOW:
            self.answer = await asyncio.to_thread(answer, question, desk)
        else:
            self.answer = answer(question, desk)
