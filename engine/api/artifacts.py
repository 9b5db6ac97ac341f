"""Values that are too large for the journal, as they were recorded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from engine import archive
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.artifacts import ArtifactStore
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("/runs/{run_id}/artifacts/{sha256}", response_class=Response)
async def one(run_id: UUID, sha256: Hash, actor: Viewer, request: Request) -> Response:
    """The JSON of a value that the run refers to, compared with its hash; a file to save."""
    store: ArtifactStore = request.app.state.artifacts
    content = await archive.content(database(request), actor, store, run_id, sha256)
    return Response(
        content,
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{sha256[:12]}.json"',
            "ETag": f'"{sha256}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        },
    )
