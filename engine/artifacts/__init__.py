"""Large results, kept beside the journal: in a folder, in an S3 bucket, or in memory.

The journal refers to an artifact by its account and the SHA-256 of its content, and only after the content is durable.
What a run refers to is in the table ``artifacts``; content that nobody refers to is swept (``engine.artifacts.sweep``).
"""

from engine.artifacts.memory import MemoryStore
from engine.artifacts.settings import configured
from engine.artifacts.shelf import Shelf
from engine.artifacts.store import Artifact, ArtifactLost, ArtifactStore, Kept, StoreFailed

__all__ = [
    "Artifact",
    "ArtifactLost",
    "ArtifactStore",
    "Kept",
    "MemoryStore",
    "Shelf",
    "StoreFailed",
    "configured",
]
