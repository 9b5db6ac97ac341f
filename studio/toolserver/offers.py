"""The tools that other agents may call, each with the permission it asks for. None of them saves or runs anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from dsl.catalog import Catalog
from dsl.parse import MAX_CHARACTERS
from engine import catalog as catalogs
from engine import preferences
from engine.actor import Actor
from engine.database import Database
from engine.errors import WeftError
from engine.permissions import Permission, require
from studio.designer import BuiltinWriter, Failed, ModelWriter, Proposal, Task, Text, Writer, answer
from studio.designer.connected import answering
from studio.designer.proving import propose, prove
from studio.toolserver.answers import Checked, Designed, checked, designed

ACTOR = "weft.actor"
"""Where the door leaves who calls, in the request's scope."""

WriterOf: TypeAlias = Callable[[Database, Actor], Awaitable[tuple[Writer, str]]]
"""Who designs for somebody: the account's model, or the rules; and why not the model, "" where nothing is wrong."""


async def writer_for(db: Database, actor: Actor) -> tuple[Writer, str]:
    """What answers in the account: its model, behind its budgets and rules, or the built-in designer, as in the
    conversation."""
    found = await answering(db, actor)
    return BuiltinWriter() if found.model is None else ModelWriter(found.model), found.problem


_Request = Annotated[
    str,
    Field(
        description="What the workflow should do, or what should change, in plain words", max_length=20_000
    ),
]
_Text = Annotated[str, Field(description="A whole workflow in Weft", max_length=MAX_CHARACTERS)]
Asking: TypeAlias = Context[Any, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """One tool: ``make`` gives its function for a database and a choice of writers."""

    name: str
    title: str
    description: str
    permission: Permission
    make: Callable[[Database, WriterOf, Permission], Callable[..., Awaitable[Any]]]


def _designing(
    db: Database, writer_of: WriterOf, permission: Permission
) -> Callable[..., Awaitable[Designed]]:
    async def design_workflow(context: Asking, request: _Request) -> Designed:
        return await _answered(db, writer_of, _caller(context, permission), request, "")

    return design_workflow


def _editing(db: Database, writer_of: WriterOf, permission: Permission) -> Callable[..., Awaitable[Designed]]:
    async def edit_workflow(context: Asking, text: _Text, request: _Request) -> Designed:
        return await _answered(db, writer_of, _caller(context, permission), request, text)

    return edit_workflow


def _checking(db: Database, writer_of: WriterOf, permission: Permission) -> Callable[..., Awaitable[Checked]]:
    async def check_workflow(context: Asking, text: _Text) -> Checked:
        actor = _caller(context, permission)
        # A long text takes a while to check, and everybody else on this loop would wait.
        return await asyncio.to_thread(_checked, text, await _catalog(db, actor))

    return check_workflow


def _checked(text: str, catalog: Catalog) -> Checked:
    proved = prove(text, catalog)
    said = propose(proved, "", "").explanation if proved.sound else ()
    return checked(proved, ["  " * line.depth + line.sentence for line in said])


OFFERS = (
    Offer(
        "design_workflow",
        "Design a workflow",
        "Write a new workflow for a request in plain words, over the tools that are connected here. The answer is "
        "checked and explained, or a question. Nothing is saved or run.",
        Permission.CONVERSE,
        _designing,
    ),
    Offer(
        "edit_workflow",
        "Edit a workflow",
        "Change a workflow as asked in plain words and leave the rest of it as it is. Says what changed and what the "
        "change takes away from its safety. Nothing is saved or run.",
        Permission.CONVERSE,
        _editing,
    ),
    Offer(
        "check_workflow",
        "Check a workflow",
        "Check a workflow against the tools, the roles and the policy here: errors, warnings, and its steps in plain "
        "words. Nothing is saved or run.",
        Permission.VIEW,
        _checking,
    ),
)


async def _answered(db: Database, writer_of: WriterOf, actor: Actor, request: str, base: str) -> Designed:
    if not request.strip():
        raise ToolError("The request is empty. Say what the workflow should do.")
    said, proposal, problem = "", None, ""
    try:
        known = tuple(one.text for one in await preferences.list_(db, actor))
        task = Task(request.strip(), await _catalog(db, actor), base, preferences=known)
        writer, problem = await writer_of(db, actor)
        async with aclosing(answer(task, writer)) as events:
            async for event in events:
                match event:
                    case Text(delta=delta):
                        said += delta
                    case Proposal():
                        proposal = event
                    case Failed():
                        raise ToolError(f"{event.message} {event.help}")
    except WeftError as error:
        raise ToolError(f"{error.message} {error.help}") from None
    return designed(said, proposal, f"The built-in designer answered. {problem}" if problem else "")


async def _catalog(db: Database, actor: Actor) -> Catalog:
    try:
        return catalogs.without_secrets(await catalogs.catalog(db, actor))
    except WeftError as error:
        raise ToolError(f"{error.message} {error.help}") from None


def _caller(context: Asking, permission: Permission) -> Actor:
    actor = context.request_context.request.scope.get(ACTOR)
    assert isinstance(actor, Actor), "the door lets nobody through unknown"
    try:
        require(actor, permission)
    except WeftError as error:
        raise ToolError(f"{error.message} {error.help}") from None
    return actor
