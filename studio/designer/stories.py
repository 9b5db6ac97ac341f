"""What is told of a run that is over: which step failed, with what, on what input. Words from outside, never orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RunStory:
    """``status`` is the run's ("succeeded", "failed", ...), ``step`` the path of the step that failed ("" for none) and
    ``code`` and ``message`` its error. ``input`` is the run's and ``arguments`` the failed call's, as JSON with
    everything secret or personal left out. ``steps`` tells, a line each, what happened before.
    """

    status: str
    step: str = ""
    code: str = ""
    message: str = ""
    input: str = ""
    arguments: str = ""
    steps: tuple[str, ...] = ()
    when: str = ""


class RunReader(Protocol):
    """The runs of the workflow that is talked about, as its reader may see them."""

    async def last(self) -> RunStory | None:
        """The newest run that is over, None when there is none."""
        ...


def told(story: RunStory) -> str:
    """The story in lines, for a model or a person."""
    lines = [
        f"The last run {_ENDED.get(story.status, story.status)}{f', {story.when}' if story.when else ''}."
    ]
    if story.step:
        lines.append(f"Failed step: {story.step}")
    if story.code or story.message:
        lines.append(f"Error: {story.code} {story.message}".rstrip())
    if story.arguments:
        lines.append(f"The step was given: {story.arguments}")
    if story.input:
        lines.append(f"Input of the run: {story.input}")
    if story.steps:
        lines += ["What happened:", *story.steps]
    return "\n".join(lines)


_ENDED = {"timed_out": "took too long", "needs_review": "stopped until a person looks"}

__all__ = ["RunReader", "RunStory", "told"]
