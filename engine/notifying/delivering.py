"""One message to one receiver, by its kind."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.notifying import mailing, signing
from engine.notifying.posting import Failed, Outcome, post
from engine.notifying.targets import Target
from engine.notifying.wording import Words, public_url, worded


@dataclass(frozen=True, slots=True)
class Message:
    """``id`` is the same at each attempt. ``created_at``: seconds since 1970; ``data``: what may leave."""

    id: UUID
    topic: str
    created_at: float
    data: dict[str, Any]


async def deliver(target: Target, message: Message) -> Outcome:
    """Raises nothing that a receiver could cause."""
    match target.kind:
        case "webhook":
            return await _webhook(target, message)
        case "slack":
            words = worded(message.topic, message.data, public_url())
            body = json.dumps(slack_body(words), ensure_ascii=False).encode("utf-8", "replace")
            return await post(str(target.secret.get("url", "")), {"x-weft-id": str(message.id)}, body)
        case "email":
            words = worded(message.topic, message.data, public_url())
            server = mailing.of_channel(target.config, target.secret)
            return await mailing.send(server, words, str(message.id), target.config.get("to", []))
        case kind:
            return Failed(f"Nobody here knows how to send to {kind!r}.", for_good=True)


async def _webhook(target: Target, message: Message) -> Outcome:
    body = webhook_body(message)
    try:
        keys = [signing.key_of(secret) for secret in target.secret.get("signing", ())]
    except ValueError as error:
        return Failed(f"Its signing secret cannot be used: {error}.", for_good=True)
    if not keys:
        return Failed("It has no signing secret. Give it one.", for_good=True)
    headers = signing.headers(keys, str(message.id), int(time.time()), body)
    return await post(str(target.config.get("url", "")), headers, body)


def webhook_body(message: Message) -> bytes:
    """``{"type", "timestamp", "data"}``, the same bytes at each attempt."""
    at = datetime.fromtimestamp(message.created_at, UTC).isoformat(timespec="milliseconds")
    said = {"type": message.topic, "timestamp": at.replace("+00:00", "Z"), "data": message.data}
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def slack_body(words: Words) -> dict[str, Any]:
    """``text`` for what shows a line, ``blocks`` for the rest. Nothing in it pings or links but the button."""
    lines = "\n".join(_plain(line) for line in words.lines)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": words.subject[:150], "emoji": False}}
    ]
    if lines:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": lines[:2900], "verbatim": True}})
    if words.link:
        button = {
            "type": "button",
            "text": {"type": "plain_text", "text": words.verb, "emoji": False},
            "url": words.link,
        }
        blocks.append({"type": "actions", "elements": [button]})
    end = f"\n{words.link}" if words.link else ""
    return {"text": _plain(words.subject) + end, "blocks": blocks}


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
