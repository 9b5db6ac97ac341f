"""A sealed secret opens for its account, under its name, with the installation's key: and in no other way."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from engine import vault
from engine.identity import new_id
from engine.settings import BadSettings
from engine.vault import Sealed, Vault

ACCOUNT = new_id()


def test_a_secret_comes_back_and_is_not_in_what_is_stored():
    safe = Vault(secrets.token_bytes(32))
    sealed = safe.seal(ACCOUNT, "model", "sk-secret")
    assert safe.open(ACCOUNT, "model", sealed) == "sk-secret"
    assert "sk-secret" not in sealed and "sk-secret" not in repr(safe)
    assert sealed != safe.seal(ACCOUNT, "model", "sk-secret")


def test_it_opens_nowhere_else():
    safe = Vault(secrets.token_bytes(32))
    sealed = safe.seal(ACCOUNT, "model", "sk-secret")
    _, *rest = sealed.split(".")
    other_head = safe.seal(new_id(), "model", "sk-secret").split(".")[0]
    for opened, account, name, text in (
        (safe, new_id(), "model", sealed),
        (safe, ACCOUNT, "other", sealed),
        (Vault(secrets.token_bytes(32)), ACCOUNT, "model", sealed),
        (safe, ACCOUNT, "model", ".".join([other_head, *rest])),
        (safe, ACCOUNT, "model", sealed[:-2]),
        (safe, ACCOUNT, "model", ""),
    ):
        with pytest.raises(Sealed):
            opened.open(account, name, text)


def test_the_key_comes_from_the_installations_file(key_file: Path):
    sealed = vault.configured().seal(ACCOUNT, "model", "s")
    assert vault.configured({"WEFT_KEY_FILE": str(key_file)}).open(ACCOUNT, "model", sealed) == "s"
    with pytest.raises(BadSettings):
        vault.configured({"WEFT_HOME": str(key_file.parent / "nowhere")})
