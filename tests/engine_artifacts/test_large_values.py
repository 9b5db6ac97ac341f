"""Runs with values that are too large for the journal, without a database: what is recorded, and what replay makes
of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from engine.artifacts.store import INLINE_BYTES, digest
from engine.strict import encode
from tests.engine_run.kit import (
    OTHER,
    Stage,
    Talker,
    Witness,
    agent,
    approve,
    call,
    catch,
    cel,
    const,
    let,
    parallel,
    plan,
    ret,
    run,
    template,
    tool,
    use,
)

LARGE = "x" * 400_000
Json = Any


class Generous(Witness):
    """``read`` answers with a large text."""

    async def call(self, *words: Json, **named: Json) -> Json:
        value = await super().call(*words, **named)
        return {**value, "text": LARGE} if words[2] == "read" else value


def longest(stage: Stage) -> int:
    return max(len(encode(event.data)) for run in stage.ledger.runs.values() for event in run.events)


def data_of(stage: Stage, kind: str, path: str) -> dict[str, Json]:
    return next(event.data for event in stage.run.events if (event.kind, event.path) == (kind, path))


def read(id: str) -> Any:
    return call(id, tool="read", effect="read")


async def test_a_large_result_is_kept_elsewhere_and_read_again_after_a_wait() -> None:
    stage = Stage(
        plan(
            read("a"),
            approve("g"),
            call("b", args={"text": cel("a.text")}),
            ret("done", cel("size(a.text)", "a")),
        ),
        witness=Generous(),
    )
    ended = await stage.finish()
    assert (ended.state, ended.output) == ("succeeded", len(LARGE))
    about = data_of(stage, "step.succeeded", "a")
    assert "result" not in about
    content = stage.store.content[stage.run.lease.account_id, about["large"]["result"]["sha256"]]
    assert json.loads(content)["text"] == LARGE and about["large"]["result"]["bytes"] == len(content)
    assert longest(stage) < INLINE_BYTES
    # The call behind the wait got what was read before it, and its arguments are kept as well.
    assert data_of(stage, "step.succeeded", "b")["large"].keys() == {"args", "result"}
    assert stage.witness.reads == 1


async def test_a_small_result_stays_in_the_journal() -> None:
    stage = Stage(plan(read("a"), ret("done", cel("a.nonce"))))
    assert (await stage.finish()).output == 1
    assert "large" not in data_of(stage, "step.succeeded", "a") and stage.store.content == {}


@pytest.mark.parametrize("letter", ["x", "ä", "漢", "😀"])
async def test_the_limit_counts_bytes(letter: str) -> None:
    fits = letter * ((INLINE_BYTES - 200) // len(letter.encode()))
    for text, large in ((fits, False), (fits + letter * 200, True)):
        stage = Stage(plan(call("a"), ret("done", const(1))))
        stage.witness.seen[f"{stage.run.lease.run_id}/a"] = text
        assert (await stage.finish()).state == "succeeded"
        assert bool(stage.store.content) == large
        assert max(len(encode(event.data).encode()) for event in stage.run.events) <= INLINE_BYTES


async def test_a_value_that_follows_from_others_is_noted_by_its_size_and_computed_again() -> None:
    stage = Stage(
        plan(
            read("a"),
            let("twice", template(cel("a.text"), cel("a.text"))),
            approve("g"),
            ret("done", cel("size(twice)", "twice")),
        ),
        witness=Generous(),
    )
    assert (await stage.finish()).output == 2 * len(LARGE)
    assert data_of(stage, "step.succeeded", "twice")["large"] == {"result": {"bytes": 2 * len(LARGE) + 2}}
    assert len(stage.store.content) == 1


async def test_a_large_output_is_kept_elsewhere_and_reaches_the_run_that_waits_for_it() -> None:
    child = plan(read("a"), ret("done", cel("a")))
    stage = Stage(
        plan(run("c"), approve("g"), ret("done", cel("size(c.text)", "c"))),
        witness=Generous(),
        others={OTHER: child},
    )
    assert (await stage.finish()).output == len(LARGE)
    (born,) = stage.children
    assert born.output is None and born.output_artifact is not None
    answer = data_of(stage, "gate.answered", "c")
    assert answer["large"]["value"] == born.output_artifact.data() and "value" not in answer
    assert longest(stage) < INLINE_BYTES


async def test_a_return_out_of_a_branch_with_a_large_value_is_replayed() -> None:
    stage = Stage(plan(parallel("p", ret("done", template(const(LARGE))), read("other"))), witness=Generous())
    first = await stage.finish()
    assert (first.state, first.output) == ("succeeded", LARGE)
    assert data_of(stage, "scope.closed", "p")["large"].keys() == {"value"}
    assert await stage.invoke() == first  # as after a crash before the run's end was recorded


async def test_an_agents_large_turns_and_answers_are_read_again() -> None:
    talker = Talker([use("w__read"), use("w__write"), use_text(LARGE)])
    witness = Generous()
    stage = Stage(
        plan(agent("m", tool("read", effect="read"), tool()), approve("g"), ret("done", cel("size(m)", "m"))),
        witness=witness,
        talker=talker,
    )
    assert (await stage.finish()).output == len(LARGE)
    assert len(talker.heard) == 3 and witness.reads == 1
    assert longest(stage) < INLINE_BYTES
    assert data_of(stage, "step.succeeded", "m")["large"] == {"result": {"bytes": len(LARGE) + 2}}


def use_text(text: str) -> Any:
    from engine.model import Turn

    return Turn(text, (), "m", 10, 5, 0.0, True)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
async def test_an_artifact_that_is_missing_or_damaged_fails_the_run_whatever_catches(harm: str) -> None:
    stage = Stage(
        plan(
            call("undone", compensate=block_of(call("undo"))),
            parallel("p", read("a"), catches=(catch(call("caught")),)),
            approve("g"),
            call("after", args={"text": cel("a.text")}),
        ),
        witness=Generous(),
    )
    assert (await stage.invoke()).state == "waiting"
    ((place, content),) = stage.store.content.items()
    if harm == "missing":
        del stage.store.content[place]
    else:
        stage.store.content[place] = content.replace(b"x", b"y", 1)
    stage.answer_all()
    ended = await stage.invoke()
    assert ended.state == "failed" and ended.error is not None
    assert ended.error["code"] == "artifact_lost" and ended.error["step"] == "p.a"
    assert place[1] in ended.error["message"] and "backup" in ended.error["message"]
    assert stage.witness.order == ["undone", "undone~comp.undo"]
    assert stage.run.state == "failed"


def block_of(*steps: Any) -> Any:
    from tests.engine_run.kit import block

    return block(*steps)


async def test_more_than_a_person_could_look_at_is_no_approval() -> None:
    gate = approve("g", show=(("text", cel("a.text")),))
    stage = Stage(plan(read("a"), gate), witness=Generous())
    ended = await stage.finish()
    assert ended.state == "failed" and ended.error is not None
    assert ended.error["code"] == "invalid_arguments" and "262 kB" in ended.error["message"]


async def test_more_than_a_run_takes_is_not_handed_to_one() -> None:
    stage = Stage(
        plan(read("a"), run("c", args={"text": cel("a.text")})), witness=Generous(), others={OTHER: plan()}
    )
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "invalid_arguments"
    assert stage.children == []


async def test_an_error_as_long_as_a_page_is_cut() -> None:
    class Wordy(Witness):
        async def call(self, *_: Json, **__: Json) -> Json:
            from engine.effects import ToolError

            raise ToolError("broken", "<html>\0\ud800" * 100_000, "not_done")

    stage = Stage(plan(call("a")), witness=Wordy())
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "broken"
    assert ended.error["message"].endswith("... (cut off)") and "\0" not in ended.error["message"]
    assert longest(stage) < 20_000


async def test_a_store_that_does_not_work_fails_the_step_and_says_what_happened() -> None:
    from engine.artifacts import MemoryStore, StoreFailed

    class Full(MemoryStore):
        async def put(self, account_id: UUID, sha256: str, content: bytes) -> None:
            raise StoreFailed("No space is left.")

    stage = Stage(plan(read("a")), witness=Generous(), store=Full())
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "invalid_result"
    assert "The tool has done it" in ended.error["message"] and "No space is left." in ended.error["message"]


async def test_a_hash_is_of_the_very_bytes_that_are_kept() -> None:
    stage = Stage(plan(read("a")), witness=Generous())
    await stage.finish()
    ((place, content),) = stage.store.content.items()
    assert place[1] == digest(content)
