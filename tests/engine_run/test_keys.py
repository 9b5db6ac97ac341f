"""Idempotency keys end to end: one a run, a step's place in it, a round and a call; the same on every repetition."""

from __future__ import annotations

from typing import Any

import pytest

from dsl import plan as p
from engine.journal import Event
from engine.model import ToolUse, Turn
from tests.engine_run.crasher import Crasher, with_crash
from tests.engine_run.kit import (
    Stage,
    Talker,
    agent,
    block,
    call,
    catch,
    cel,
    const,
    do,
    foreach,
    parallel,
    plan,
    ret,
    step,
    template,
    tool,
)

LOOP = step(
    "l",
    p.Loop(
        carry="n",
        initial=const(0),
        mode="while",
        test=cel("n < 2"),
        max=5,
        block=block(call("in_loop"), result=cel("n + 1")),
    ),
)
AGAIN = do(
    "d",
    call("in_block"),
    call("never", tool="bad"),
    retry=p.Retry(max=1, backoff_ms=1),
    catches=(catch(call("in_catch")),),
)
MADE = plan(
    call("a", compensate=block(call("undo"))),
    call("f", tool="flaky", retry=p.Retry(max=3, backoff_ms=1)),
    foreach(
        "each",
        const([1, 2]),
        foreach("inner", const([1, 2]), call("in_round"), concurrency=2),
        call("named", key=template("order-", cel("item"))),
        concurrency=2,
    ),
    LOOP,
    AGAIN,
    parallel("p", agent("g", tool()), call("beside")),
    ret("done", const("ok")),
)
SAID = Turn("", (ToolUse("1", "w__write", "{}"), ToolUse("2", "w__write", "{}")), "m", 1, 1, 0.0, True)


def stage() -> Stage:
    return Stage(MADE, talker=Talker([SAID, Turn("end")]))


def keys(events: list[Event]) -> dict[str, set[str]]:
    """The keys of all tries, by the call's path."""
    found: dict[str, set[str]] = {}
    for event in events:
        if "key" in event.data:
            found.setdefault(event.path, set()).add(event.data["key"])
    return found


async def test_every_call_has_a_key_of_its_own_and_it_is_its_place_in_the_run() -> None:
    here = stage()
    assert (await here.finish()).output == "ok"
    run = here.run.lease.run_id
    written = {"each[0].named": "order-1", "each[1].named": "order-2"}
    paths = {
        "a",
        "f",
        *(f"each[{n}].inner[{m}].in_round" for n in (0, 1) for m in (0, 1)),
        *written,
        "l[0].in_loop",
        "l[1].in_loop",
        "d.in_block",
        "d.never",
        "d#2.in_block",
        "d#2.never",
        "d~catch0.in_catch",
        "g~turn1.tool1".replace("g", "p.g", 1),
        "p.g~turn1.tool2",
        "p.beside",
    }
    assert keys(here.run.events) == {path: {written.get(path, f"{run}/{path}")} for path in paths}


async def test_a_call_that_is_repeated_after_a_crash_anywhere_has_the_key_it_had() -> None:
    counting = stage()
    crasher = Crasher(counting, None)
    await counting.finish()
    for at in range(1, crasher.places + 1):
        here = stage()
        used: dict[str, set[str]] = {}
        real = here.witness.call

        async def call(*args: Any, real: Any = real, used: Any = used) -> Any:
            used.setdefault(args[4].split("/", 1)[-1], set()).add(args[4])
            return await real(*args)

        here.witness.call = call  # type: ignore[method-assign]
        ended = await with_crash(here, Crasher(here, at), lambda: None, None)
        assert ended.output == "ok"
        assert all(len(one) == 1 for one in used.values()), (at, used)
        assert set(here.witness.effects.values()) == {1}, at


@pytest.mark.parametrize("value", [const(""), const("  "), const(7), const(None), const(["x"]), const(True)])
async def test_a_key_that_is_no_text_or_empty_is_an_error_and_nothing_is_sent(value: Any) -> None:
    here = Stage(plan(call("a", key=value)))
    ended = await here.invoke()
    assert ended.error is not None and (ended.error["code"], ended.error["step"]) == ("expression", "a")
    assert "`key` needs a text" in ended.error["message"] and not here.witness.tries
