"""The headers of two texts: what they use, take, give, are set to and are started by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsl import tree
from dsl.changes.branches import condition_risks, tests_of
from dsl.changes.change import Change, HeadChanged, Weight, WordsChanged
from dsl.changes.meaning import form
from dsl.changes.safety import Direction, number_of
from dsl.changes.view import View
from dsl.outline import slots
from dsl.schemas import fields_of
from dsl.walk import walk
from dsl.wording.spelling import capital, clip, duration_words, plain_words

_ROLES = {"input": "input", "output": "output", "config": "setting"}


def head_changes(view: View) -> Iterator[Change]:
    old, new = view.old.workflow, view.new.workflow
    if old.name != new.name:
        spans = (old.name_span, new.name_span)
        yield _head(
            "name",
            new.name,
            old.name,
            new.name,
            spans,
            "interface",
            f"The workflow is now called `{new.name}` instead of `{old.name}`",
        )
    if old.doc.strip() != new.doc.strip():
        yield WordsChanged(
            old_span=old.name_span,
            new_span=new.name_span,
            weight="words",
            sentence="The description of the workflow changed",
        )
    yield from _uses(view)
    yield from _named(view, "type", _types, _type)
    for role in ("input", "output", "config"):
        yield from _fields(view, role)
    yield from _named(view, "secret", _secrets, _secret)
    yield from _named(view, "trigger", _triggers, _trigger)


def _head(
    part: str,
    name: str,
    was: str | None,
    now: str | None,
    spans: tuple[tree.Span | None, tree.Span | None],
    weight: Weight,
    sentence: str,
    risks: tuple[str, ...] = (),
) -> HeadChanged:
    return HeadChanged(
        old_span=spans[0],
        new_span=spans[1],
        weight="safety" if risks else weight,
        sentence=sentence,
        risks=risks,
        part=part,
        name=name,
        was=was,
        now=now,
    )


def same_head(view: View, old: Any, new: Any) -> bool:
    """Whether two parts of the headers mean the same."""
    matching = view.matching
    return bool(
        form(old, matching.old, {}, matching.old_token) == form(new, matching.new, {}, matching.new_token)
    )


def _uses(view: View) -> Iterator[Change]:
    """An alias is a name inside the text: what matters is which connectors and workflows there are."""
    old = {(use.source, use.name): use for use in view.matching.old.uses.values()}
    new = {(use.source, use.name): use for use in view.matching.new.uses.values()}
    for key in dict.fromkeys((*new, *old)):
        was, now = old.get(key), new.get(key)
        what = "the workflow" if key[0] == "workflow" else "the connector"
        if was is None and now is not None:
            yield _head(
                "use",
                now.alias,
                None,
                now.name,
                (None, now.span),
                "behaviour",
                f"{capital(what)} `{now.name}` is now used, as `{now.alias}`",
            )
        elif was is not None and now is None:
            yield _head(
                "use",
                was.alias,
                was.name,
                None,
                (was.span, None),
                "behaviour",
                f"{capital(what)} `{was.name}` is no longer used",
            )
        elif was is not None and now is not None and was.alias != now.alias:
            yield WordsChanged(
                old_span=was.span,
                new_span=now.span,
                weight="words",
                sentence=f"{capital(what)} `{now.name}` is now called `{now.alias}` instead of `{was.alias}`",
            )


@dataclass(frozen=True, slots=True)
class _Both:
    view: View
    was: Any
    now: Any

    @property
    def spans(self) -> tuple[tree.Span | None, tree.Span | None]:
        return (None if self.was is None else self.was.span, None if self.now is None else self.now.span)


def _named(
    view: View,
    part: str,
    of: Callable[[tree.Workflow], Mapping[str, Any]],
    changed: Callable[[_Both, str], Iterator[Change]],
) -> Iterator[Change]:
    old, new = of(view.old.workflow), of(view.new.workflow)
    for name in dict.fromkeys((*new, *old)):
        both = _Both(view, old.get(name), new.get(name))
        if both.was is None or both.now is None or not same_head(view, both.was, both.now):
            yield from changed(both, name)
        elif getattr(both.was, "doc", "").strip() != getattr(both.now, "doc", "").strip():
            yield _doc(part, name, both.spans)


def _doc(part: str, name: str, spans: tuple[tree.Span | None, tree.Span | None]) -> WordsChanged:
    return WordsChanged(
        old_span=spans[0],
        new_span=spans[1],
        weight="words",
        sentence=f"The description of the {part} `{name}` changed",
    )


def _by_name(heads: Iterable[Any]) -> dict[str, Any]:
    """In the order they are written; of two with one name, the first counts."""
    found: dict[str, Any] = {}
    for head in heads:
        found.setdefault(head.name, head)
    return found


def _types(workflow: tree.Workflow) -> dict[str, Any]:
    return _by_name(head for head in workflow.heads if isinstance(head, tree.TypeDecl))


def _secrets(workflow: tree.Workflow) -> dict[str, Any]:
    return _by_name(head for head in workflow.heads if isinstance(head, tree.Secret))


def _triggers(workflow: tree.Workflow) -> dict[str, Any]:
    return _by_name(head for head in workflow.heads if isinstance(head, tree.Trigger))


def _type(both: _Both, name: str) -> Iterator[Change]:
    was = None if both.was is None else both.view.was(both.was.type)
    now = None if both.now is None else both.view.now(both.now.type)
    yield _head("type", name, was, now, both.spans, "interface", _came_or_went("type", name, was, now))


def _secret(both: _Both, name: str) -> Iterator[Change]:
    came = both.was is None
    sentence = f"The secret `{name}` is {'now needed' if came else 'no longer needed'}"
    yield _head(
        "secret", name, None if came else name, name if came else None, both.spans, "interface", sentence
    )


def _trigger(both: _Both, name: str) -> Iterator[Change]:
    was = None if both.was is None else trigger_words(both.was)
    now = None if both.now is None else trigger_words(both.now)
    risks: tuple[str, ...] = ()
    verified = (
        both.was is not None and isinstance(both.was.on, tree.Webhook) and both.was.on.verify is not None
    )
    open_ = both.now is not None and isinstance(both.now.on, tree.Webhook) and both.now.on.verify is None
    if open_ and (verified or both.was is None):
        risks = (f"Anybody who knows the address can start it through `{name}`",)
    if was is None:
        sentence = f"It is now also started {now} (`{name}`)"
    elif now is None:
        sentence = f"It is no longer started {was} (`{name}`)"
    elif was != now:
        sentence = f"It is now started {now} instead of {was} (`{name}`)"
    else:
        sentence = f"`{name}` starts it with other values or conditions"
    yield _head("trigger", name, was, now, both.spans, "interface", sentence, risks)


def trigger_words(trigger: tree.Trigger) -> str:
    """What starts a workflow, as it goes on behind "started"."""
    match trigger.on:
        case tree.Webhook(method=method, path=path):
            return f'by a webhook {method} "{path}"'
        case tree.Schedule(cron=cron, timezone=zone):
            return f'by the schedule "{cron}"' + (f" in {zone}" if zone else "")
        case tree.EventTrigger(event=event):
            return f'by the event "{event}"'
        case tree.Manual():
            return "by hand"


def _fields(view: View, role: str) -> Iterator[Change]:
    old = _by_name(fields_of(view.old.workflow, role))
    new = _by_name(fields_of(view.new.workflow, role))
    called = _ROLES[role]
    weight: Weight = "behaviour" if role == "config" else "interface"
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            here, written = (now, view.now) if was is None else (was, view.was)
            said = None if here is None else written(here.type)
            words = _came_or_went(called, name, None if was is None else said, None if now is None else said)
            spans = (None if was is None else was.span, None if now is None else now.span)
            yield _head(
                role, name, None if was is None else said, None if now is None else said, spans, weight, words
            )
            continue
        spans_ = (was.span, now.span)
        if not same_head(view, was.type, now.type):
            first, second = view.was(was.type), view.now(now.type)
            sentence = f"The {called} `{name}` is now `{second}` instead of `{first}`"
            yield _head(role, name, first, second, spans_, weight, sentence)
        if not _same_default(view, was.default, now.default):
            yield _default(view, role, name, was, now, weight)
        if was.doc.strip() != now.doc.strip():
            yield _doc(called, name, spans_)


def _same_default(view: View, was: tree.Expr | None, now: tree.Expr | None) -> bool:
    return was is now if was is None or now is None else same_head(view, was, now)


def _default(
    view: View, role: str, name: str, was: tree.Field, now: tree.Field, weight: Weight
) -> HeadChanged:
    first, second = view.was(was.default), view.now(now.default)
    words = plain_words(name) or name
    low = None if was.default is None else number_of(was.default)
    high = None if now.default is None else number_of(now.default)
    if role != "config":
        had, has = clip(first or "nothing", 60), clip(second or "nothing", 60)
        sentence = f"The input `{name}` is `{has}` when it is not given; before, `{had}`"
        if second is None:
            sentence = (
                f"The input `{name}` must now be given (before, it was `{clip(first or '', 60)}` by itself)"
            )
        elif first is None:
            sentence = f"The input `{name}` need not be given any more: it is `{clip(second, 60)}` then"
    elif low is not None and high is not None and low != high:
        verb = "rises" if high > low else "falls"
        sentence = f"The {words} {verb} from {_shown(was.default)} to {_shown(now.default)}"
    else:
        sentence = f"The {words} is now `{clip(second or 'nothing', 60)}` instead of `{clip(first or 'nothing', 60)}`"
    spans = (was.span, now.span)
    risks = setting_risks(view, name) if role == "config" else ()
    return _head(role, name, first, second, spans, weight, sentence, risks)


def _shown(value: tree.Expr | None) -> str:
    match value:
        case tree.Duration(ms=ms):
            return duration_words(ms)
        case tree.Constant(value=float() as number) if round(number, 2) == number:
            return f"{number:.2f}"
        case tree.Constant(value=number):
            return str(number)
        case _:
            return ""


def setting_risks(view: View, name: str) -> tuple[str, ...]:
    """What the new value of a setting takes from the conditions that read it."""
    found: list[str] = []
    for old, new in view.matching.pairs():
        for slot in slots(new.step):
            tests = tests_of(new.step.kind, slot.name)
            before = tests_of(old.step.kind, slot.name)
            if len(tests) != 1 or len(before) != 1 or not _reads(tests[0], name):
                continue
            if not view.same(before[0], tests[0], (old, new)):
                continue
            moved: Direction = view.direction(before[0], tests[0], (old, new))
            found += condition_risks(view, new, slot, moved)
    return tuple(dict.fromkeys(found))


def _reads(expression: tree.Expr, setting: str) -> bool:
    return any(
        isinstance(node, tree.Member)
        and node.name == setting
        and isinstance(node.target, tree.Name)
        and node.target.id == "config"
        for node in walk(expression)
    )


def _came_or_went(what: str, name: str, was: str | None, now: str | None) -> str:
    if was is None:
        return f"The {what} `{name}` is new: `{clip(now or '', 80)}`"
    if now is None:
        return f"The {what} `{name}` is gone"
    return f"The {what} `{name}` is now `{clip(now, 80)}` instead of `{clip(was, 80)}`"
