"""Which store this installation uses. ``WEFT_ARTIFACTS``: a folder (``artifacts`` under ``WEFT_HOME`` by default), or
``s3://bucket/prefix``. Every runner and every studio of one installation needs the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.artifacts.files import FileStore
from engine.artifacts.store import ArtifactStore

HOME = Path(__file__).resolve().parents[2] / ".weft"


def configured(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> ArtifactStore:
    where = environment.get("WEFT_ARTIFACTS", "")
    if where:
        return FileStore(Path(where))
    return FileStore((home or Path(environment.get("WEFT_HOME") or HOME)) / "artifacts")
