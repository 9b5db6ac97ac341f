"""What a conversation has cost so far, in words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine import models
from engine.actor import Actor
from engine.database import Database


@dataclass(frozen=True, slots=True)
class Spent:
    """``words``: "1,204 tokens, $0.02", "" when no model was called. ``warnings``: of budgets that are nearly used."""

    words: str
    warnings: tuple[str, ...] = ()


async def spent(db: Database, actor: Actor, conversation_id: UUID) -> Spent:
    found = await models.usage(db, actor, conversation_id)
    here = found.conversation
    return Spent(worded(here.tokens, here.usd) if here else "", found.warnings)


def worded(tokens: int, usd: float) -> str:
    if not tokens:
        return ""
    cost = "" if not usd else f", ${usd:.2f}" if usd >= 0.01 else ", under $0.01"
    return f"{tokens:,} tokens{cost}"
