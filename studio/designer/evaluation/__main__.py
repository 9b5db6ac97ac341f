"""``weft eval``: a suite of requests asked of a designer, and how many of the answers are what they should be.

Exit codes: 0 it was measured, 1 a proposal did not parse or has errors, or fewer passed than ``--least``, 2 wrong
usage.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import WeftError
from engine.model import ModelSettings, open_model
from studio.designer.evaluation import report
from studio.designer.evaluation.harness import Judged, Writers, builtin, of_model, run_case, run_suite
from studio.designer.evaluation.suite import SPLITS, Case, SuiteError, built_in, read_cases, read_catalog
from studio.designer.writers import BuiltinWriter


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="weft eval", description="Measure a designer with a suite of requests."
    )
    made.add_argument("--suite", metavar="FILE.jsonl", help="a suite of your own (default: the built-in one)")
    made.add_argument("--split", choices=SPLITS, default="dev", help="of the built-in suite (dev)")
    made.add_argument(
        "--provider",
        choices=("builtin", "model"),
        default="builtin",
        help="rules, or the model of WEFT_MODEL_URL",
    )
    made.add_argument("--kind", metavar="K", help="cases of one kind")
    made.add_argument("--only", metavar="ID", help="one case")
    made.add_argument("--jobs", type=int, metavar="N", help="cases at once (builtin 1, model 4)")
    made.add_argument("--least", type=float, metavar="PERCENT", help="exit 1 when fewer pass")
    made.add_argument("--failures", action="store_true", help="say which did not pass, and why")
    made.add_argument("--json", action="store_true", help="print one JSON object last")
    return made


def main(words: Sequence[str] | None = None) -> int:
    options = parser().parse_args(words)
    try:
        cases, beside = _cases(options)
        name, writers, jobs = _designer(options)
        judged = asyncio.run(_run(cases, writers, jobs, beside))
    except (SuiteError, WeftError) as error:
        print(f"weft: {error.message if isinstance(error, WeftError) else error}", file=sys.stderr)
        return 2
    for line in report.lines(name, judged, failures=options.failures):
        print(line)
    for one in judged:
        for error in one.unsound:
            print(f"  unsound: {one.case.id}: {error}")
    if options.json:
        print(json.dumps(report.as_json(name, judged), ensure_ascii=False))
    rate = report.figures(judged)["passed"]["median"]
    return 1 if any(one.unsound for one in judged) or rate < (options.least or 0) else 0


def _cases(options: argparse.Namespace) -> tuple[tuple[Case, ...], Path | None]:
    beside = None
    if options.suite is not None:
        beside = Path(options.suite).resolve().parent
        cases = read_cases(Path(options.suite))
    else:
        cases = built_in(options.split)
    if options.kind is not None:
        cases = tuple(case for case in cases if case.kind == options.kind)
    if options.only is not None:
        cases = tuple(case for case in cases if case.id == options.only)
    if not cases:
        raise SuiteError("There is no such case.")
    for case in cases:
        read_catalog(case.catalog, beside)
    return cases, beside


def _designer(options: argparse.Namespace) -> tuple[str, Writers, int]:
    if options.provider == "builtin":
        return BuiltinWriter.name, builtin, options.jobs or 1
    model = open_model(ModelSettings.from_environment())
    if model is None:
        raise SuiteError("No model is connected: set WEFT_MODEL_URL and WEFT_MODEL.")
    return model.name, of_model(model), options.jobs or 4


async def _run(cases: Sequence[Case], writers: Writers, jobs: int, beside: Path | None) -> tuple[Judged, ...]:
    # The first answer of a process imports LangGraph and the language's checks: nobody's latency.
    first = cases[0].model_copy(update={"turns": cases[0].turns[:1]})
    await run_case(first, builtin, read_catalog(first.catalog, beside))
    return await run_suite(cases, writers, jobs=jobs, beside=beside)


if __name__ == "__main__":
    sys.exit(main())
