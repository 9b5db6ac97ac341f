"""What is told of an import: where something stood, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """``where`` is a node's name as it is in n8n, or "The workflow"."""

    where: str
    words: str


@dataclass(slots=True)
class Report:
    """Notes in the order in which they came up, each once."""

    notes: dict[Note, None] = field(default_factory=dict)

    def say(self, where: str, words: str) -> None:
        self.notes.setdefault(Note(where or "The workflow", words))
