"""Connectors, their tools, and the sample shop's orders."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine import catalog, connections
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.connections import ConnectorView, ToolView
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Operator = Annotated[Actor, Depends(Guard(Permission.CONNECT))]


class NamedTool(BaseModel):
    connector: str
    tool: ToolView


class Accept(BaseModel):
    """``tools``: null for everything that the connector offers now."""

    tools: list[str] | None = None


@router.get("/connectors")
async def list_(actor: Viewer, request: Request) -> tuple[ConnectorView, ...]:
    return await catalog.list_connectors(database(request), actor)


@router.post("/connectors/refresh")
async def refresh(actor: Operator, request: Request) -> tuple[ConnectorView, ...]:
    """Ask all of them for their tools and health now."""
    await catalog.refresh_connectors(database(request), actor)
    return await catalog.list_connectors(database(request), actor)


@router.post("/connectors/{name}/accept")
async def accept(name: str, body: Accept, actor: Operator, request: Request) -> ConnectorView:
    """Pin definitions that changed or are new."""
    return await catalog.accept_tools(database(request), actor, name, body.tools)


@router.get("/tools")
async def tools(actor: Viewer, request: Request) -> list[NamedTool]:
    known = await catalog.list_connectors(database(request), actor)
    return [NamedTool(connector=one.name, tool=tool) for one in known if one.enabled for tool in one.tools]


@router.get("/orders")
async def orders(
    actor: Viewer, request: Request, customer_email: str = "", status: str = "", limit: int = 50
) -> Any:
    """The sample business' orders, read through its connector."""
    given = {"customer_email": customer_email, "status": status}
    wanted = {name: value for name, value in given.items() if value} | {"limit": min(max(limit, 1), 200)}
    return await connections.call(database(request), actor, "shop", "list_orders", wanted)
