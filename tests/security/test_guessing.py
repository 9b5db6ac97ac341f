"""Guessing passwords: many attempts at the same moment are slowed down as much as many in a row."""

from __future__ import annotations

import asyncio

import pytest

from engine import delays, people
from engine.database import Database
from engine.errors import BadCredentials
from tests.studio.conftest import PASSWORD, Workspace


async def test_of_many_guesses_at_once_only_the_free_ones_are_looked_at(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    async def verified(password: str, secret: str | None) -> bool:
        looked_at.append(password)
        await asyncio.sleep(0.01)  # as the real one, it lets the others go on
        return False

    monkeypatch.setattr(people.passwords, "verified", verified)
    guesses = (people.sign_in(db, workspace.owner.email, f"guess {n}", client="thief") for n in range(40))
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert all(isinstance(one, BadCredentials) for one in refused)
    assert len(looked_at) == delays.FREE_FAILURES


async def test_a_person_who_was_guessed_at_from_elsewhere_signs_in(
    db: Database, workspace: Workspace
) -> None:
    for _ in range(5):
        with pytest.raises(BadCredentials):
            await people.sign_in(db, workspace.owner.email, "wrong", client="another thief")
    for _ in range(5):
        await people.sign_in(db, workspace.owner.email, PASSWORD, client="home")
