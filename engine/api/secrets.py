"""The account's named secrets: values go in, and nothing of them comes out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, SecretStr

from engine import secrets
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.secrets import KEEP_HOURS, SecretView

router = APIRouter(prefix="/secrets")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Keeper = Annotated[Actor, Depends(Guard(Permission.SECRETS))]


class Value(BaseModel):
    """``keep_hours``: how long the value before stays valid; 0 ends it now. Nothing of ``value`` is given out again."""

    value: SecretStr
    keep_hours: float = Field(default=KEEP_HOURS)


@router.get("")
async def list_(actor: Viewer, request: Request) -> tuple[SecretView, ...]:
    return await secrets.list_secrets(database(request), actor)


@router.put("/{name}")
async def set_(name: str, body: Value, actor: Keeper, request: Request) -> SecretView:
    """A new secret, or a new value of one."""
    return await secrets.set_secret(
        database(request), actor, name, body.value.get_secret_value(), body.keep_hours
    )


@router.delete("/{name}/before")
async def revoke(name: str, actor: Keeper, request: Request) -> SecretView:
    """End the value before now, instead of when it was to end."""
    return await secrets.revoke_before(database(request), actor, name)


@router.delete("/{name}", status_code=204)
async def delete(name: str, actor: Keeper, request: Request, forced: bool = False) -> None:
    """409 while a live version needs it, unless ``forced``."""
    await secrets.delete_secret(database(request), actor, name, forced=forced)
