"""The versions whose runs a runner can carry on: their programs, compiled ahead where that is known to help."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

import psycopg

from dsl.plan import Plan
from engine.lease import Claim
from engine.runner.desk import Desk
from engine.runtime import Program, Programs

log = logging.getLogger(__name__)

WARM = 64
"""Versions that a fresh runner makes ready before it claims: about 5 ms each."""


class Repertoire:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._programs = Programs()
        self._bringing = asyncio.Lock()

    def has(self, content_hash: str) -> bool:
        return self._programs.get(content_hash) is not None

    async def program(self, claim: Claim) -> Program:
        program = self._programs.get(claim.content_hash)
        if program is None:
            async with self._bringing:  # of many runs of a version that is new here, the first brings it
                if (program := self._programs.get(claim.content_hash)) is None:
                    await self.bring(claim.version_id)
                    program = self._programs.get(claim.content_hash)
        if program is None:
            raise RuntimeError(f"version {claim.version_id} has no plan of hash {claim.content_hash}")
        return program

    async def warm(self) -> None:
        """Compile what was lately used before the first claim: a fresh runner is as fast as the one it replaces."""
        async with self._desk.leases() as leases:
            used = await leases.lately_used(WARM)
        for version_id in reversed(used):  # the latest last, so that it is kept longest
            try:
                await self.bring(version_id)
            except psycopg.Error:
                raise
            except Exception:  # its runs will say so; all others start
                log.exception("version %s could not be made ready", version_id)
            await asyncio.sleep(0)

    async def bring(self, version_id: UUID) -> None:
        async with self._desk.leases() as leases:
            found = await leases.plan(version_id)
        if found is not None and self._programs.get(found[0]) is None:
            await self._programs.add(found[0], Plan.model_validate(found[1]))
