"""A model without tools: held to a grammar, held to a JSON Schema, or trusted to write plain text.

Under a grammar a tool that does not exist cannot be written; what it cannot forbid, the checks find. A model that is
held to a shape cannot chat; so a program of the single step ``fail "question" with "..."`` is read as those words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import aclosing
from functools import cache
from typing import Any, Final, Literal

import dsl
from dsl import tree
from dsl.flat import FlatError, read_flat
from dsl.flat import text_of as text_of_flat
from dsl.flat.forms import Flat
from dsl.walk import walk
from engine.model import ChatModel, Grammar, JsonShape, Message, ModelError, Sink
from studio.designer import signatures
from studio.designer.answering import Splitter, take_apart
from studio.designer.events import Doing, Text
from studio.designer.fencing import fenced
from studio.designer.prompt import complaint, messages
from studio.designer.writing import Attempt, Brief, Outcome, Said, Tell, Written

_QUESTION: Final = "question"


def shape_of(brief: Brief, way: Literal["grammar", "json"]) -> Grammar | JsonShape:
    """What the model is held to: the grammar over the tools that matter, or the flat form's schema."""
    if way == "json":
        return JsonShape("workflow", _schema())
    task = brief.task
    spoken = " ".join([task.request, *(turn.content for turn in task.turns if turn.role == "user")])
    tools = signatures.called_or_found(task.catalog, spoken, task.base) or brief.tools
    return Grammar(dsl.decoding_grammar(signatures.narrowed(task.catalog, tools)))


@cache
def _schema() -> dict[str, Any]:
    return Flat.model_json_schema()


async def written_in_shape(
    model: ChatModel, sink: Sink | None, brief: Brief, before: tuple[Attempt, ...], tell: Tell,
    way: Literal["grammar", "json"],
) -> Outcome:  # fmt: skip
    """One answer under a grammar or a schema. Raises ``ModelError``."""
    await tell(Doing(what="Writing it again" if before else "Writing the workflow"))
    answer = ""
    asked = [*messages(brief, way), *_told(before, way)]
    async with aclosing(model.stream(asked, sink, shape_of(brief, way))) as pieces:
        async for piece in pieces:
            answer += piece
    if not answer.strip():
        raise ModelError("bad_answer", f"The model {model.name!r} answered without a workflow.")
    found = _of_json(answer) if way == "json" else _of_text(answer)
    if (words := _words(found.text)) and not before:
        return Said(words)
    return found


def _of_text(answer: str) -> Written:
    text = _without_unused(take_apart(answer).text or answer)
    return Written(text, dsl.parse(text).workflow.doc.strip(), way="grammar")


def _without_unused(text: str) -> str:
    """The grammar wants a ``use`` line for every connector it knows; those that nothing uses go again."""
    workflow = dsl.parse(text).workflow
    used = {
        node.alias
        for node in walk(workflow.body)
        if isinstance(node, tree.Call | tree.ToolRef | tree.RunWorkflow)
    }
    gone = [head.alias for head in workflow.heads if isinstance(head, tree.Use) and head.alias not in used]
    edits = [dsl.SetHeader(part="use", name=alias, text=None) for alias in gone]
    try:
        return dsl.apply(text, dsl.Sequence(edits=tuple(edits))).text
    except dsl.EditError:
        return text


def _of_json(answer: str) -> Written:
    """A server that does not keep to the schema is told what does not fit, like any other error."""
    try:
        program = read_flat(json.loads(_bare(answer)))
        return Written(text_of_flat(program), program.doc.strip(), way="json")
    except (ValueError, RecursionError) as error:
        text = take_apart(answer).text
        if text:
            return Written(text, dsl.parse(text).workflow.doc.strip(), way="json")
        problems = error.problems if isinstance(error, FlatError) else (f"It is no JSON: {error}",)
        return Written("", "", way="json", refusal="; ".join(problems))


def _bare(answer: str) -> str:
    """JSON without the fence that some models put around it."""
    start, end = answer.find("{"), answer.rfind("}")
    return answer[start : end + 1] if 0 <= start < end else answer


def _words(text: str) -> str:
    """The question (or answer) in the place of a workflow; "" for a workflow."""
    steps = dsl.parse(text).workflow.body.steps if text else ()
    match [step.kind for step in steps]:
        case [tree.Fail(code=code, message=tree.Constant(value=str() as words))] if _named(code):
            return words.strip()
        case _:
            return ""


def _named(code: Any) -> bool:
    return code == _QUESTION or (isinstance(code, tree.Constant) and code.value == _QUESTION)


def _told(before: tuple[Attempt, ...], way: Literal["grammar", "json", "text"]) -> Iterator[Message]:
    for attempt in before:
        text = attempt.written.text or "(it could not be read)"
        summary = f"{attempt.written.summary}\n\n" if way == "text" else ""
        yield Message("assistant", f"{summary}```weft\n{text}\n```")
        problems = fenced("problems", complaint(attempt))
        yield Message(
            "user",
            "That workflow has errors. Write it again, whole, with these mended and nothing else changed:\n"
            f"{problems}",
        )


async def written_as_text(
    model: ChatModel, sink: Sink | None, brief: Brief, before: tuple[Attempt, ...], tell: Tell
) -> Outcome:
    """Plain text: prose, and the workflow in a fence. Raises ``ModelError``."""
    await tell(Doing(what="Writing it again" if before else "Writing the workflow"))
    split = Splitter()
    asked = [*messages(brief, "text"), *_told(before, "text")]
    async with aclosing(model.stream(asked, sink)) as pieces:
        async for piece in pieces:
            prose = split.feed(piece)
            if prose and not before:
                await tell(Text(delta=prose))
    parts = take_apart(split.whole)
    if parts.text:
        return Written(parts.text, parts.prose, parts.assumptions, parts.questions, "text")
    if not parts.prose or before:
        raise ModelError("bad_answer", f"The model {model.name!r} answered without a workflow.")
    return Said(parts.prose, told=True)


__all__ = ["shape_of", "written_as_text", "written_in_shape"]
