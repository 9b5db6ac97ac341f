"""A process that plays scenarios on a real database, and dies right before or right after a chosen commit.

Every commit of the process is a place, found by the driver and not by a list: whatever ends a transaction on any
connection (psycopg's own, and SQLAlchemy's, which is built on it) passes ``_exec_command``, and a statement that is
its own transaction passes ``execute``. A commit counts unless all its statements can only read. A place is called by
the functions of the engine that wrote: ``gatekeeping.park#2`` is the second commit of a scenario that ``park`` made.
A batch of the writer is called by the last event in it that is no mere beginning, and is met again as the batch that
holds this event: which others are with it depends on the moment. A claim that finds nothing is no place.

The process is forked for each scenario from one that has imported everything and opened nothing, so that dying is
``os._exit``: sockets are closed by the kernel, nothing is rolled back or given back by our own hands.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from sqlalchemy.orm import configure_mappers

from dsl import plan as p
from engine import approvals, events, packing, reviews, runs
from engine.actor import Actor
from engine.artifacts.files import FileStore
from engine.database import Database
from engine.effects import ToolError
from engine.errors import Conflict
from engine.runner import Runner, RunnerSettings
from engine.runtime import compile_plan
from tests.engine_run.kit import (
    approve,
    block,
    call,
    cel,
    const,
    do,
    hear,
    parallel,
    pinned,
    plan,
    ret,
    run,
)

DIED = 9
WRITES = re.compile(
    r"\b(insert|update|delete|merge|copy|create|alter|drop|truncate|setval|nextval|weft_\w+)\b", re.I
)
"""What may change something. ``FOR UPDATE`` counts too, which costs a place or two that change nothing."""
DUE = """
SELECT 1 FROM runs WHERE account_id = %s AND (state = 'running' AND lease_until < now()
  OR state IN ('queued', 'waiting') AND due_at <= now())
"""
FAMILY = "SELECT id, state, waiting_on FROM runs WHERE id = %s OR parent_run_id = %s"
OVER = {"succeeded", "failed", "cancelled"}
TELLS = re.compile(r"pg_notify\([^)]*\)|'weft_\w+'", re.I)
"""A notification alone is nothing durable."""


class Places:
    """Counts the commits of this process, tells each, and dies at one. ``at``: the place's name, and "before" or
    "after"; None for none. ``due``: whether there is a run to claim; to look for one is no place."""

    def __init__(
        self, tell: Callable[[str], None], at: tuple[str, str] | None, due: Callable[[], bool]
    ) -> None:
        self._tell = tell
        self._due = due
        self._at = at
        self._counts: Counter[str] = Counter()
        self._written: dict[int, list[str]] = {}

    def wrote(self, connection: Any, given: Any) -> None:
        name = _writer(sys._getframe(1))
        if name == "lease.claim" and not self._due():
            return
        written = self._written.setdefault(id(connection), [])
        if name == "writer.append":
            kinds, paths = [_texts(one) for one in given if isinstance(one, packing.Texts)][:2]
            written += [f"{name} {kind} {path}".strip() for kind, path in zip(kinds, paths, strict=True)]
        elif name not in written:
            written.append(name)

    def pending(self, connection: Any) -> list[str]:
        """What this connection's commit may be called, what it is called last; nothing if it has nothing to commit."""
        written = self._written.pop(id(connection), [])
        if not written:
            return []
        events = [one for one in written if one.startswith("writer.append ")]
        names = sorted(events, key=lambda one: "step.started" not in one) or ["+".join(written)]
        self._counts.update(names)
        return [
            name if self._counts[name] == 1 and events else f"{name}#{self._counts[name]}" for name in names
        ]

    def forget(self, connection: Any) -> None:
        self._written.pop(id(connection), None)

    def pass_(self, names: list[str], when: str) -> None:
        if names and when == "before":
            self._tell(names[-1])
        if self._at is not None and self._at[0] in names and self._at[1] == when:
            os._exit(DIED)

    def install(self) -> None:
        execute, command = psycopg.AsyncCursor.execute, psycopg.AsyncConnection._exec_command

        async def watched(cursor: Any, query: Any, *args: Any, **rest: Any) -> Any:
            connection = cursor.connection
            text = (
                query if isinstance(query, str) else query.as_string() if hasattr(query, "as_string") else ""
            )
            text = text or (query.decode() if isinstance(query, bytes) else "")
            if text.startswith("LISTEN") or not WRITES.search(TELLS.sub("", text)):
                return await execute(cursor, query, *args, **rest)
            self.wrote(connection, args[0] if args else ())
            alone = connection.autocommit and connection.info.transaction_status.name == "IDLE"
            place = self.pending(connection) if alone else []
            self.pass_(place, "before")
            done = await execute(cursor, query, *args, **rest)
            self.pass_(place, "after")
            return done

        def commanded(connection: Any, query: Any, *args: Any, **rest: Any) -> Generator[Any, Any, Any]:
            text = bytes(query) if isinstance(query, bytes) else str(query).encode()
            if text.startswith(b"ROLLBACK"):
                self.forget(connection)
            place = self.pending(connection) if text.startswith(b"COMMIT") else []
            self.pass_(place, "before")
            done = yield from command(connection, query, *args, **rest)
            self.pass_(place, "after")
            return done

        async def unknown(*_: Any, **__: Any) -> Any:
            raise AssertionError("a way to the database that is not watched")

        psycopg.AsyncCursor.execute = watched  # type: ignore[method-assign,assignment]
        psycopg.AsyncConnection._exec_command = commanded  # type: ignore[method-assign]
        psycopg.AsyncCursor.executemany = unknown  # type: ignore[method-assign]
        psycopg.AsyncCursor.copy = unknown  # type: ignore[method-assign,assignment]


def _writer(frame: FrameType | None) -> str:
    """The innermost function of the engine that is at work: "gatekeeping.park"."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        inner = module.startswith("engine.") and module not in ("engine.database", "engine.rowlock")
        if inner and module not in ("engine.audit", "engine.eventlog"):
            return f"{module.removeprefix('engine.')}.{frame.f_code.co_name.strip('_')}"
        frame = frame.f_back
    return "?"


def _texts(packed: bytes) -> list[str]:
    """What ``packing.texts`` was given."""
    found, at = [], 20
    while at < len(packed):
        end = at + 4 + int.from_bytes(packed[at : at + 4], "big")
        found.append(packed[at + 4 : end].decode())
        at = end
    return found


class Files:
    """Tools whose effects are files, one a key, fsynced before the answer. ``blind`` adds a line each time; nobody
    learns the outcome of the first ``lost``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
        name = key.split("/", 1)[1]
        if tool == "bad":
            raise ToolError("broken", "never works", "not_done")
        if tool == "flaky" and not self._add(f"{key}.tries", "x") > 1:
            raise ToolError("unavailable", "not now", "not_done")
        if tool in ("blind", "lost"):
            self._add(key, "done\n")
            if tool == "lost":
                raise ToolError("timeout", "no answer", "unknown")
        elif tool != "read":
            self._add(key, "", os.O_EXCL)
        if tool == "large":
            return {"name": name, "text": "x" * 300_000}
        return {"name": name}

    def _add(self, key: str, text: str, flags: int = 0) -> int:
        try:
            file = os.open(
                self.folder / key.replace("/", "+"), os.O_CREAT | os.O_WRONLY | os.O_APPEND | flags
            )
        except FileExistsError:
            return 0
        os.write(file, text.encode())
        os.fsync(file)
        size = os.fstat(file).st_size
        os.close(file)
        return size


# ---- scenarios ---------------------------------------------------------------------------------------


def undo() -> p.Block:
    return block(call("undo"))


LONG = 86_400_000
"""Of an approval: a loaded machine shall not let one expire."""
QUICK = {"within_ms": 400, "on_timeout": block(call("late"))}
BOSS = p.Approver(by="role", name=const("boss"))

PLANS: dict[str, Callable[[], p.Plan]] = {
    "straight": lambda: plan(
        call("a"), call("b", tool="flaky", retry=p.Retry(max=2, backoff_ms=1)), ret("r", cel("b.name"))
    ),
    "a gate": lambda: plan(
        call("a"), approve("gate", LONG, guards=("pay",)), call("pay"), ret("r", cel("gate.by"))
    ),
    "two gates and a quorum": lambda: plan(
        parallel(
            "p", do("x", approve("g1", LONG, quorum=2), call("x1")), do("y", approve("g2", LONG), call("y1"))
        ),
        ret("r", cel("g1.by")),
    ),
    "nobody decides": lambda: plan(
        approve("silent", escalate_after_ms=150, escalate_to=BOSS, **QUICK), call("b"), ret("r", const(1))
    ),
    "a child": lambda: plan(
        call("a"),
        run("c", args={"n": const(1)}),
        call("b"),
        ret("r", cel("c")),
        workflows=(pinned(version="CHILD"),),
    ),
    "a child that is stopped": lambda: plan(
        parallel(
            "p",
            do("x", run("c")),
            do("y", approve("gate", LONG), call("y1")),
            join="any",
        ),
        ret("r", const("y")),
        workflows=(pinned(version="WAITS"),),
    ),
    "an event": lambda: plan(
        call("a"), hear("h", when=cel("event.n == 2", "event")), call("b"), ret("r", cel("h.n"))
    ),
    "cancelled": lambda: plan(
        call("a", compensate=undo()),
        parallel("p", approve("cancel", LONG), do("y", call("y1", compensate=undo()))),
    ),
    "an unsafe call": lambda: plan(call("a", tool="blind", honours=False), call("b"), ret("r", const(1))),
    "a call nobody knows of": lambda: plan(
        call("a", tool="lost", honours=False), call("b"), ret("r", cel("a.name"))
    ),
    "a large value": lambda: plan(
        call("a", tool="large"), call("b", args={"v": cel("a.name")}), ret("r", cel("a.name"))
    ),
}

CHILDREN: dict[str, Callable[[], p.Plan]] = {
    "CHILD": lambda: plan(call("made"), approve("sure", LONG), call("done"), ret("r", cel("input.n"))),
    "WAITS": lambda: plan(call("made", compensate=undo()), approve("silent", LONG), call("never")),
}
"""The versions that the plans above start, by the name they call them."""


Look: TypeAlias = Callable[..., list[Any]]


async def play(order: dict[str, Any], look: Look) -> None:
    """Start the runs (or find them again by their keys), carry them, decide and publish, until all are over."""
    ids = [UUID(one) for one in order["ids"]]
    account_id, workflow_id, version_id = ids
    people = [
        Actor(account_id, UUID(int=n), f"m{n}@example.com", "M", "admin", ("manager", "boss")) for n in (1, 2)
    ]
    db = await Database.open(order["app"], pool_size=1)
    try:
        started = [
            await runs.start_run(db, people[0], workflow_id, {}, key, version_id) for key in order["keys"]
        ]
        settings = RunnerSettings(poll_s=0.1, lease_s=60)
        files = Path(order["files"])
        store = FileStore(files.parent / "artifacts")
        runner = Runner(order["runner"], settings, Files(files), artifacts=store)
        await runner.open()
        try:
            async with asyncio.timeout(60):
                for run in started:
                    while not await _over(db, look, people, run.id, files):  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
        finally:
            await runner.stop()
    finally:
        await db.close()


async def _over(db: Database, look: Look, people: list[Actor], run_id: UUID, files: Path) -> bool:
    """Whether the run and what it started are over; else somebody decides one thing, while nothing moves: what is
    decided while a run is alive has tests of its own."""
    actor, family = people[0], look(FAMILY, run_id, run_id)
    states = {state for _, state, _ in family}
    if states <= OVER:
        return True
    if not states <= OVER | {"waiting", "needs_review"}:
        return False
    for person in people:
        for asked in await approvals.list_approvals(db, person):
            if asked.run_id in {id for id, _, _ in family} and asked.may_decide and asked.step_id != "silent":
                return await _decide(db, person, asked)
    if any("h" in waiting_on for _, _, waiting_on in family):
        for n in (1, 2):
            if (await events.publish(db, actor, "go", {"n": n}, f"{run_id}/{n}")).told:
                return False
    for question in await reviews.of_run(db, actor, run_id):
        happened = (files / f"{run_id}+{question.path}").exists()
        said: Any = ("happened", {"name": "a"}) if happened else ("again",)
        await reviews.answer(db, actor, run_id, question.path, *said)
    return False


async def _decide(db: Database, person: Actor, asked: approvals.Approval) -> bool:
    with contextlib.suppress(Conflict):  # closed meanwhile
        if asked.step_id == "cancel":
            await runs.cancel_run(db, person, asked.run_id)
        else:
            await approvals.decide(db, person, asked.id, "approve", args_hash=asked.args_hash)
    return False


# ---- the process -------------------------------------------------------------------------------------


def main() -> int:
    """One order a line on stdin: {"ids", "app", "runner", "files", "keys", "at"}. One answer a line: how the child
    ended, and the places it came to."""
    configure_mappers()
    for made in (*PLANS.values(), *CHILDREN.values()):
        compile_plan("", made())  # what it needs is imported here, not in each process
    gc.collect()
    gc.freeze()  # so that a fork does not copy what nobody changes
    for line in sys.stdin:
        order = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            os._exit(_child(order, write))
        os.close(write)
        with os.fdopen(read) as told:
            places = told.read().splitlines()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "places": places}), flush=True)
    return 0


def _child(order: dict[str, Any], write: int) -> int:
    at = tuple(order["at"]) if order["at"] else None
    try:
        eye = psycopg.connect(order["runner"], autocommit=True)

        def look(query: str, *about: Any) -> list[Any]:
            return eye.execute(query, about).fetchall()  # type: ignore[arg-type]

        def tell(name: str) -> None:
            os.write(write, f"{name}\n".encode())

        def due() -> bool:
            return look(DUE, order["ids"][0]) != []

        Places(tell, at, due).install()  # type: ignore[arg-type]
        asyncio.run(play(order, look))
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
