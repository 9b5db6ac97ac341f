"""A runner process of the trial: the real one, with tools that ask the witness. ``python -m tests.chaos.replica``."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any
from uuid import UUID

from engine import rowlock, runner, writer
from engine.effects import ToolError

Json = Any


class Outside:
    """Tools over loopback, a connection a call. When the answer does not come, the outcome is unknown; when nobody
    could be asked, or the witness refuses, nothing was done."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Json:
        try:
            reader, out = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            raise ToolError("unavailable", f"nobody there: {error}", "not_done") from error
        try:
            async with asyncio.timeout(timeout_s):
                out.write(json.dumps({"tool": tool, "key": key, "args": args}).encode() + b"\n")
                line = await reader.readline()
        except TimeoutError:
            raise ToolError("timeout", "no answer in time", "unknown") from None
        except OSError as error:
            raise ToolError("unavailable", f"the answer was lost: {error}", "unknown") from error
        finally:
            out.close()
        if not line:
            raise ToolError("unavailable", "the answer was lost", "unknown")
        answer = json.loads(line)
        if "error" in answer:
            raise ToolError(answer["error"], "refused", "not_done")
        return answer


def unfence() -> None:
    """The control: what the product would be without its fence. Refuses when the fence is not where it was."""
    fence = "epoch = g.epoch AND lease_owner = %s AND state = 'running'"
    writer.APPEND = _without(writer.APPEND, fence, "%s::text IS NOT NULL")
    writer.FINISH = _without(writer.FINISH, fence, "%s::text IS NOT NULL")
    rowlock.HOLD = _without(
        rowlock.HOLD,
        "epoch = %s AND lease_owner = %s AND state = 'running'",
        "(%s::int, %s::text) IS NOT NULL",
    )


def _without(statement: str, fence: str, instead: str) -> str:
    if fence not in statement:
        raise SystemExit(f"the fence {fence!r} is not in the statement any more: mend tests/chaos/replica.py")
    return statement.replace(fence, instead)


if __name__ == "__main__":
    if os.environ.get("CHAOS_UNFENCED"):
        unfence()
    raise SystemExit(runner.main(tools=Outside(int(os.environ["CHAOS_WITNESS_PORT"]))))
