"""``weft run --simulate``: every way a run of a file can go, without an engine, a database or any effect.

A terminal gets a summary in words. Anything else gets one JSON line a path on standard output, the whole result last;
the summary is on standard error then.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import dsl
from deploy.commands.check import render
from deploy.failure import Failure
from deploy.texts import read_catalog, read_text
from dsl import simulation
from dsl.simulation import Mock, MockAnswer, MockError, Simulation


def main(options: argparse.Namespace, given: dict[str, Any] | None) -> int:
    text = read_text(options.file)
    catalog = read_catalog(options.catalog)
    parsed = dsl.parse(text)
    errors = [one for one in dsl.check(parsed, catalog) if one.severity == "error"]
    if errors:
        for error in errors:
            print(render(options.file, text, error), file=sys.stderr)
        return 1
    plan = dsl.lower(parsed, catalog)
    if given is not None and (problems := dsl.validate_input(given, plan.input_schema)):
        raise Failure(
            f"The input does not fit the workflow. {'; '.join(map(str, problems[:5]))}.",
            "Give it with --input.",
        )
    found = simulation.simulate(plan, catalog, given=given, mocks=_mocks(options.mocks))
    if sys.stdout.isatty():
        print(simulation.summary(found))
        return 0
    for path in found.paths:
        print(json.dumps({"path": path.words, **dataclasses.asdict(path)}, ensure_ascii=False))
    print(json.dumps(_whole(found), ensure_ascii=False))
    print(simulation.summary(found), file=sys.stderr)
    return 0


def _whole(found: Simulation) -> dict[str, Any]:
    return {
        "paths": len(found.paths),
        "outcomes": sorted({path.outcome.words for path in found.paths}),
        "effects": list(found.effects),
        "may": list(found.possible),
        "unreached": [dataclasses.asdict(one) for one in found.unreached],
        "cut": found.cut,
    }


def _mocks(name: str | None) -> dict[str, Mock]:
    """Results by step: a value, ``{"error": {"code", "message"}}`` or ``{"answer": "rejected"}``."""
    if name is None:
        return {}
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{name!r} cannot be read: {error.strerror}.", "Look at its name.") from None
    except ValueError as error:
        raise Failure(f"{name!r} is not JSON: {error}.", 'Write it like {"order": {"total": 5}}.') from None
    if not isinstance(found, dict):
        raise Failure(f"{name!r} is JSON, but not an object.", 'Write it like {"order": {"total": 5}}.')
    return {step: _mock(step, value) for step, value in found.items()}


def _mock(step: str, value: Any) -> Mock:
    match value:
        case {"error": {"code": str() as code, **rest}}:
            return MockError(
                code, str(rest.get("message", "It failed, as told.")), rest.get("unknown") is True
            )
        case {"answer": "approved" | "rejected" | "expired" | "never" as answer}:
            return MockAnswer(answer)
        case {"answer": other} if len(value) == 1:
            raise Failure(
                f"The answer {other!r} of {step!r} is none.",
                'There are "approved", "rejected", "expired" and, for events, "never".',
            )
        case _:
            return value
