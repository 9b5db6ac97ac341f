"""``agent`` steps: what the model is told, what it may do, what it costs, and what is never done twice."""

from __future__ import annotations

from typing import Any

import pytest

from dsl import plan as p
from engine.model import Asked, Message, ModelError, ToolAnswer, ToolUse, Turn
from engine.runtime import Execution, unsupported
from engine.runtime.agents import NO_MODEL
from tests.engine_run.crasher import Crasher
from tests.engine_run.kit import (
    Crash,
    Stage,
    Talker,
    agent,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    plan,
    reap,
    ret,
    template,
    tool,
    use,
)

OPINION = {
    "type": "object",
    "properties": {"sure": {"type": "number"}, "why": {"type": "string"}},
    "required": ["sure"],
    "additionalProperties": False,
}


def code_of(ended: Execution) -> str:
    return str((ended.error or {}).get("code"))


def stage(step: p.PlanStep, *script: Any) -> Stage:
    return Stage(plan(step, ret("done", cel(step.id))), talker=Talker(list(script)))


async def test_a_model_is_told_what_the_text_says_and_its_words_are_the_step_s_value() -> None:
    here = stage(
        agent("g", system=const("Be kind."), prompt=template("Hello ", cel("input.name"))), Turn("hi")
    )
    here.given = {"name": "Ada"}
    assert (await here.finish()).output == "hi"
    assert here.talker is not None
    assert here.talker.heard == [[Message("system", "Be kind."), Message("user", "Hello Ada")]]
    assert here.talker.wanted == ["balanced"]


async def test_tools_are_called_under_keys_of_their_own_and_answer_the_model() -> None:
    several = (ToolUse("1", "w__write", '{"n": 1}'), ToolUse("2", "w__write", '{"n": 2}'))
    here = stage(agent("g", tool()), Turn("", several), Turn("done"))
    assert (await here.finish()).output == "done"
    assert here.witness.order == ["g~turn1.tool1", "g~turn1.tool2"]
    assert here.talker is not None
    assert here.talker.heard[1][1:] == [
        Asked("", several),
        ToolAnswer("1", '{"name": "g~turn1.tool1", "n": 1}'),
        ToolAnswer("2", '{"name": "g~turn1.tool2", "n": 2}'),
    ]
    assert [event for event in here.kinds() if "~turn" in event] == [
        "step.succeeded g~turn1",
        "step.succeeded g~turn1.tool1",
        "step.succeeded g~turn1.tool2",
        "step.succeeded g~turn2",
    ]


async def test_a_tool_has_a_name_that_models_take_and_no_key_to_fill_in() -> None:
    schema = {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "idempotency_key": {"type": "string"}},
        "required": ["x", "idempotency_key"],
    }
    odd = p.AgentTool(
        connector="a/b",
        tool="pay-out now",
        effect="write",
        honours_key=True,
        input_schema=schema,
        description="Pays.",
    )
    same = odd.model_copy(update={"tool": "pay-out.now"})
    here = stage(agent("g", odd, same), Turn("ok"))
    await here.finish()
    assert here.talker is not None
    first, second = here.talker.tools[0]
    assert (first.name, second.name) == ("a_b__pay-out_now", "a_b__pay-out_now_2")
    assert first.description == "Pays." and first.schema["required"] == ["x"]
    assert list(first.schema["properties"]) == ["x"]


async def test_what_goes_wrong_with_a_tool_is_told_to_the_model() -> None:
    wrong = (
        ToolUse("1", "nothing", "{}"),
        ToolUse("2", "w__bad", "{}"),
        ToolUse("3", "w__write", "{not json"),
        ToolUse("4", "w__write", "[1]"),
        ToolUse("5", "w__write", '{"x": NaN}'),
    )
    here = stage(agent("g", tool(), tool("bad")), Turn("", wrong), Turn("sorry"))
    assert (await here.finish()).output == "sorry"
    assert here.talker is not None
    answers = [part.text for part in here.talker.heard[1] if isinstance(part, ToolAnswer)]
    assert answers == [
        '{"error": "There is no tool \'nothing\'."}',
        '{"error": "never works", "code": "broken"}',
        *['{"error": "The arguments are not a JSON object."}'] * 3,
    ]
    assert here.witness.effects == {}


async def test_an_answer_of_the_wrong_shape_is_mended_twice_at_most() -> None:
    good = '```json\n{"sure": 1, "why": "so"}\n```'
    here = stage(agent("g", output_schema=OPINION), Turn("I think"), Turn('{"sure": "very"}'), Turn(good))
    ended = await here.finish()
    assert ended.output == {"sure": 1.0, "why": "so"} and isinstance(ended.output["sure"], float)
    assert here.talker is not None
    said = here.talker.heard[2][-1]
    assert isinstance(said, Message) and "sure: must be a number" in said.text
    here = stage(agent("g", output_schema=OPINION), *[Turn("no")] * 5)
    ended = await here.finish()
    assert code_of(ended) == "model_error" and "2 corrections" in (ended.error or {})["message"]


async def test_a_model_that_comes_to_no_end_is_stopped() -> None:
    here = stage(agent("g", tool(), max_turns=3), *[use("w__write")] * 9)
    assert code_of(await here.finish()) == "max_turns"
    assert here.talker is not None and len(here.talker.heard) == 3


async def test_a_model_that_costs_more_than_its_budget_is_stopped() -> None:
    step = agent("g", tool(), budget=const(0.25), max_turns=9)
    here = stage(step, use("w__write", cost=0.2), use("w__write", cost=0.04), use("w__write", cost=0.02))
    ended = await here.finish()
    assert code_of(ended) == "budget_exceeded" and "0.26" in (ended.error or {})["message"]
    assert here.witness.order == ["g~turn1.tool1", "g~turn2.tool1"]
    caught = agent(
        "g", budget=const(0), catches=(catch(codes=("budget_exceeded",), result=const("too dear")),)
    )
    assert (await stage(caught, Turn("x", cost_usd=0.1)).finish()).output == "too dear"


async def test_a_budget_that_is_no_number_fails_the_step() -> None:
    assert code_of(await stage(agent("g", budget=const("much")), Turn("x")).finish()) == "expression"


async def test_without_a_model_the_step_says_what_to_do() -> None:
    here = Stage(plan(agent("g")))
    assert (await here.finish()).error == {"code": "no_model", "message": NO_MODEL, "step": "g"}


async def test_a_failing_model_is_tried_again_for_that_turn_alone() -> None:
    step = agent("g", tool(), retry=p.Retry(max=2, backoff_ms=1, codes=("rate_limited",)))
    here = stage(step, use("w__write"), "rate_limited", "rate_limited", Turn("at last"))
    assert (await here.finish()).output == "at last"
    assert here.witness.order == ["g~turn1.tool1"]
    assert here.kinds().count("step.retrying g~turn2") == 2
    assert (
        code_of(await stage(step, "rate_limited", "rate_limited", "rate_limited").finish()) == "rate_limited"
    )
    ended = await stage(step, "refused", Turn("never")).finish()
    assert code_of(ended) == "model_error" and (ended.error or {})["message"] == "as the script says"


async def test_a_retry_waits_as_long_as_the_server_asked_for() -> None:
    step = agent("g", retry=p.Retry(max=1, backoff_ms=1))
    here = stage(step, ModelError("rate_limited", "not now", retry_after_s=0.05), Turn("at last"))
    assert (await here.finish()).output == "at last"
    assert [e.data["delay_ms"] for e in here.run.events if e.kind == "step.retrying"] == [50]


async def test_a_spent_budget_is_not_tried_again() -> None:
    step = agent("g", retry=p.Retry(max=5, backoff_ms=1))
    here = stage(step, "budget", Turn("never"))
    ended = await here.finish()
    assert code_of(ended) == "budget_exceeded"
    assert here.talker is not None and len(here.talker.heard) == 1


async def test_a_tool_that_needs_a_yes_is_never_called_by_a_model() -> None:
    dangerous = agent("g", tool(dangerous=True))
    assert [path for path, _ in unsupported(plan(dangerous))] == ["g"]
    here = Stage(
        plan(approve("gate", guards=("g",)), dangerous), talker=Talker([use("w__write"), Turn("never")])
    )
    await here.invoke()
    assert here.run.approvals["gate"].effects == [
        {"path": "g", "connector": "w", "tool": "write", "arguments": None, "pending": ["model"]}
    ]
    assert code_of(await here.finish()) == "not_approved"
    assert here.witness.effects == {}


async def test_after_a_no_a_model_may_still_read_and_nothing_else() -> None:
    gate = approve("gate", guards=("g",), on_reject=block())
    both = agent("g", tool(), tool("read", effect="read"))
    here = Stage(plan(gate, both), talker=Talker([use("w__read"), use("w__write"), Turn("never")]))
    ended = await here.finish(lambda open_: dict.fromkeys(open_, "rejected"))
    assert code_of(ended) == "not_approved"
    assert (here.witness.reads, here.witness.effects) == (1, {})


async def test_a_tool_whose_outcome_nobody_knows_stops_the_run_for_a_person() -> None:
    for name, honours in (("lost", False), ("blind", False)):
        here = stage(agent("g", tool(name, honours=honours)), use(f"w__{name}"), Turn("on"))
        if name == "lost":
            assert (await here.finish()).state == "needs_review"
            continue
        counting = Crasher(here, None)
        await here.finish()
        ends = []
        for at in range(1, counting.places + 1):
            here = stage(agent("g", tool(name, honours=honours)), use(f"w__{name}"), Turn("on"))
            dying = Crasher(here, at)
            with pytest.raises((Crash, ExceptionGroup)):
                await here.finish()
            await reap()
            dying.revive()
            ends.append(here.run.state if here.run.state != "running" else (await here.finish()).state)
            assert here.witness.effects["g~turn1.tool1"] <= 1
        assert ends.count("needs_review") == 4 and set(ends) == {"succeeded", "needs_review"}


async def test_a_conversation_goes_on_behind_the_last_recorded_turn() -> None:
    """A crash costs at most the one turn that was not recorded: no other is asked for again."""
    script = (use("w__write"), use("w__write"), use("w__write"), Turn("end"))
    calm = stage(agent("g", tool()), *script)
    counting = Crasher(calm, None)
    await calm.finish()
    for at in range(1, counting.places + 1):
        here = stage(agent("g", tool()), *script)
        dying = Crasher(here, at)
        with pytest.raises((Crash, ExceptionGroup)):
            await here.finish()
        await reap()
        dying.revive()
        if here.run.state == "running":
            assert (await here.finish()).output == "end"
        assert here.talker is not None and len(here.talker.heard) <= 5, at
        assert here.witness.effects == calm.witness.effects, at


async def test_a_model_is_stopped_when_the_step_s_time_is_up() -> None:
    step = agent("g", tool(), timeout_ms=1, catches=(catch(codes=("timeout",), result=const("late")),))
    here = stage(step, *[use("w__write")] * 7, Turn("never"))
    here.witness.yields = lambda _: 2000
    assert (await here.finish()).output == "late"
    assert len(here.witness.effects) <= 1
    assert call("x").id == "x"


async def test_what_was_kept_from_the_model_is_told_in_the_run_without_it() -> None:
    told = "1 card number was not sent to the model."
    here = stage(agent("g"), Turn("done", withheld=told))
    assert (await here.finish()).output == "done"
    (turn,) = (event for event in here.run.events if event.path == "g~turn1")
    assert turn.data["withheld"] == told
    assert "withheld" not in turn.data["result"]
