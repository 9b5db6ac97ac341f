"""The account's models, what they cost and may cost, what must not reach them, and what the designer remembers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from engine import models, preferences
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.dlp import said_of
from engine.models import Form, Limit, ModelView, Spend
from engine.ownmodels import Budgets
from engine.permissions import Permission
from engine.preferences import Preference

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Keeper = Annotated[Actor, Depends(Guard(Permission.MODELS))]
Speaker = Annotated[Actor, Depends(Guard(Permission.CONVERSE))]


class ModelForm(BaseModel):
    """``key``: null keeps the one there is, "" takes it away; it is never given out again. Prices are US dollars per
    million tokens, both or neither; ``usd_cached``, ``usd_stored``: of tokens read from the provider's cache and
    written into it, where they cost otherwise."""

    name: str
    provider: str
    url: str = ""
    model: str
    tier: str = ""
    usd_in: float | None = None
    usd_out: float | None = None
    usd_cached: float | None = None
    usd_stored: float | None = None
    key: str | None = Field(default=None, repr=False)
    enabled: bool = True

    def form(self) -> Form:
        return Form(**self.model_dump())


class Order(BaseModel):
    ids: list[UUID]


class RulesPage(BaseModel):
    """``policy``: ``{"actions": {kind: off, redact or refuse}, "custom": [{name, pattern, action}], "reach": hosted or
    all}``."""

    budgets: Budgets
    policy: dict[str, Any]


class Day(BaseModel):
    day: date
    spend: Spend


class Share(BaseModel):
    """``purpose``: designer, runs or other."""

    model: str
    purpose: str
    spend: Spend


class UsagePage(BaseModel):
    """``conversation``: null unless one was asked for. Days and months are those of UTC."""

    today: Spend
    month: Spend
    days: list[Day]
    models: list[Share]
    conversation: Spend | None
    limits: tuple[Limit, ...]
    warnings: tuple[str, ...]


class Said(BaseModel):
    text: str
    conversation_id: UUID | None = None


@router.get("/models")
async def list_(actor: Viewer, request: Request) -> tuple[ModelView, ...]:
    """In the order in which they are tried."""
    return await models.list_models(database(request), actor)


@router.post("/models", status_code=201)
async def add(body: ModelForm, actor: Keeper, request: Request) -> ModelView:
    return await models.add_model(database(request), actor, body.form())


@router.put("/models/order")
async def order(body: Order, actor: Keeper, request: Request) -> tuple[ModelView, ...]:
    return await models.order_models(database(request), actor, body.ids)


@router.get("/models/rules")
async def rules(actor: Viewer, request: Request) -> RulesPage:
    found = await models.get_rules(database(request), actor)
    return RulesPage(budgets=found.budgets, policy=said_of(found.policy))


@router.put("/models/budgets")
async def budgets(body: dict[str, float | None], actor: Keeper, request: Request) -> Budgets:
    """Replace all of them; what is not given has no limit."""
    return await models.set_budgets(database(request), actor, body)


@router.put("/models/policy")
async def policy(body: dict[str, Any], actor: Keeper, request: Request) -> dict[str, Any]:
    """Replace what must not leave; kinds that are not named are as usual."""
    return said_of(await models.set_policy(database(request), actor, body))


@router.get("/models/usage")
async def usage(actor: Speaker, request: Request, conversation_id: UUID | None = None) -> UsagePage:
    found = await models.usage(database(request), actor, conversation_id)
    return UsagePage(
        today=found.today,
        month=found.month,
        days=[Day(day=day, spend=spend) for day, spend in found.days],
        models=[Share(model=model, purpose=purpose, spend=spend) for model, purpose, spend in found.models],
        conversation=found.conversation,
        limits=found.limits,
        warnings=found.warnings,
    )


@router.put("/models/{model_id}")
async def change(model_id: UUID, body: ModelForm, actor: Keeper, request: Request) -> ModelView:
    return await models.change_model(database(request), actor, model_id, body.form())


@router.delete("/models/{model_id}")
async def delete(model_id: UUID, actor: Keeper, request: Request) -> tuple[ModelView, ...]:
    """With its key."""
    return await models.delete_model(database(request), actor, model_id)


@router.post("/models/{model_id}/test")
async def test(model_id: UUID, actor: Keeper, request: Request) -> ModelView:
    """Some tiny calls of it; what it can is in ``probe``."""
    return await models.test_model(database(request), actor, model_id)


@router.get("/preferences")
async def remembered(actor: Speaker, request: Request) -> tuple[Preference, ...]:
    """What the designer remembers."""
    return await preferences.list_(database(request), actor)


@router.post("/preferences", status_code=201)
async def remember(body: Said, actor: Speaker, request: Request) -> tuple[Preference, ...]:
    return await preferences.add(database(request), actor, body.text, body.conversation_id)


@router.delete("/preferences/{preference_id}")
async def forget(preference_id: UUID, actor: Speaker, request: Request) -> tuple[Preference, ...]:
    return await preferences.delete(database(request), actor, preference_id)
