"""Large values of runs, for those who may look at the run."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from engine import tables
from engine.actor import Actor
from engine.artifacts import Artifact, ArtifactLost, ArtifactStore, Shelf, StoreFailed
from engine.database import Database
from engine.errors import NotFound, Unavailable
from engine.permissions import Permission, require


async def content(db: Database, actor: Actor, store: ArtifactStore, run_id: UUID, sha256: str) -> bytes:
    """The JSON text's bytes, compared with the hash. Raises ``NotFound`` when the run refers to no such artifact, or
    when it is lost; ``Unavailable`` when the store does not answer."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        query = select(tables.ArtifactRow).where(
            col(tables.ArtifactRow.run_id) == run_id, col(tables.ArtifactRow.sha256) == sha256
        )
        row = (await session.exec(query)).first()
    if row is None:
        raise NotFound("This run has no such artifact.", "Look at the run: it lists its large values.")
    try:
        return await Shelf(store, pauses_s=()).content(actor.account_id, Artifact(sha256, row.bytes))
    except ArtifactLost as error:
        raise NotFound(str(error), "Nothing else of the run is lost.") from error
    except StoreFailed as error:
        raise Unavailable("The store of large values does not answer.", "Try again in a moment.") from error
