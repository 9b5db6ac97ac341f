"""B705: something that started the workflow does not start it any more.

What: a webhook's method or path, an event's name, or a schedule of the old text is not in the new one.
Why: calls to the old address are refused and the old event passes unheard: nobody is told, it just does not start.
Fix: keep the old trigger beside the new one until nobody uses it.

Before:
    workflow greet {
      input { name: string = "you" }
      trigger hook: webhook POST "/greet"
      step done: return { text: "Hello ${input.name}" }
    }
Bad:
    workflow greet {
      input { name: string = "you" }
      trigger «hook»: webhook POST "/hello"
      step done: return { text: "Hello ${input.name}" }
    }
Good:
    workflow greet {
      input { name: string = "you" }
      trigger hook: webhook POST "/greet"
      trigger hello: webhook POST "/hello"
      step done: return { text: "Hello ${input.name}" }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.changes.header import trigger_words
from dsl.changes.passage import Passage
from dsl.diagnostic import Diagnostic


def check(passage: Passage) -> Iterator[Diagnostic]:
    there = [_start(trigger) for trigger in _triggers(passage.new)]
    names = {trigger.name: trigger for trigger in _triggers(passage.new)}
    for trigger in _triggers(passage.old):
        if isinstance(trigger.on, tree.Manual) or _start(trigger) in there:
            continue
        now = names.get(trigger.name)
        told = "" if now is None else f", but {trigger_words(now)}"
        yield Diagnostic(
            "B705",
            "error",
            f"the workflow is no longer started {trigger_words(trigger)}{told}",
            passage.new.name_span if now is None else now.name_span,
            f"keep that trigger beside the others: `{_written(passage, trigger)}`",
        )


def _triggers(workflow: tree.Workflow) -> list[tree.Trigger]:
    return [head for head in workflow.heads if isinstance(head, tree.Trigger)]


def _start(trigger: tree.Trigger) -> tuple[str, ...]:
    """What has to be the same outside for a trigger to go on working; its name is nobody's business."""
    match trigger.on:
        case tree.Webhook(method=method, path=path):
            return ("webhook", method, path)
        case tree.Schedule(cron=cron, timezone=zone):
            return ("schedule", cron, zone)
        case tree.EventTrigger(event=event):
            return ("event", event)
        case tree.Manual():
            return ("manual",)


def _written(passage: Passage, trigger: tree.Trigger) -> str:
    whole = passage.view.was(trigger) or ""
    start = whole.find("trigger ")
    return whole[max(start, 0) :][:90]
