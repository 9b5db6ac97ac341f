"""A runner process with a tool that takes its time, and makes a file of each key before it answers.

No lock: the process is put to sleep at any point, and must not hold up another."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from engine import runner

WITNESS = Path(os.environ["WITNESS"])


class Slow:
    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Any],
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Any:
        with contextlib.suppress(FileExistsError):
            file = os.open(WITNESS / key.replace("/", "+"), os.O_CREAT | os.O_EXCL)
            os.fsync(file)
            os.close(file)
        await asyncio.sleep(0.1)
        return {"name": key.split("/")[1]}


if __name__ == "__main__":
    raise SystemExit(runner.main(tools=Slow()))
