"""Why did the last run fail? The story of the run in plain words, and what could be said to mend it."""

from __future__ import annotations

import re
from typing import Final

import dsl
from dsl.edits.ground import Ground
from studio.designer.stories import RunStory
from studio.designer.writing import Said, Task

_ASKED = re.compile(
    r"\bwhy\b[^.?!]*\b(?:fail\w*|broke\w*|break\w*|stop\w*|went wrong|not work\w*|error\w*)"
    r"|\bwhat\b[^.?!]*\b(?:went wrong|failed|happened)\b[^.?!]*"
    r"|\b(?:last|latest|previous|recent)\b[^.?!]{0,20}\brun\b[^.?!]*\b(?:fail\w*|error\w*|wrong|broke\w*|do|did"
    r"|happen\w*)"
    r"|\b(?:fix|mend|repair)\b[^.?!]*\b(?:last|latest|failed)\b[^.?!]{0,20}\b(?:run|error|failure)\b",
    re.IGNORECASE,
)

_ADVICE: Final = {
    "timeout": "It took too long. Say “retry {step} 3 times” or “give {step} a timeout of 1 minute”.",
    "unavailable": "The other side could not be reached. Say “retry {step} 3 times”.",
    "rejected": "Somebody said no, and nothing says what happens then. "
    "Say “also tell the customer when it is refused”.",
    "expired": "Nobody answered in time. Say “ask for longer” or name somebody to escalate to.",
    "invalid_arguments": "What it was given does not fit the tool. Look at the step's arguments in the inspector.",
    "not_found": "What it looked for does not exist. Look at the input of the run.",
}
_ELSE: Final = (
    "Look at what the step was given; you can test the workflow with the same input in the Test tab."
)


async def about_the_last_run(task: Task) -> Said | None:
    """The answer to a question about the last run; None for every other message, and where no run can be read."""
    if task.runs is None or not asks_for_it(task.request):
        return None
    story = await task.runs.last()
    if story is None:
        return Said("No run of this workflow is over yet, so there is nothing to look at.")
    return Said(_in_words(story, task.base))


def asks_for_it(request: str) -> bool:
    return bool(_ASKED.search(request))


def _in_words(story: RunStory, base: str) -> str:
    when = f" ({story.when})" if story.when else ""
    if not story.step and not story.code:
        return f"The last run{when} {_ENDS.get(story.status, story.status)}. Nothing failed in it."
    place = f" at the step `{story.step}`" if story.step else ""
    why = f": {story.message.rstrip('.')}" if story.message else ""
    lines = [f"The last run{when} {_ENDS.get(story.status, story.status)}{place}{why}."]
    if story.code:
        lines[0] = lines[0][:-1] + f" (`{story.code}`)."
    if sentence := _sentence_of(story.step, base):
        lines.append(f"That step is: {sentence}.")
    if story.arguments:
        lines.append(f"It was given {story.arguments}.")
    name = story.step.rpartition(".")[2].partition("[")[0] or "the step"
    lines.append(_ADVICE.get(story.code, _ELSE).format(step=f"`{name}`"))
    return "\n\n".join([lines[0], " ".join(lines[1:])])


def _sentence_of(path: str, base: str) -> str:
    """What the step does, as the canvas says it; "" where the text has no such step any more."""
    plain = re.sub(r"\[\d+\]|#\d+", "", path)
    parsed = dsl.parse(base)
    if plain not in Ground(parsed).places:
        return ""
    return next(
        (node.sentence for node in dsl.view(parsed).nodes if node.step == plain and node.sentence), ""
    )


_ENDS: Final = {
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "was cancelled",
    "timed_out": "took too long",
    "needs_review": "stopped until a person looks",
}

__all__ = ["about_the_last_run", "asks_for_it"]
