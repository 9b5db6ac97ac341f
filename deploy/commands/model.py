"""``weft model``: which language models the environment connects, and with ``--probe`` what they can.

Exit code 0, 1 when one that was asked does not answer, 2 when none is connected or a setting cannot be read.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
from typing import Any

from deploy.failure import Failure
from deploy.home import Home
from engine.errors import WeftError
from engine.model import Board, Call, Capabilities, Found, ModelEntry, ModelSettings, find
from engine.model.calling import Caller
from engine.serving.settings import settled


def main(options: argparse.Namespace) -> int:
    try:
        settings = ModelSettings.from_environment(settled(os.environ, Home.of(os.environ).path))
        entries = () if settings is None else settings.entries()
        probes = asyncio.run(_probe_all(entries)) if options.probe else [None] * len(entries)
    except WeftError as error:
        raise Failure(error.message, error.help) from None
    if not entries:
        raise Failure(
            "The environment connects no language model; the built-in designer answers.",
            "Set WEFT_MODEL_URL and WEFT_MODEL, as docs/models.md says. "
            "Models of a workspace are on the studio's Models page.",
        )
    told = [_as_json(entry, probe) for entry, probe in zip(entries, probes, strict=True)]
    print(json.dumps(told, indent=1, ensure_ascii=False) if options.json else "\n".join(map(_as_text, told)))
    return 0 if all(one.get("answers", True) for one in told) else 1


async def _probe_all(entries: tuple[ModelEntry, ...]) -> list[tuple[Found, list[Call]]]:
    shared = Board()
    try:
        return list(await asyncio.gather(*(_probe(entry, shared) for entry in entries)))
    finally:
        await shared.close()


async def _probe(entry: ModelEntry, shared: Board) -> tuple[Found, list[Call]]:
    calls: list[Call] = []

    async def sink(call: Call) -> None:
        calls.append(call)

    return await find(entry, Caller(shared, sink=sink)), calls


def _as_json(entry: ModelEntry, probe: tuple[Found, list[Call]] | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "model": entry.model,
        "protocol": entry.provider,
        "server": entry.where,
        "key": bool(entry.key),
        "tiers": list(entry.tiers),
        "price": None if entry.price is None else dataclasses.asdict(entry.price),
        "said_to_be_able": None if entry.can is None else dataclasses.asdict(entry.can),
    }
    if probe is not None:
        found, calls = probe
        firsts = [call.first_ms for call in calls if call.first_ms is not None]
        told |= {
            "answers": found.answers,
            "can": dataclasses.asdict(found.can) if found.answers else None,
            "findings": [dataclasses.asdict(finding) for finding in found.findings],
            "first_ms": min(firsts, default=None),
            "calls": len(calls),
            "tokens": sum(call.tokens_in + call.tokens_out for call in calls),
        }
    return told


def _as_text(told: dict[str, Any]) -> str:
    price = told["price"]
    cost = (
        "price not set" if price is None else f"${price['usd_in']:g} in, ${price['usd_out']:g} out a million"
    )
    tiers = ", ".join(told["tiers"]) or "every tier"
    key = "with a key" if told["key"] else "without a key"
    lines = [f"{told['model']}: {told['protocol']} protocol at {told['server']}, {key}, for {tiers}, {cost}"]
    if told["said_to_be_able"] is not None:
        lines.append(f"  set to: {setting(Capabilities(**told['said_to_be_able']))}")
    for finding in told.get("findings", ()):
        lines.append(f"  {'yes' if finding['yes'] else 'no '}  {finding['words']}")
    if told.get("answers"):
        wait = "" if told["first_ms"] is None else f", first sign of an answer after {told['first_ms']} ms"
        lines.append(f"  found by {told['calls']} calls, {told['tokens']} tokens counted{wait}")
        lines.append(f'  to do without the probe: WEFT_MODEL_CAN="{setting(Capabilities(**told["can"]))}"')
    return "\n".join(lines)


def setting(can: Capabilities) -> str:
    """As ``WEFT_MODEL_CAN`` says it."""
    words = ["tools"] * can.tools + [f"grammar={can.grammar}"] * (can.grammar is not None)
    return ", ".join([*words, *["json_schema"] * can.json_schema]) or "nothing"
