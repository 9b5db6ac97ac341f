"""Alert rules, what fires, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from engine.actor import Actor
from engine.alerts import rules
from engine.alerts.rules import ChangeView, Form, RuleView, Trial
from engine.api.access import Guard, database
from engine.permissions import Permission

router = APIRouter(prefix="/alerts")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Keeper = Annotated[Actor, Depends(Guard(Permission.ALERTS))]


class RuleForm(BaseModel):
    """See ``engine.alerts.kinds`` for what a kind needs."""

    name: str
    kind: str
    limit: float = Field(allow_inf_nan=False)
    severity: str = "warning"
    workflow_id: UUID | None = None
    window_min: int | None = None
    least: int | None = None
    connector: str = ""
    budget: str = ""
    channels: tuple[UUID, ...] = ()
    cooldown_s: int = 300

    def form(self) -> Form:
        return Form(**{name: getattr(self, name) for name in type(self).model_fields})


class Snooze(BaseModel):
    minutes: int


class Pause(BaseModel):
    paused: bool


class Try(BaseModel):
    """``send``: tell the channels as well, marked as a test."""

    send: bool = False


@router.get("")
async def firing(actor: Viewer, request: Request) -> tuple[RuleView, ...]:
    """What fires now and is not silenced."""
    return await rules.firing(database(request), actor)


@router.get("/rules")
async def list_(actor: Viewer, request: Request) -> tuple[RuleView, ...]:
    return await rules.list_rules(database(request), actor)


@router.post("/rules", status_code=201)
async def create(body: RuleForm, actor: Keeper, request: Request) -> RuleView:
    return await rules.create_rule(database(request), actor, body.form())


@router.put("/rules/{rule_id}")
async def change(rule_id: UUID, body: RuleForm, actor: Keeper, request: Request) -> RuleView:
    """It begins anew as ok."""
    return await rules.change_rule(database(request), actor, rule_id, body.form())


@router.delete("/rules/{rule_id}", status_code=204)
async def delete(rule_id: UUID, actor: Keeper, request: Request) -> None:
    """With its history."""
    await rules.delete_rule(database(request), actor, rule_id)


@router.post("/rules/{rule_id}/pause")
async def pause(rule_id: UUID, body: Pause, actor: Keeper, request: Request) -> RuleView:
    return await rules.pause(database(request), actor, rule_id, body.paused)


@router.post("/rules/{rule_id}/snooze")
async def snooze(rule_id: UUID, body: Snooze, actor: Keeper, request: Request) -> RuleView:
    """0 minutes end it."""
    return await rules.snooze(database(request), actor, rule_id, body.minutes)


@router.post("/rules/{rule_id}/test")
async def test(rule_id: UUID, body: Try, actor: Keeper, request: Request) -> Trial:
    """What it would say now."""
    return await rules.try_rule(database(request), actor, rule_id, body.send)


@router.get("/history")
async def history(
    actor: Viewer,
    request: Request,
    rule_id: UUID | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> tuple[ChangeView, ...]:
    return await rules.history(database(request), actor, rule_id, before, limit)
