"""Which runs refer to which artifacts: values that are too large for the journal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.tables.columns import stamped


class ArtifactRow(SQLModel, table=True):
    """``run_id`` refers to the content with this hash; ``bytes`` of JSON. See ``engine.artifacts``."""

    __tablename__ = "artifacts"

    account_id: UUID = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    bytes: int
    created_at: datetime = stamped()
