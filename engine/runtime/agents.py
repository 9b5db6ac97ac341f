"""``agent``: a model that may call tools, turn by turn, until it gives an answer that fits.

What the model says in turn n is journaled under ``path~turn<n>``, what a tool it asked for answers under
``path~turn<n>.tool<m>``: after a crash the conversation is rebuilt from the journal and goes on behind the last thing
that was recorded. Tools are called as by any other step, with a key of their own, and a call whose outcome nobody
knows stops the run for a person. A tool that fails is no failure of the step: the model is told.

A tool that needs an approval is never called from here. A person approves arguments, and a model chooses them later;
so the step fails with "not_approved", whatever was approved before it. After a no, every tool that writes is refused.

A call of the model that fails is tried again by the step's ``retry``, that one turn and not the whole conversation.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

from dsl import coerce, validate_input
from dsl.plan import Agent, AgentTool, PlanStep, ToolCall
from engine.effects import DEFAULT_TIMEOUT_S, backoff_ms
from engine.journal import Done
from engine.model.error import ModelError, NoModel
from engine.model.message import Message
from engine.model.turn import Asked, Part, ToolAnswer, ToolSpec, ToolUse, Turn
from engine.runtime.calls import effect, known, settled, stubbed
from engine.runtime.outcome import Failure
from engine.runtime.scope import Scope
from engine.runtime.state import State
from engine.runtime.tokens import Branch
from engine.runtime.trial import NO_STUB, stub
from engine.strict import NotJson, encode

Json: TypeAlias = Any

REPAIRS = 2
"""How often a model may mend an answer that does not fit."""
MOST_USES = 32
"""Tools that a model may ask for in one turn."""
LONGEST_ANSWER = 50_000
"""Characters of a tool's answer that the model gets to see."""
KEY_ARGUMENT = "idempotency_key"

NO_MODEL = "No language model is connected. Connect one, as docs/models.md says, then start again."


async def agent(state: State, step: PlanStep, do: Agent, scope: Scope, branch: Branch, path: str) -> Json:
    """The model's answer: a value of the ``output`` type, or its text where there is none.

    Fails with "no_model", "rate_limited", "model_error", "max_turns", "budget_exceeded" or "not_approved"."""
    if (recorded := known(state, path)) is not None and not recorded.derived:
        return recorded.value
    return await _Conversation(state, step, do, scope, branch, path).answer()


class _Conversation:
    def __init__(
        self, state: State, step: PlanStep, do: Agent, scope: Scope, branch: Branch, path: str
    ) -> None:
        self._state = state
        self._step = step
        self._do = do
        self._branch = branch
        self._path = path
        self._model = str(state.compute(do.model, scope, path))
        self._budget = (
            None if do.budget is None else _dollars(state, state.compute(do.budget, scope, path), path)
        )
        self._tools = {name: tool for name, tool in zip(_names(do.tools), do.tools, strict=True)}
        self._parts: list[Part] = list(_opening(state, do, scope, path))
        self._cost = 0.0

    async def answer(self) -> Json:
        repairs = 0
        for number in range(1, self._do.max_turns + 1):
            turn = await self._turn(f"{self._path}~turn{number}")
            self._cost += turn.cost_usd
            if self._budget is not None and self._cost > self._budget:
                said = f"The model has cost {self._cost:.6g} US dollars; the budget is {self._budget:g}."
                raise self._state.failed(self._path, "budget_exceeded", said)
            if turn.uses:
                self._parts.append(Asked(turn.text, turn.uses))
                for place, use in enumerate(turn.uses, 1):
                    told = await self._use(use, f"{self._path}~turn{number}.tool{place}")
                    self._parts.append(ToolAnswer(use.id, told))
                continue
            value, problem = _read(turn.text, self._do.output_schema)
            if problem is None:
                return value
            if repairs == REPAIRS:
                said = f"The model's answer does not fit, also after {REPAIRS} corrections: {problem}"
                raise self._state.failed(self._path, "model_error", said)
            repairs += 1
            self._parts += [
                Message("assistant", turn.text or "(nothing)"),
                Message("user", f"Your answer does not fit: {problem} Answer again, with JSON alone."),
            ]
        said = f"The model came to no answer within {self._do.max_turns} turns."
        raise self._state.failed(self._path, "max_turns", said)

    async def _value(self, recorded: Done, place: str) -> Json:
        if recorded.artifact is None:
            return recorded.value
        return await self._state.journal.fetch(recorded.artifact, place)

    async def _turn(self, place: str) -> Turn:
        state, journal, branch = self._state, self._state.journal, self._branch
        try:
            if (recorded := known(state, place)) is not None:
                return _turn_of(await self._value(recorded, place))
        except Failure as failure:
            raise state.failed(self._path, failure.code, failure.message) from None
        await state.tokens.barrier(branch)
        branch.check()
        if state.world.models is None:
            raise state.failed(self._path, "no_model", NO_MODEL)
        tools = [ToolSpec(name, tool.description, _shown(tool)) for name, tool in self._tools.items()]
        attempt = 1
        if (again := journal.retrying.get(place)) is not None:
            attempt = int(again.data["attempt"]) + 1
            await state.tokens.pause(branch, again.at + again.data["delay_ms"] / 1000 - state.world.clock())
        while True:
            began = state.world.clock()
            state.world.calling(place, attempt)
            try:
                turn = await state.world.models.turn(
                    journal.lease.account_id, journal.lease.run_id, self._model, self._parts, tools
                )
                if len(turn.uses) > MOST_USES:
                    raise ModelError("bad_answer", f"The model asked for {len(turn.uses)} tools at once.")
                data = {"result": _data_of(turn), "attempt": attempt}
                data["ms"] = int(max(state.world.clock() - began, 0.0) * 1000)
                if turn.withheld:
                    data["withheld"] = turn.withheld
                durable = journal.record("step.succeeded", place, data)
            except NoModel:
                raise state.failed(self._path, "no_model", NO_MODEL) from None
            except (ModelError, NotJson) as error:
                await self._failed(place, error, attempt)
                attempt += 1
                continue
            await durable
            return turn

    async def _failed(self, place: str, error: ModelError | NotJson, attempt: int) -> None:
        """Wait for the next try. Raises ``Failure`` when there is none."""
        state, retry = self._state, self._step.retry
        code = _code(error)
        message = error.message if isinstance(error, ModelError) else f"The model's words hold {error}."
        problem = {"code": code, "message": message, "step": self._path}
        over = retry is None or attempt > retry.max or code == "budget_exceeded"
        if retry is None or over or (retry.codes and code not in retry.codes):
            said = {"error": problem, "attempt": attempt, "final": True}
            await state.journal.record("step.failed", place, said)
            raise state.failed(self._path, code, message)
        delay = backoff_ms(retry, attempt, state.world.chance())
        if isinstance(error, ModelError) and error.retry_after_s is not None:
            delay = max(delay, int(error.retry_after_s * 1000))
        data = {"attempt": attempt, "delay_ms": delay, "error": problem}
        await state.journal.record("step.retrying", place, data)
        await state.tokens.pause(self._branch, delay / 1000)

    async def _use(self, use: ToolUse, place: str) -> str:
        """What the tool said, for the model. Raises ``Failure`` where the step must not go on, and ``Review``."""
        state = self._state
        tool = self._tools.get(use.name)
        if tool is None:
            return _told({"error": f"There is no tool {use.name!r}."})
        try:
            args = json.loads(use.arguments or "{}")
            encode(args)
        except (ValueError, RecursionError):
            args = None
        if not isinstance(args, dict):
            return _told({"error": "The arguments are not a JSON object."})
        args.pop(KEY_ARGUMENT, None)
        called = f"{tool.connector}.{tool.tool}"
        try:
            if (recorded := known(state, place)) is not None:
                return _told(await self._value(recorded, place))
        except Failure as failure:
            return _told({"error": failure.message, "code": failure.code})
        do = ToolCall(
            connector=tool.connector,
            tool=tool.tool,
            args={},
            effect=tool.effect,
            honours_key=tool.honours_key,
        )
        await settled(state, do, self._branch, place)
        self._branch.check()
        if tool.dangerous or (tool.effect == "write" and state.is_refused(self._step.path, self._path)):
            why = "needs a person's yes to its very arguments" if tool.dangerous else "was not approved"
            said = f"{called} {why}; a model cannot call it here, and nothing was sent. Call it in a step of its own."
            raise state.failed(self._path, "not_approved", said)
        try:
            key = f"{state.run_id}/{place}"
            if tool.effect == "write":
                given = stub(state, self._step, tool.connector, tool.tool)
                if given is not NO_STUB:
                    return _told(await stubbed(state, do, args, key, given, place))
            return _told(await effect(state, do, args, key, DEFAULT_TIMEOUT_S, None, self._branch, place))
        except Failure as failure:
            return _told({"error": failure.message, "code": failure.code})


def _code(error: ModelError | NotJson) -> str:
    match error:
        case ModelError(code="rate_limited"):
            return "rate_limited"
        case ModelError(code="budget"):
            return "budget_exceeded"
        case _:
            return "model_error"


def _dollars(state: State, value: Json, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise state.failed(path, "expression", "`budget` needs a number of US dollars.")
    return float(value)


def _opening(state: State, do: Agent, scope: Scope, path: str) -> list[Message]:
    system = "" if do.system is None else str(state.compute(do.system, scope, path))
    prompt = "" if do.prompt is None else str(state.compute(do.prompt, scope, path))
    if do.output_schema is not None:
        schema = json.dumps(do.output_schema, sort_keys=True, ensure_ascii=False)
        wanted = f"When you are done, answer with JSON alone, that fits this JSON Schema:\n{schema}"
        system = f"{system}\n\n{wanted}" if system else wanted
    opening = [Message("system", system)] if system else []
    return [*opening, Message("user", prompt or "Begin.")]


def _names(tools: tuple[AgentTool, ...]) -> list[str]:
    """Names that every provider takes (letters, digits, _ and -, 64 of them), no two the same."""
    names: list[str] = []
    for tool in tools:
        name = plain = re.sub(r"[^A-Za-z0-9_-]", "_", f"{tool.connector}__{tool.tool}")[:60]
        number = 2
        while name in names:
            name, number = f"{plain}_{number}", number + 1
        names.append(name)
    return names


def _shown(tool: AgentTool) -> dict[str, Json]:
    """The arguments as the model sees them: the engine gives the key, not the model."""
    schema = dict(tool.input_schema)
    properties = schema.get("properties")
    if isinstance(properties, dict) and KEY_ARGUMENT in properties:
        schema["properties"] = {name: one for name, one in properties.items() if name != KEY_ARGUMENT}
        schema["required"] = [name for name in schema.get("required", ()) if name != KEY_ARGUMENT]
    return schema


def _read(text: str, schema: dict[str, Json] | None) -> tuple[Json, str | None]:
    """The answer, and what is wrong with it."""
    if schema is None:
        return text, None
    fenced = re.fullmatch(r"\s*```[a-zA-Z]*\n(.*)\n?```\s*", text, re.DOTALL)
    try:
        value = json.loads(fenced.group(1) if fenced else text)
        encode(value)
    except (ValueError, RecursionError):
        return None, "It is not JSON."
    value = coerce(value, schema)
    problems = validate_input(value, schema)
    return value, "; ".join(map(str, problems[:5])) + "." if problems else None


def _told(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_ANSWER else f"{text[:LONGEST_ANSWER]} ... (cut off)"


def _data_of(turn: Turn) -> dict[str, Json]:
    uses = [{"id": use.id, "name": use.name, "arguments": use.arguments} for use in turn.uses]
    spent = {"tokens_in": turn.tokens_in, "tokens_out": turn.tokens_out, "cost_usd": turn.cost_usd}
    return {"text": turn.text, "uses": uses, "model": turn.model, **spent, "priced": turn.priced}


def _turn_of(data: dict[str, Json]) -> Turn:
    uses = tuple(ToolUse(use["id"], use["name"], use["arguments"]) for use in data["uses"])
    return Turn(
        data["text"],
        uses,
        data["model"],
        data["tokens_in"],
        data["tokens_out"],
        data["cost_usd"],
        data["priced"],
    )
