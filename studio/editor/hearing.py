"""What one part of the page may say: the messages, and the function that does what each asks for.

A part is a :class:`Hearing` of tables ``{message class: function}``; whoever adds a message adds a line to a table of
their own module, and the table to the part. What is in no table, or does not fit its class, is dropped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

from pydantic import Field, TypeAdapter, ValidationError

from studio.editor.gesture import Said

if TYPE_CHECKING:
    from studio.editor.state import EditorState

Doer: TypeAlias = Callable[["EditorState", Any], Awaitable[Any]]
Table: TypeAlias = Mapping[type[Said], Doer]


class Hearing:
    """Messages are told apart by their ``type``. A function gets the editor and the message, and returns an answer."""

    def __init__(self, *tables: Table) -> None:
        self._doers = {message: doer for table in tables for message, doer in table.items()}
        kinds = Union[tuple(self._doers)]  # noqa: UP007
        self._messages: TypeAdapter[Said] = TypeAdapter(Annotated[kinds, Field(discriminator="type")])

    def read(self, said: Any) -> Said | None:
        """The message in what the browser sent, or None."""
        try:
            return self._messages.validate_python(said)
        except ValidationError:
            return None

    async def hear(self, editor: EditorState, said: Any) -> Any:
        message = self.read(said)
        if message is None:
            return None
        if editor._desk is None:
            # The server started anew, and the page's first words are quicker than its opening.
            await editor._open()
        if editor._desk is None:
            return None
        editor._be_here()
        return await self._doers[type(message)](editor, message)


__all__ = ["Doer", "Hearing", "Table"]
