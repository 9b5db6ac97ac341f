"""Reading workflow files and catalogs that a person named, with an answer for whatever they turn out to be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import ValidationError

from deploy.failure import Failure
from deploy.home import ROOT
from dsl.catalog import Catalog

SHIPPED_CATALOG = ROOT / "examples" / "catalog.json"
_LARGEST = 10 * 2**20


def read_text(name: str) -> str:
    """The text of a workflow file, or of standard input for ``-``."""
    try:
        raw = sys.stdin.buffer.read(_LARGEST + 1) if name == "-" else _read(Path(name))
    except OSError as error:
        raise Failure(f"{name!r} cannot be read: {error.strerror}.", "Look at its permissions.") from None
    if len(raw) > _LARGEST:
        raise Failure(
            f"{name!r} is larger than 10 MB.", "A workflow is a text of a few pages; is this the right file?"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(
            f"{name!r} is not a text in UTF-8 (byte {error.start} is {raw[error.start]:#04x}).",
            "Give a .weft file; if it is one, save it as UTF-8.",
        ) from None


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise Failure(f"{str(path)!r} is a folder.", f"Name the files in it: {path}/*.weft")
    if not path.exists():
        raise Failure(
            f"There is no file {str(path)!r}.", "Look at the spelling and at the folder you are in."
        )
    with path.open("rb") as file:
        return file.read(_LARGEST + 1)


def read_catalog(name: str | None) -> Catalog:
    """The catalog a person named; else the local workspace's as last seen; else the sample connectors'."""
    if name is not None:
        path = Path(name)
    else:
        local = Path(os.environ.get("WEFT_HOME") or ROOT / ".weft") / "catalog.json"
        path = local if local.exists() else SHIPPED_CATALOG
    raw = _read(path)
    try:
        return Catalog.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top"
        raise Failure(
            f"{str(path)!r} is not a catalog: at {where}, {first['msg'].lower()}.",
            "A catalog is what `weft doctor` writes to .weft/catalog.json; examples/catalog.json is one.",
        ) from None
