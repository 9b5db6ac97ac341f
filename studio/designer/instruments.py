"""The tools a model has while it designs: a closed list, each with the form of its arguments.

None of them reaches anything real: they read the catalog, the text on the desk and the last run, and change the text on
the desk. What comes of it is a proposal that a person accepts or rejects.
"""

from __future__ import annotations

import json
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsl.edits import (
    AddStep,
    Connect,
    Disconnect,
    MoveStep,
    RemoveStep,
    RenameName,
    RenameStep,
    SetAnnotation,
    SetArgument,
    SetClause,
    SetComment,
    SetDoc,
    SetExpression,
    SetHeader,
    Unwrap,
    Wrap,
)
from engine.model import ToolSpec

LONGEST: Final = 200_000
"""Characters of one use's arguments."""

DesignEdit: TypeAlias = Annotated[
    AddStep
    | RemoveStep
    | MoveStep
    | RenameStep
    | RenameName
    | SetHeader
    | SetArgument
    | SetClause
    | SetExpression
    | SetDoc
    | SetAnnotation
    | SetComment
    | Wrap
    | Unwrap
    | Connect
    | Disconnect,
    Field(discriminator="kind"),
]
"""The edits of the canvas without plain typing and the clipboard, which know places and not steps."""


class _Use(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    tool: ClassVar[str]


class SearchTools(_Use):
    """Find tools by what they do. Gives their signatures, the best first."""

    tool: ClassVar = "search_tools"
    query: str = Field(min_length=1, max_length=400, description="In a few words, like: refund an order")


class ReadWorkflow(_Use):
    """The workflow as it stands now, with the path of each step. Paths are what edits take."""

    tool: ClassVar = "read_workflow"


class ReadDiagnostics(_Use):
    """What is wrong with the workflow as it stands now, with what to do about it."""

    tool: ClassVar = "read_diagnostics"


class MakeEdits(_Use):
    """Change the workflow by edits, one after the other; all of them or none. What they do not name stays byte for
    byte. The answer shows the changed lines and the problems that are left."""

    tool: ClassVar = "edit"
    edits: tuple[DesignEdit, ...] = Field(min_length=1, max_length=60)


class WriteWorkflow(_Use):
    """Write the whole text of a new workflow, in Weft. To change an existing one, use `edit`."""

    tool: ClassVar = "write_workflow"
    text: str = Field(min_length=1)


class Simulate(_Use):
    """Every way a run of the workflow can take, in words: how it ends, what it changes outside, behind whose yes."""

    tool: ClassVar = "simulate"


class ReadRun(_Use):
    """The workflow's last run: how it ended, which step failed, with what error and on what input."""

    tool: ClassVar = "read_run"


class Explain(_Use):
    """The steps of the workflow in plain words."""

    tool: ClassVar = "explain"


class Ask(_Use):
    """Ask the person one question, and end."""

    tool: ClassVar = "ask"
    question: str = Field(min_length=1, max_length=2_000)


class Propose(_Use):
    """Propose the workflow as it stands now, and end. Comes back with the problems if there are errors left."""

    tool: ClassVar = "propose"
    summary: str = Field(
        min_length=1,
        max_length=2_000,
        description="One or two short sentences in plain words: what it does, or what you changed and in which steps",
    )
    assumptions: tuple[str, ...] = Field(default=(), max_length=12)
    questions: tuple[str, ...] = Field(default=(), max_length=12)


Use: TypeAlias = (
    SearchTools
    | ReadWorkflow
    | ReadDiagnostics
    | MakeEdits
    | WriteWorkflow
    | Simulate
    | ReadRun
    | Explain
    | Ask
    | Propose
)

_ALL: Final[tuple[type[Use], ...]] = (
    SearchTools,
    ReadWorkflow,
    ReadDiagnostics,
    MakeEdits,
    WriteWorkflow,
    Simulate,
    ReadRun,
    Explain,
    Ask,
    Propose,
)
_BY_NAME: Final = {form.tool: form for form in _ALL}

SPECS: Final = tuple(
    ToolSpec(form.tool, " ".join((form.__doc__ or "").split()), form.model_json_schema()) for form in _ALL
)
"""In one order always: it is part of what providers cache."""


class BadUse(ValueError):
    """A use that cannot be read. The message is for the model: what is wrong, and what would be right."""


def read_use(name: str, arguments: str) -> Use:
    """A use from a model's own words. Raises :class:`BadUse`."""
    form = _BY_NAME.get(name)
    if form is None:
        raise BadUse(f"There is no tool {name[:80]!r}. There are: {', '.join(_BY_NAME)}.")
    if len(arguments) > LONGEST:
        raise BadUse(f"The arguments are too long: {len(arguments)} characters, at most {LONGEST}.")
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise BadUse(
            f"The arguments of {name} are no JSON ({error}). Send one JSON object, like {_like(form)}."
        ) from None
    if isinstance(given, dict) and isinstance(edits := given.get("edits"), str | dict):
        # Models like to send the list as its own text, or a single edit without a list around it.
        given = {**given, "edits": _as_list(edits)}
    try:
        return form.model_validate(given)
    except (ValidationError, RecursionError) as error:
        raise BadUse(f"{_problems(name, error)} Send it like {_like(form)}.") from None


def _as_list(edits: object) -> object:
    if isinstance(edits, str):
        try:
            edits = json.loads(edits)
        except (ValueError, RecursionError):
            return edits
    return [edits] if isinstance(edits, dict) else edits


def _problems(name: str, error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"The arguments of {name} go too deep."
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False)[:6]:
        where = ".".join(str(part) for part in one["loc"]) or "the object"
        found.append(f"{where}: {one['msg']}")
    return f"The arguments of {name} do not fit. {'; '.join(found)}."


def _like(form: type[Use]) -> str:
    return _EXAMPLES.get(form.tool, "{}")


_EXAMPLES: Final = {
    "search_tools": '{"query": "refund an order"}',
    "edit": (
        '{"edits": [{"kind": "set_expression", "path": "gate", "field": "arms[0].test", '
        '"value": "order.total > 250.0"}]}'
    ),
    "write_workflow": '{"text": "workflow greet { ... }"}',
    "ask": '{"question": "Who approves it?"}',
    "propose": '{"summary": "It now asks finance.", "assumptions": [], "questions": []}',
}

__all__ = ["SPECS", "Ask", "BadUse", "Explain", "MakeEdits", "Propose", "ReadDiagnostics", "ReadRun", "ReadWorkflow",
           "SearchTools", "Simulate", "Use", "WriteWorkflow", "read_use"]  # fmt: skip
