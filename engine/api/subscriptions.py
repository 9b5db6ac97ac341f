"""Other systems that are told what happens, by signed webhooks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.subscriptions import register
from engine.subscriptions.register import Delivery, Form, Made, Subscription

router = APIRouter(prefix="/subscriptions")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Keeper = Annotated[Actor, Depends(Guard(Permission.CONNECT))]


class SubscriptionForm(BaseModel):
    """``topics``: such as ``run.failed``, ``run.*``, ``event.payment.received``; ``*`` is everything."""

    name: str
    url: str
    topics: list[str]
    active: bool = True

    def form(self) -> Form:
        return Form(self.name, self.url, tuple(self.topics), self.active)


@router.get("")
async def list_(actor: Viewer, request: Request) -> tuple[Subscription, ...]:
    return await register.list_subscriptions(database(request), actor)


@router.post("", status_code=201)
async def create(body: SubscriptionForm, actor: Keeper, request: Request) -> Made:
    """The signing secret is in this answer and in no other."""
    return await register.create(database(request), actor, body.form())


@router.put("/{subscription_id}")
async def change(
    subscription_id: UUID, body: SubscriptionForm, actor: Keeper, request: Request
) -> Subscription:
    return await register.change(database(request), actor, subscription_id, body.form())


@router.post("/{subscription_id}/secret")
async def rotate(subscription_id: UUID, actor: Keeper, request: Request) -> Made:
    """Another signing secret; messages carry a signature by the one before as well, until the next change."""
    return await register.rotate_secret(database(request), actor, subscription_id)


@router.post("/{subscription_id}/test", status_code=202)
async def test(subscription_id: UUID, actor: Keeper, request: Request) -> None:
    await register.send_test(database(request), actor, subscription_id)


@router.get("/{subscription_id}/deliveries")
async def deliveries(subscription_id: UUID, actor: Viewer, request: Request) -> tuple[Delivery, ...]:
    return await register.deliveries(database(request), actor, subscription_id)


@router.delete("/{subscription_id}", status_code=204)
async def delete(subscription_id: UUID, actor: Keeper, request: Request) -> None:
    await register.delete(database(request), actor, subscription_id)
