"""Small signs on a node for what its sentence does not say: how a call is tried again, who is asked later, and what
comments say."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from dsl import tree
from dsl.edits.ground import Ground
from dsl.wording.phrases import value_words
from dsl.wording.sentences import approver_words, title_of, tool_title
from dsl.wording.spelling import capital, clip, deadline_words, duration_words, humanize, listed, plain_words
from dsl.wording.terms import Terms

LONG = 60_000
"""Milliseconds from which a time limit is worth a sign: nearly every call has a short one."""
TOOLS = 3
"""How many of an agent's tools are named."""


class Mark(BaseModel):
    """``text`` stands on the node (it may be empty: the sign alone), ``about`` says it in a sentence."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["retry", "key", "timeout", "tool", "escalate", "ask"]
    text: str = ""
    about: str = ""

    @property
    def in_row(self) -> bool:
        """Whether it needs a row of its own below the sentence."""
        return self.kind in ("tool", "escalate", "ask")


def marks_of(step: tree.Step, terms: Terms) -> tuple[Mark, ...]:
    return (*_of_kind(step.kind, terms), *(mark for clause in step.clauses for mark in _of_clause(clause)))


def _of_kind(kind: tree.Kind, terms: Terms) -> tuple[Mark, ...]:
    match kind:
        case tree.Agent(tools=tools):
            named = [_tool(one, terms) for one in tools]
            shown = [Mark(kind="tool", text=words, about=f"It may use: {words}") for words in named[:TOOLS]]
            if rest := named[TOOLS:]:
                shown.append(
                    Mark(kind="tool", text=f"+{len(rest)}", about=f"It may also use: {listed(rest)}")
                )
            return tuple(shown)
        case tree.Approve(title=title, escalate=escalate):
            found = []
            words = _question(title, terms)
            if words:
                found.append(Mark(kind="ask", text=words, about=f"The question: {words}"))
            if escalate is not None:
                whom, after = approver_words((escalate.to,), terms), deadline_words(escalate.after_ms)
                found.append(
                    Mark(
                        kind="escalate",
                        text=f"after {after}: {whom}",
                        about=f"When nobody has decided after {after}, {whom} is asked too",
                    )
                )
            return tuple(found)
        case _:
            return ()


def _question(title: tree.Expr | None, terms: Terms) -> str:
    """What is asked, with words for what is filled in: "Refund ‹the order total› for order ‹the order ID›?"."""
    match title:
        case tree.Constant(value=str() as text):
            return clip(text, 120)
        case tree.Template(parts=parts):
            said = (one if isinstance(one, str) else f"‹{value_words(one, terms, 30)}›" for one in parts)
            return clip("".join(said), 120)
        case _:
            return ""


def _of_clause(clause: tree.Clause) -> tuple[Mark, ...]:
    match clause:
        case tree.Retry(max=most, codes=codes):
            on = f" on {listed([plain_words(code) for code in codes], 'or')}" if codes else ""
            times = "once" if most == 1 else f"up to {most} times"
            return (Mark(kind="retry", text=str(most), about=f"Tried again {times}{on}"),)
        case tree.Key():
            return (Mark(kind="key", about="Has a key: trying again never does it twice"),)
        case tree.Timeout(ms=ms) if ms >= LONG:
            words = duration_words(ms)
            return (Mark(kind="timeout", text=_short(ms), about=f"Given up after {words}"),)
        case _:
            return ()


def _short(ms: int) -> str:
    """``90000`` as "90 s", ``7200000`` as "2 h"."""
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


def _tool(one: tree.ToolRef, terms: Terms) -> str:
    use, catalog = terms.uses.get(one.alias), terms.catalog
    known = None if catalog is None else catalog.tool(one.alias if use is None else use.name, one.tool)
    return (tool_title(known) if known is not None else "") or humanize(one.tool)


def remark_of(step: tree.Step, ground: Ground, blocks: bool) -> str:
    """What is written about a step: its documentation where that is no title, and its ``//`` comments.

    With ``blocks``, comments inside belong to what stands there.
    """
    doc = "" if title_of(step) == step.doc.strip().rstrip(".") else step.doc.strip()
    if not ground.parsed.comments:
        return capital(doc)
    whole, own = ground.region(step), step.span
    head = tree.Span(whole.start, step.id_span.end if blocks else own.end)
    comments = [
        *ground.comments(head),
        *ground.comments(tree.Span(own.end, whole.end)),
    ]
    return "\n".join(filter(None, [capital(doc), " ".join(one.lstrip("/ ") for one in comments)]))
