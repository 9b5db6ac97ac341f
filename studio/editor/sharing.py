"""The open workflow for elsewhere: its text, its picture, its address."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import reflex as rx

import dsl
from studio.editor.state import EditorState
from studio.shell import guarded

ENTRIES: Final = [
    {"key": "download", "label": "Download as .weft"},
    {"key": "copy", "label": "Copy the text"},
    {"key": "picture", "label": "Download a picture (SVG)"},
    {"key": "link", "label": "Copy the link"},
]


class Sharing(rx.State):
    """``copied`` is what the page puts on the clipboard: {"seq", "text"}."""

    copied: dict[str, Any] = {}

    def copy(self, text: str) -> None:
        """Onto the clipboard of whoever looks at the page."""
        self.copied = {"seq": self.copied.get("seq", 0) + 1, "text": text}

    @rx.event
    @guarded("view")
    async def pick(self, key: str) -> Any:
        """An entry of the menu: of the text as it stands in the editor, saved or not."""
        editor = await self.get_state(EditorState)
        if editor._desk is None:
            return None
        name = editor._desk.reading.parsed.workflow.name or "workflow"
        match key:
            case "download":
                return rx.download(data=editor.text, filename=f"{name}.weft")
            case "copy":
                self.copy(editor.text)
                return rx.toast.success("The text is copied.")
            case "link":
                self.copy(f"{self.router.url.origin}/workflows/{editor.workflow_id}")
                return rx.toast.success("The link is copied.")
            case "picture":
                return rx.download(
                    data=await asyncio.to_thread(_picture, editor._desk), filename=f"{name}.svg"
                )
        return None


def _picture(desk: Any) -> str:
    """As people placed it, without problems."""
    parsed = desk.reading.parsed
    return dsl.svg(dsl.placed(dsl.view(parsed, (), desk.catalog), desk.document.placement))
