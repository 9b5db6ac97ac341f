"""``python -m studio.designer.scripted ANSWER.txt ...``: files as answers, on a free port of loopback."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from studio.designer.scripted import Line, Say, ScriptedModel


async def _main(script: list[Line]) -> None:
    async with ScriptedModel(script) as server:
        print(f"WEFT_MODEL_URL={server.url} WEFT_MODEL=scripted", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m studio.designer.scripted ANSWER.txt ...")
    asyncio.run(_main([Say(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]))
