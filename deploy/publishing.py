"""Publishing a file: the workflow of its name is made or brought up to date, and never over somebody's open work."""

from __future__ import annotations

import sys

import dsl
from deploy.commands.check import render
from deploy.failure import Failure
from engine import drafts, versions, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import Rejected


class NotPublishable(Exception):
    """The text has errors; they have been printed."""


async def publish_file(db: Database, actor: Actor, file: str, text: str, message: str) -> versions.Version:
    """Publish ``text`` (read from ``file``) as the live version of the workflow it names."""
    name = dsl.parse(text).workflow.name
    existing = [known for known in await workflows.list_workflows(db, actor) if known.name == name]
    if existing:
        draft = await drafts.get_draft(db, actor, existing[0].id)
        if draft.text != text:
            await _refuse_to_overwrite(db, actor, draft)
            draft = await drafts.save_draft(db, actor, draft.workflow_id, text, draft.revision)
    else:
        draft = await workflows.create_workflow(db, actor, name or "untitled", text)
    try:
        return await versions.publish(db, actor, draft.workflow_id, message)
    except Rejected as rejected:
        for diagnostic in rejected.diagnostics:
            print(render(file, text, diagnostic), file=sys.stderr)
        raise NotPublishable from None


async def _refuse_to_overwrite(db: Database, actor: Actor, draft: drafts.Draft) -> None:
    if not draft.text.strip():
        return
    known = await versions.list_versions(db, actor, draft.workflow_id)
    for summary in known:
        if (await versions.get_version(db, actor, summary.id)).text == draft.text:
            return
    raise Failure(
        f"The workflow {draft.name!r} has changes in the studio that were never published.",
        "Publish or undo them there first, or give the workflow in the file another name.",
    )
