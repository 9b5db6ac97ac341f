"""A runner process with a tool that takes its time, and writes each effect to a file before it answers, once a key."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from engine import runner

WITNESS = Path(os.environ["WITNESS"])


class Slow:
    async def call(
        self, account_id: UUID, connector: str, tool: str, args: dict[str, Any], key: str, timeout_s: float
    ) -> Any:
        with WITNESS.open("r+") as file:  # noqa: ASYNC230
            fcntl.flock(file, fcntl.LOCK_EX)
            if key not in file.read().split():
                file.write(key + "\n")
                file.flush()
                os.fsync(file.fileno())
        await asyncio.sleep(0.1)
        return {"name": key.split("/")[1]}


if __name__ == "__main__":
    raise SystemExit(runner.main(tools=Slow()))
