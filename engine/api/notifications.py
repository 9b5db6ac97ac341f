"""Channels, what was sent over them, and what a person wants to hear."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.notifying import channels, deliveries
from engine.notifying.channels import ChannelView, Form, Smtp
from engine.notifying.deliveries import Delivery, Tried, Wish
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Keeper = Annotated[Actor, Depends(Guard(Permission.CHANNELS))]


class SmtpForm(BaseModel):
    """``tls``: starttls, tls or none."""

    host: str
    port: int = 587
    tls: str = "starttls"
    sender: str = ""
    user: str = ""


class ChannelForm(BaseModel):
    """``url``: of a webhook, or of Slack's incoming webhook (null keeps the one there is). ``password``: null keeps the
    one there is, "" takes it away. Neither is given out again."""

    name: str
    kind: str
    topics: list[str]
    url: str | None = Field(default=None, repr=False)
    to: list[str] = []
    smtp: SmtpForm | None = None
    password: str | None = Field(default=None, repr=False)
    enabled: bool = True

    def form(self) -> Form:
        smtp = None if self.smtp is None else Smtp(**self.smtp.model_dump())
        return Form(
            self.name,
            self.kind,
            tuple(self.topics),
            self.url,
            tuple(self.to),
            smtp,
            self.password,
            self.enabled,
        )


class MadeChannel(BaseModel):
    """``signing_secret``: of a webhook, told this once."""

    channel: ChannelView
    signing_secret: str = Field(repr=False)


class WishForm(BaseModel):
    approvals: bool


@router.get("/channels")
async def list_(actor: Viewer, request: Request) -> tuple[ChannelView, ...]:
    return await channels.list_channels(database(request), actor)


@router.post("/channels", status_code=201)
async def add(body: ChannelForm, actor: Keeper, request: Request) -> MadeChannel:
    made = await channels.add_channel(database(request), actor, body.form())
    return MadeChannel(channel=made.channel, signing_secret=made.signing_secret)


@router.put("/channels/{channel_id}")
async def change(channel_id: UUID, body: ChannelForm, actor: Keeper, request: Request) -> ChannelView:
    return await channels.change_channel(database(request), actor, channel_id, body.form())


@router.delete("/channels/{channel_id}")
async def delete(channel_id: UUID, actor: Keeper, request: Request) -> tuple[ChannelView, ...]:
    return await channels.delete_channel(database(request), actor, channel_id)


@router.post("/channels/{channel_id}/secret")
async def rotate(channel_id: UUID, actor: Keeper, request: Request) -> MadeChannel:
    """A new signing secret; the one before signs along until the next rotation."""
    made = await channels.rotate_secret(database(request), actor, channel_id)
    return MadeChannel(channel=made.channel, signing_secret=made.signing_secret)


@router.post("/channels/{channel_id}/test")
async def test(channel_id: UUID, actor: Keeper, request: Request) -> Tried:
    """Sends a message of no consequence now; the receiver's real answer."""
    return await deliveries.try_channel(database(request), actor, channel_id)


@router.get("/deliveries")
async def sent(
    actor: Viewer, request: Request, channel_id: UUID | None = None, limit: int = 50
) -> tuple[Delivery, ...]:
    """The newest first."""
    return await deliveries.list_deliveries(database(request), actor, channel_id, limit=limit)


@router.post("/deliveries/{delivery_id}", status_code=204)
async def again(delivery_id: UUID, actor: Keeper, request: Request) -> None:
    """Sends again what was given up."""
    await deliveries.send_again(database(request), actor, delivery_id)


@router.get("/me/notices")
async def wish(actor: Viewer, request: Request) -> Wish:
    return await deliveries.get_wish(database(request), actor)


@router.put("/me/notices")
async def wishes(body: WishForm, actor: Viewer, request: Request) -> Wish:
    """Whether one is told by e-mail about approvals for one's role."""
    return await deliveries.set_wish(database(request), actor, body.approvals)
