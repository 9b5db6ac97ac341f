"""The designer: from a conversation to workflows that were read, checked and explained before anybody sees them.

No web framework in here; the studio's chat and the HTTP API are shells around :func:`answer`.
"""

from studio.designer.agent import ROUNDS, answer
from studio.designer.events import (
    ChangeLine,
    DiffLine,
    Doing,
    Event,
    Failed,
    Finding,
    Proposal,
    Round,
    StepLine,
    Text,
    Way,
)
from studio.designer.stories import RunReader, RunStory
from studio.designer.writers import BuiltinWriter, ModelWriter
from studio.designer.writing import Task, Turn, Writer

__all__ = [
    "ROUNDS",
    "BuiltinWriter",
    "ChangeLine",
    "DiffLine",
    "Doing",
    "Event",
    "Failed",
    "Finding",
    "ModelWriter",
    "Proposal",
    "Round",
    "RunReader",
    "RunStory",
    "StepLine",
    "Task",
    "Text",
    "Turn",
    "Way",
    "Writer",
    "answer",
]
