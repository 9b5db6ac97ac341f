"""Who is told: a row of the outbox names its receiver by a kind and an id; here is where each kind lives.

A kind is one query for ``(kind, name, config, sealed)``: what a message to it is made for (email, slack, webhook), what
people call it, where it goes, and its secret (``engine.vault``, sealed under "<target kind>/<id>", a JSON object).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine import vault
from engine.errors import WeftError
from engine.notifying import mailing
from engine.notifying.outbox import Item

TARGETS: Final[dict[str, str]] = {
    "channel": "SELECT kind, name, config, sealed FROM channels WHERE account_id = %s AND id = %s AND enabled",
    "subscription": "SELECT 'webhook', name, jsonb_build_object('url', url), sealed FROM event_subscriptions"
    " WHERE account_id = %s AND id = %s AND active",
}
_MAILS: Final = """
SELECT id, name, config, sealed FROM channels
WHERE account_id = %s AND enabled AND kind = 'email' AND jsonb_typeof(config -> 'smtp') = 'object'
ORDER BY created_at, id LIMIT 1
"""
_RULES: Final = "SELECT settings -> 'dlp' FROM accounts WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Target:
    """``config``: webhook ``{"url"}``; slack ``{}``; email ``{"to": [addresses], "smtp": object or null}``. ``secret``:
    webhook ``{"signing": [whsec_...]}``; slack ``{"url"}``; email ``{"password"}``."""

    kind: str
    name: str
    config: dict[str, Any]
    secret: dict[str, Any] = field(default_factory=dict, repr=False)


def secret_name(target_kind: str, target_id: UUID) -> str:
    """The name a target's secret is sealed under."""
    return f"{target_kind}/{target_id}"


async def find(connection: psycopg.AsyncConnection[TupleRow], item: Item) -> tuple[Target | None, Any]:
    """The receiver, None when it is not there any more or switched off, and what the account says must not leave.
    Raises ``WeftError`` for a secret that does not open here."""
    if item.target_kind == "person":
        return await _person(connection, item)
    query = TARGETS.get(item.target_kind)
    if query is None:
        raise WeftError(f"Nobody knows receivers of the kind {item.target_kind!r}.", "Update the runners.")
    row = await (await connection.execute(query, (item.account_id, item.target_id))).fetchone()
    said = await (await connection.execute(_RULES, (item.account_id,))).fetchone()
    rules = None if said is None else said[0]
    if row is None:
        return None, rules
    return opened(item.account_id, item.target_kind, item.target_id, *row), rules


async def _person(connection: psycopg.AsyncConnection[TupleRow], item: Item) -> tuple[Target | None, Any]:
    """By e-mail, from the installation's server or that of one of the account's channels. Whoever wrote the row knew
    the address; a runner reads no people."""
    to = str(item.body.get("to", ""))
    row = await (await connection.execute(_MAILS, (item.account_id,))).fetchone()
    said = await (await connection.execute(_RULES, (item.account_id,))).fetchone()
    rules = None if said is None else said[0]
    if mailing.of_installation() is not None or row is None:
        return Target("email", to, {"to": [to]}), rules
    channel_id, name, config, sealed = row
    own = opened(item.account_id, "channel", channel_id, "email", name, config, sealed)
    return Target("email", to, {**own.config, "to": [to]}, own.secret), rules


def opened(
    account_id: UUID,
    target_kind: str,
    target_id: UUID,
    kind: str,
    name: str,
    config: dict[str, Any],
    sealed: str | None,
) -> Target:
    """With its secret. Raises ``WeftError``."""
    if sealed is None:
        return Target(kind, name, config)
    secret = vault.configured().open(account_id, secret_name(target_kind, target_id), sealed)
    return Target(kind, name, config, json.loads(secret))
