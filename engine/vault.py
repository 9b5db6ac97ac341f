"""Secrets of an account at rest: sealed, so that the database alone opens none of them.

Each secret has a key of its own, wrapped under one that comes from the installation's key file, which no database
holds (JWE: A256GCMKW, A256GCM). The account and the name are sealed in with it: a row that is copied to another
account, or under another name, does not open. A secret is opened when it is used, and never to be shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from engine.errors import WeftError
from engine.settings import key_at

if TYPE_CHECKING:
    from joserfc.jwe import JWERegistry

# The library takes 150 ms to import, and a runner that meets no sealed key has no use for it.
PURPOSE = "weft secrets of accounts"


class Sealed(WeftError):
    """It does not open: another installation's key, or a row that was moved or changed."""


class Vault:
    """``key``: 32 bytes, derived for this purpose alone."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Vault(...)"

    def seal(self, account_id: UUID, name: str, secret: str) -> str:
        from joserfc import jwe
        from joserfc.jwk import OctKey

        header = {"alg": "A256GCMKW", "enc": "A256GCM", "of": str(account_id), "name": name}
        key = OctKey.import_key(self._key)
        return jwe.encrypt_compact(header, secret.encode(), key, registry=_registry())

    def open(self, account_id: UUID, name: str, sealed: str) -> str:
        """Raises ``Sealed``."""
        from joserfc import jwe
        from joserfc.errors import JoseError
        from joserfc.jwk import OctKey

        try:
            found = jwe.decrypt_compact(sealed, OctKey.import_key(self._key), registry=_registry())
            header, secret = found.protected, (found.plaintext or b"").decode()
        except (JoseError, ValueError):
            header, secret = {}, ""
        if (header.get("of"), header.get("name")) != (str(account_id), name):
            raise Sealed(
                "A stored key cannot be opened here.",
                "Restore the installation's key file from a backup, or give the key again under Models.",
            )
        return secret


@cache
def _registry() -> JWERegistry:
    from joserfc.jwe import JWERegistry

    return JWERegistry(algorithms=["A256GCMKW", "A256GCM"], strict_check_header=False)


def configured(environment: Mapping[str, str] = os.environ) -> Vault:
    """Under the key file of ``WEFT_KEY_FILE``, or of the installation's home. Raises ``BadSettings``."""
    home = Path(environment.get("WEFT_HOME") or Path(__file__).resolve().parent.parent / ".weft")
    return _at(Path(environment.get("WEFT_KEY_FILE") or home / "key"))


@cache
def _at(path: Path) -> Vault:
    return Vault(key_at(path, PURPOSE))
