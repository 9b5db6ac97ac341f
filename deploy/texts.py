"""Reading workflow files and catalogs that a person named, with an answer for whatever they turn out to be."""

from __future__ import annotations

import os
import selectors
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from deploy.failure import Failure
from deploy.home import ROOT
from dsl.catalog import Catalog

SHIPPED_CATALOG = ROOT / "examples" / "catalog.json"
_LARGEST = 10 * 2**20
PATIENCE = 10.0
"""Seconds a pipe may say nothing."""


def read_text(name: str) -> str:
    """The text of a workflow file, or of standard input for ``-``. Raises Failure for what is none."""
    raw = _standard_input() if name == "-" else _read(Path(name))
    shown = "standard input" if name == "-" else repr(name)
    if len(raw) > _LARGEST:
        raise Failure(
            f"{shown} is larger than 10 MB.", "A workflow is a text of a few pages; is this the right file?"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(
            f"{shown} is not a text in UTF-8 (byte {error.start} is {raw[error.start]:#04x}).",
            "Give a .weft file; if it is one, save it as UTF-8.",
        ) from None


def read_texts(names: Sequence[str]) -> tuple[list[tuple[str, str]], list[Failure]]:
    """The texts that can be read, by name, and what is wrong with the others: one must not hide the rest."""
    texts, failures = [], []
    for name in dict.fromkeys(names):
        try:
            texts.append((name, read_text(name)))
        except Failure as failure:
            failures.append(failure)
    return texts, failures


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise Failure("There is no standard input to read.", "Name a file, or pipe a text into the command.")
    try:
        return sys.stdin.buffer.read(_LARGEST + 1)
    except OSError as error:
        raise Failure(
            f"Standard input cannot be read: {error.strerror or error}.", "Pipe a text into the command."
        ) from None


def _read(path: Path) -> bytes:
    shown = repr(str(path))
    try:
        if path.is_dir():
            raise Failure(f"{shown} is a folder.", f"Name the files in it: {path}/*.weft")
        if not path.exists():
            raise Failure(f"There is no file {shown}.", "Look at the spelling and at the folder you are in.")
        if path.is_fifo():
            return _from_pipe(path)
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise Failure(
            f"{shown} cannot be read: {error.strerror or error}.", "Look at its permissions."
        ) from None


def _from_pipe(path: Path) -> bytes:
    """What a program writes into a named pipe, as in ``weft check <(...)``; one into which nobody writes is told."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    raw = b""
    with open(descriptor, "rb", buffering=0) as pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(raw) <= _LARGEST:
            if not selector.select(PATIENCE):
                raise Failure(
                    f"Nobody writes into the pipe {str(path)!r}.",
                    "Name a file, or start what writes into it.",
                )
            part = pipe.read(2**20)
            if not part:
                break
            raw += part
    return raw


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
