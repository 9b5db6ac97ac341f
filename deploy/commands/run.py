"""``weft run``: publish a file and run it, answering its approvals as told.

Standard output is JSON lines: every event of the run as it happens, the result last. Exit code 0 succeeded, 1 failed,
3 waiting for a person.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from uuid import UUID

from deploy.commands import simulate
from deploy.desk import engine_here
from deploy.failure import Failure
from deploy.home import Home
from deploy.publishing import NotPublishable, publish_file
from deploy.texts import read_text
from deploy.workspace import at_the_desk
from engine import approvals, runs
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, WeftError
from engine.lifecycle import TERMINAL

_ANSWERS = {"yes": "approve", "no": "reject"}


def main(options: argparse.Namespace) -> int:
    given = None if options.input is None else _input(options.input)
    if options.simulate:
        return simulate.main(options, given)
    return asyncio.run(_run(options, given or {}, _answers(options.approve)))


def _input(text: str) -> dict:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Failure(
            f"--input is not JSON: {error}.", """Write it like --input '{"order_id": "A-1001"}'."""
        ) from None
    if not isinstance(value, dict):
        raise Failure(
            "--input is JSON, but not an object.", """Write it like --input '{"order_id": "A-1001"}'."""
        )
    return value


def _answers(words: list[str]) -> dict[str, str]:
    answers = {}
    for word in words:
        step, _, answer = word.partition("=")
        if not step or answer not in _ANSWERS:
            raise Failure(
                f"--approve {word!r} is not STEP=yes or STEP=no.", "For example: --approve approval=yes"
            )
        answers[step] = _ANSWERS[answer]
    return answers


async def _run(options: argparse.Namespace, value: dict, answers: dict[str, str]) -> int:
    text = read_text(options.file)
    try:
        async with engine_here(Home.of(os.environ)) as databases, at_the_desk(databases) as (db, actor):
            version = await publish_file(db, actor, options.file, text, "")
            run = await runs.start_run(db, actor, version.workflow_id, value, version_id=version.id)
            try:
                await asyncio.wait_for(_follow(db, actor, run.id, answers), options.timeout)
            except TimeoutError:
                print(f"weft: the run goes on after {options.timeout:g} s; it is not lost", file=sys.stderr)
            return _report(await runs.get_run(db, actor, run.id))
    except NotPublishable:
        return 1
    except BadInput as bad:
        listed = "; ".join(f"{where} {what}".strip() for where, what in bad.problems).rstrip(".")
        raise Failure(f"The input does not fit the workflow. {listed}", "Give it with --input.") from None
    except WeftError as error:
        raise Failure(error.message, error.help) from None


async def _follow(db: Database, actor: Actor, run_id: UUID, answers: dict[str, str]) -> None:
    """Print events until the run ends or waits for a person whom nobody here answers for."""
    async for event in runs.follow(db, actor, run_id, after=0):
        line = {
            "seq": event.seq,
            "at": datetime.fromtimestamp(event.at, UTC).isoformat(),
            "kind": event.kind,
            "path": event.path,
            **event.data,
        }
        print(json.dumps(line, ensure_ascii=False), flush=True)
        if event.kind == "run.needs_review":
            return
        if event.kind == "run.waiting" and await _waits_for_a_person(db, actor, run_id, answers):
            return


async def _waits_for_a_person(db: Database, actor: Actor, run_id: UUID, answers: dict[str, str]) -> bool:
    waiting = False
    for approval in await approvals.list_approvals(db, actor, state="open"):
        if approval.run_id != run_id:
            continue
        decision = answers.get(approval.step_id) or answers.get(approval.path)
        if decision is None:
            waiting = True
        else:
            await approvals.decide(db, actor, approval.id, decision, "answered with weft run --approve")
    return waiting


def _report(detail: runs.RunDetail) -> int:
    run = detail.summary
    result = {"run_id": str(run.id), "state": run.state, "output": detail.output, "error": run.error}
    if detail.output_artifact is not None:
        result["output_artifact"] = detail.output_artifact.data()
    print(json.dumps(result, ensure_ascii=False), flush=True)
    if run.state == "succeeded":
        return 0
    if run.state in TERMINAL:
        return 1
    if run.state == "needs_review":
        print(f"weft: {(run.error or {}).get('message', 'A call is unclear.')}", file=sys.stderr)
        print(
            f"weft: look in the other system, then answer on the run's page in the studio (/runs/{run.id}) or with "
            f"POST /api/runs/{run.id}/review",
            file=sys.stderr,
        )
    if run.state == "waiting":
        print(
            "weft: the run waits for a person; answer in the studio under Approvals, ",
            end="",
            file=sys.stderr,
        )
        print("or run again with --approve STEP=yes", file=sys.stderr)
    return 3
