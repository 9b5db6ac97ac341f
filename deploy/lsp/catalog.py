"""The catalog that texts are checked against, read again when its file changes."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from deploy.failure import Failure
from deploy.home import ROOT
from deploy.texts import SHIPPED_CATALOG, read_catalog
from dsl.catalog import Catalog

_log = logging.getLogger("weft.lsp")


class CatalogFile:
    """``name`` is the file a person named, None for the local workspace's. Raises :class:`Failure` at the start."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        local = Path(os.environ.get("WEFT_HOME") or ROOT / ".weft") / "catalog.json"
        self._paths = (Path(name),) if name is not None else (local, SHIPPED_CATALOG)
        self._seen = self._stamp()
        self.catalog: Catalog = read_catalog(name)

    def refresh(self) -> bool:
        """Whether there is another catalog now. One that cannot be read leaves the last one standing."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self.catalog = read_catalog(self._name)
        except Failure as failure:
            _log.warning("%s %s", failure.message, failure.help)
            return False
        return True

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        found = []
        for path in self._paths:
            try:
                stat = path.stat()
            except OSError:
                found.append((0, 0))
            else:
                found.append((stat.st_mtime_ns, stat.st_size))
        return tuple(found)
