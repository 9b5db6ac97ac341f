"""``weft bench engine``: what it costs to make every step of a run durable.

Runs of ten tool calls in a row, one at a time and 64 at once, in three ways that take turns within each round:

- ``weft``: a runner with an empty memory claims queued runs and carries them to their end;
- ``langgraph``: the same ten calls as nodes of a LangGraph graph with its Postgres saver, ``durability="sync"``;
- ``floor``: a bare loop over the ten calls that awaits each result in the same journal writer, nothing else.

``weft, for long`` is the first way with ten times as many runs, 64 at once: so long that the runner also does what it
does beside runs, adding figures up and making runs findable.

The tool is a coroutine that returns at once, so that only the engine is measured. Figures are runs a second.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID

from deploy.postgres import EmbeddedPostgres
from dsl import plan as p
from engine.database import Urls, prepare
from engine.journal import Entry, Finish, Lease, Numbers
from engine.runner import Runner, RunnerSettings, spare_the_collector
from engine.strict import encode
from engine.writer import Writer
from tests.bench.figures import Figure, report, show
from tests.engine_run.ground import Ground

STEPS = 10
Json = Any


class Adder:
    """The tool: adds one."""

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
        return {"n": args["n"] + 1}


def ten_steps() -> p.Plan:
    steps = []
    for number in range(STEPS):
        before = "input" if number == 0 else f"s{number}"
        source = p.CelExpr(source=f"{before}.n", names=(before,))
        do = p.ToolCall(connector="w", tool="add", args={"n": source}, effect="write", honours_key=True)
        steps.append(p.PlanStep(id=f"s{number + 1}", path=f"s{number + 1}", label="add one", do=do))
    last = p.CelExpr(source=f"s{STEPS}.n", names=(f"s{STEPS}",))
    return p.Plan(
        workflow="bench", input_schema={"type": "object"}, body=p.Block(steps=tuple(steps), result=last)
    )


class Bench:
    def __init__(self, urls: Urls, ground: Ground, owner_url: str) -> None:
        self.urls = urls
        self.ground = ground
        self.owner_url = owner_url
        self.version = ground.publish(ten_steps())

    async def weft(self, runs: int, at_once: int) -> float:
        ids = self.ground.start(self.version, {"n": 0}, runs)
        runner = Runner(self.urls.runner, RunnerSettings(slots=at_once), Adder())
        finished = asyncio.Event()
        runner.on_idle = finished.set
        began = time.perf_counter()
        await runner.open()
        async with asyncio.timeout(120):
            await finished.wait()
        took = time.perf_counter() - began
        await runner.stop()
        assert self.ground.states(ids) == {"succeeded": runs}
        return took

    async def floor(self, runs: int, at_once: int) -> float:
        ids = self.ground.start(self.version, {"n": 0}, runs)
        self.ground.query(
            "UPDATE runs SET state = 'running', lease_owner = 'floor', lease_until = now() + interval '1 h'"
            " WHERE id = ANY(%s) RETURNING 1",
            ids,
        )
        writer, tool = Writer(self.urls.runner, "floor"), Adder()
        await writer.open()

        async def one(run_id: UUID) -> None:
            lease = Lease(
                run_id, self.ground.account_id, self.ground.workflow_id, "floor", 0, numbers=Numbers(1)
            )
            value: Json = {"n": 0}
            for number in range(STEPS):
                value = await tool.call(lease.account_id, "w", "add", value, f"{run_id}/s{number + 1}", 60)
                await writer.append(
                    lease, (Entry("step.succeeded", f"s{number + 1}", encode({"result": value})),)
                )
            output = encode(value["n"])
            await writer.append(
                lease, (Entry("run.succeeded", "", f'{{"output":{output}}}'),), Finish("succeeded", output)
            )

        took = await _timed(ids, at_once, one)
        await writer.close()
        assert self.ground.states(ids) == {"succeeded": runs}
        return took

    async def langgraph(self, runs: int, at_once: int) -> float:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        from langgraph.graph import END, START, StateGraph

        class State(TypedDict):
            n: int

        tool = Adder()

        async def node(state: State) -> State:
            value: State = await tool.call(self.ground.account_id, "w", "add", dict(state), "", 60)
            return value

        graph = StateGraph(State)
        names = [START, *(f"s{number + 1}" for number in range(STEPS)), END]
        for name in names[1:-1]:
            graph.add_node(name, node)
        for before, after in itertools.pairwise(names):
            graph.add_edge(before, after)
        async with AsyncExitStack() as resources:
            saver = await resources.enter_async_context(AsyncPostgresSaver.from_conn_string(self.owner_url))
            await saver.setup()
            compiled = graph.compile(checkpointer=saver)

            async def one(number: int) -> None:
                thread = {"configurable": {"thread_id": f"{time.time_ns()}-{number}"}}
                ended = await compiled.ainvoke({"n": 0}, thread, durability="sync")
                assert ended["n"] == STEPS

            return await _timed(list(range(runs)), at_once, one)


async def _timed(items: list[Any], at_once: int, one: Callable[[Any], Awaitable[None]]) -> float:
    rest = iter(items)

    async def worker() -> None:
        for item in rest:
            await one(item)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return time.perf_counter() - began


LONG = 12_800
SIZES = {
    ("weft", 1): 60,
    ("weft", 64): 1280,
    ("floor", 1): 60,
    ("floor", 64): 1280,
    ("langgraph", 1): 15,
    ("langgraph", 64): 96,
}


async def measure(
    bench: Bench, rounds: int, variants: tuple[str, ...], at_once: tuple[int, ...]
) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {}
    for round_ in range(rounds + 1):  # the first one warms up
        for many in at_once:
            for name in variants:
                runs = SIZES[name, many] if round_ else min(SIZES[name, many], 64)
                gc.collect()
                took = await getattr(bench, name)(runs, many)
                if round_:
                    figures.setdefault(f"{name}, {many} at once", []).append(runs / took)
        if round_:
            _ratios(figures, at_once)
        if round_ and "weft" in variants and 64 in at_once:
            rate = LONG / await bench.weft(LONG, 64)
            figures.setdefault("weft, for long", []).append(rate)
            if other := figures.get("langgraph, 64 at once"):
                figures.setdefault("weft, for long / langgraph, 64 at once", []).append(rate / other[-1])
    return figures


def _ratios(figures: dict[str, list[float]], at_once: tuple[int, ...]) -> None:
    for many in at_once:
        weft = figures.get(f"weft, {many} at once")
        for other in ("langgraph", "floor"):
            against = figures.get(f"{other}, {many} at once")
            if weft and against:
                figures.setdefault(f"weft / {other}, {many} at once", []).append(weft[-1] / against[-1])


def told(figures: dict[str, list[float]]) -> dict[str, Figure]:
    return {name: Figure("times" if " / " in name else "runs/s", values) for name, values in figures.items()}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench engine")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("weft", "langgraph", "floor"), action="append")
    parser.add_argument("--at-once", type=int, choices=(1, 64), action="append")
    options = parser.parse_args(argv)
    spare_the_collector()  # all variants gain by it
    # Not under a private folder: as root the database runs as another user.
    home = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    try:
        owner_url = server.start("bench")
        urls = prepare(owner_url, home / "secrets")
        bench = Bench(urls, Ground.lay(owner_url), owner_url)
        figures = asyncio.run(
            measure(
                bench,
                options.rounds,
                tuple(options.only or ("weft", "langgraph", "floor")),
                tuple(options.at_once or (1, 64)),
            )
        )
    finally:
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
    show(report("engine", told(figures)), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
