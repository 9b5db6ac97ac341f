"""Workflows with triggers, written and published in a line."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from engine import drafts, secrets, workflows
from engine.actor import Actor
from engine.database import Database
from engine.versions import Version

DAILY = 'trigger daily: schedule "0 9 * * *" timezone "Europe/Paris"'
SIGNED = 'trigger hook: webhook POST "/{path}" verify hmac_sha256(event, secrets.key)'


def written(name: str, *heads: str, inputs: str = "") -> str:
    lines = [f"input {{ {inputs} }}"] if inputs else []
    if any("secrets.key" in head for head in heads):
        lines.append("secret key")
    body = "\n".join(f"  {line}" for line in (*lines, *heads))
    return f"workflow {name} {{\n{body}\n  step done: let 1\n}}\n"


async def published(db: Database, actor: Actor, text: str, of: UUID | None = None) -> Version:
    """A new workflow, or the next version of one, with the secret that it needs."""
    if "secret key" in text:
        await secrets.set_secret(db, replace(actor, role="admin"), "key", "k" * 32)
    if of is None:
        of = (await workflows.create_workflow(db, actor, "W", text)).workflow_id
    else:
        draft = await drafts.get_draft(db, actor, of)
        await drafts.save_draft(db, actor, of, text, draft.revision)
    return await workflows.publish(db, actor, of)
