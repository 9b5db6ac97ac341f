"""Parts of one step: its arguments, clauses, expressions and documentation."""

from __future__ import annotations

import re

from dsl import tree
from dsl.edits.clauses import taken_out
from dsl.edits.entries import with_entry, without_entry
from dsl.edits.ground import INDENT, NAME, Ground
from dsl.edits.models import (
    EditError,
    SetAnnotation,
    SetArgument,
    SetComment,
    SetDoc,
    SetExpression,
    Splice,
)
from dsl.literals import spell_string
from dsl.parse import expression_problem
from dsl.tree import Span

_LINES = {
    tree.Approve: ("title", "show", "quorum", "within", "escalate", "on_reject", "on_timeout"),
    tree.Agent: ("system", "prompt", "tools", "output", "max_turns", "budget"),
}

_NOT_EXPRESSIONS = frozenset({"ms", "concurrency", "max", "arms"})
"""Fields that hold a time, a number or several expressions; the text as a whole proves those."""


def set_argument(ground: Ground, edit: SetArgument) -> tuple[Splice, ...]:
    kind = ground.place(edit.path).step.kind
    if not isinstance(kind, tree.Call | tree.RunWorkflow):
        raise EditError(f"the step {edit.path!r} takes no arguments", "choose a step that calls something")
    present = next((arg for arg in kind.args if arg.name == edit.name), None)
    if edit.value is None:
        return () if present is None else (without_entry(ground, kind.args, kind.args.index(present)),)
    value = _checked(edit.value)
    if present is not None:
        return (Splice(present.value.span.start, present.value.span.end, value),)
    name = edit.name if NAME.fullmatch(edit.name) else spell_string(edit.name)
    return (with_entry(ground, kind.args, kind.args_span.start + 1, f"{name}: {value}"),)


def set_expression(ground: Ground, edit: SetExpression) -> tuple[Splice, ...]:
    step = ground.place(edit.path).step
    kind = step.kind
    value = edit.value.strip() if edit.value is not None and edit.value.strip() else None
    if isinstance(kind, tree.Approve | tree.Agent) and edit.field in _LINES[type(kind)]:
        return _set_line(ground, step, kind, edit.field, value)
    if value is None:
        return _without(ground, kind, edit.field)
    if _indexed(edit.field)[0] not in _NOT_EXPRESSIONS:
        _checked(value)
    found = _field(ground, kind, edit.field)
    if isinstance(found, Splice):
        return (Splice(found.start, found.end, found.text.replace("\0", value)),)
    return (Splice(found.start, found.end, value),)


def _field(ground: Ground, kind: tree.Kind, field: str) -> Span | Splice:
    """The place of a field; where it is not written, a splice with NUL for the value."""
    name, index = _indexed(field)
    text = ground.text
    match kind, name:
        case ((tree.Let() | tree.Return()), "value"):
            return kind.value.span
        case tree.Fail(message=message), "message":
            return message.span if message else Splice(kind.span.end, kind.span.end, " with \0")
        case tree.Fail(message=message, span=span), "code":
            end = _last_code(text[: message.span.start if message else span.end], span.start)
            return Span(text.index('"', span.start), end)
        case tree.If(arms=arms), "test" | "arms" if index < len(arms):
            return arms[index].tests[0].span
        case tree.Switch(subject=subject), "subject":
            return subject.span
        case tree.Switch(arms=arms), "arms" if index < len(arms):
            return Span(arms[index].tests[0].span.start, arms[index].tests[-1].span.end)
        case tree.Foreach(items=items), "items":
            return items.span
        case tree.Foreach(items=items, block=block, concurrency=number), "concurrency":
            end = block.span.start
            return Splice(
                items.span.end,
                items.span.end if number is None else end,
                " concurrency \0" + " " * (number is not None),
            )
        case tree.Loop(test=test), "test":
            return test.span
        case tree.Loop(test=test, block=block), "max":
            return Splice(test.span.end, block.span.start, " max \0 ")
        case tree.Loop(carry=(_, initial)), "carry":
            return initial.span
        case tree.Wait(until=until), "until" if until is not None:
            return until.span
        case tree.Wait(event=event, when=when, span=span), "event" if event is not None:
            head = text[: when.span.start] if when else text[: span.end]
            return Span(text.index('"', span.start), _last_code(head, span.start))
        case tree.Wait(event=event, when=when, span=span), "when" if event is not None:
            return when.span if when else Splice(span.end, span.end, " when \0")
        case tree.Wait(ms=ms, span=span), "ms" if ms is not None:
            return Splice(span.start, span.end, "wait \0")
        case tree.Agent(model=model), "model":
            return model.span
        case tree.Approve(approvers=approvers), "approvers" if index < len(approvers):
            return approvers[index].name.span
        case _:
            raise EditError(f"this step has no {field!r}", "choose one of the fields that the step shows")


def _last_code(head: str, start: int) -> int:
    """The end of the quoted code that stands between ``start`` and the end of ``head``."""
    match = re.compile(r'"(?:[^"\\\n]|\\.)*"').search(head, start)
    return match.end() if match else len(head)


def _indexed(field: str) -> tuple[str, int]:
    match = re.fullmatch(r"([a-z_]+)\[(\d+)\](?:\.tests?(?:\[0\])?|\.name)?", field)
    return (match.group(1), int(match.group(2))) if match else (field, 0)


def _without(ground: Ground, kind: tree.Kind, field: str) -> tuple[Splice, ...]:
    match kind, field:
        case tree.Fail(message=message, span=span), "message":
            if message is None:
                return ()
            end = _last_code(ground.text[: message.span.start], span.start)
            return (Splice(end, message.span.end, ""),)
        case tree.Wait(event=str(), when=when, span=span), "when":
            if when is None:
                return ()
            end = _last_code(ground.text[: when.span.start], span.start)
            return (Splice(end, when.span.end, ""),)
        case tree.Foreach(items=items, block=block, concurrency=number), "concurrency":
            return () if number is None else (Splice(items.span.end, block.span.start, " "),)
        case _:
            raise EditError(f"{field!r} cannot be left out here", "give it a value")


def _set_line(
    ground: Ground, step: tree.Step, kind: tree.Approve | tree.Agent, name: str, value: str | None
) -> tuple[Splice, ...]:
    """One line of an approval or an agent."""
    present = next((line.span for line in kind.lines if line.name == name), None)
    if value is None:
        return () if present is None else (taken_out(ground, present),)
    if name in ("title", "system", "prompt", "budget"):
        _checked(value)
    word = name.replace("_", " ") if name.startswith("on_") else name
    text = f"{word} {value}"
    if present is not None:
        return (Splice(present.start, present.end, text),)
    order = _LINES[type(kind)]
    above = [line.span for line in kind.lines if order.index(line.name) < order.index(name)]
    opening = (kind.approvers[-1].span if isinstance(kind, tree.Approve) else kind.model.span).end
    outer = ground.indent(step.span.start)
    if not above:
        at = ground.code_end(ground.text.index("{", opening) + 1)
    else:
        at = ground.code_end(max(span.end for span in above))
    closing = "" if ground.text[at : at + 1] == "\n" else f"\n{outer}"
    if closing and ground.text[at : kind.span.end - 1].strip():
        closing += INDENT
    return (Splice(at, at, f"\n{outer}{INDENT}{text}{closing}"),)


def set_doc(ground: Ground, edit: SetDoc) -> tuple[Splice, ...]:
    start = ground.place(edit.path).step.span.start if edit.path else ground.workflow.span.start
    written = re.compile(r"(?:///[^\n]*\n[ \t]*)*").match(ground.text, start)
    end = written.end() if written else start
    indent = ground.indent(start)
    lines = [line.rstrip() for line in edit.doc.strip().splitlines()] if edit.doc.strip() else []
    text = "".join(f"/// {line}".rstrip() + f"\n{indent}" for line in lines)
    if text and not ground.first_on_line(start):
        indent = ground.indent(start) + INDENT
        text = "\n" + indent + "".join(f"/// {line}".rstrip() + f"\n{indent}" for line in lines)
    return (Splice(start, end, text),)


def set_annotation(ground: Ground, edit: SetAnnotation) -> tuple[Splice, ...]:
    step = ground.place(edit.path).step
    if not NAME.fullmatch(edit.name):
        raise EditError(f"{edit.name!r} is no name", "names have letters, digits and _")
    present = next((one for one in step.annotations if one.name == edit.name), None)
    keyword = ground.bare.rindex("step", 0, step.id_span.start)
    if edit.text is None:
        if present is None:
            return ()
        end = present.span.end
        # What follows it on the line, or the line break, moves up to where it stood.
        while ground.text[end : end + 1].isspace() and end < keyword:
            end += 1
        return (Splice(present.span.start, end, ""),)
    text = f"@{edit.name}({edit.text.strip()})"
    if present is not None:
        return (Splice(present.span.start, present.span.end, text),)
    at = max([one.span.end for one in step.annotations], default=-1)
    if at >= 0:
        return (Splice(at, at, f" {text}"),)
    return (Splice(keyword, keyword, f"{text}\n{ground.indent(step.span.start)}"),)


def set_comment(ground: Ground, edit: SetComment) -> tuple[Splice, ...]:
    step = ground.place(edit.path).step
    start = ground.line_start(step.span.start)
    lines = [line.strip() for line in edit.comment.strip().splitlines()] if edit.comment.strip() else []
    indent = ground.indent(step.span.start)
    if ground.first_on_line(step.span.start):
        text = "".join(f"{indent}{_comment_line(line)}\n" for line in lines)
        return (Splice(ground.region(step).start, start, text),)
    at = step.span.start
    text = "".join(f"\n{indent}{_comment_line(line)}" for line in lines)
    return (Splice(at, at, f"{text}\n{indent}"),) if text else ()


def _comment_line(line: str) -> str:
    """``/`` at the beginning would make documentation of it."""
    return f"// {line}".rstrip()


def _checked(value: str) -> str:
    text = value.strip()
    problem = expression_problem(text)
    if problem is not None:
        raise EditError(
            problem, 'a value is a name like order.total, a text in "quotes", a number, a list or a map'
        )
    return text


__all__ = ["set_annotation", "set_argument", "set_comment", "set_doc", "set_expression"]
