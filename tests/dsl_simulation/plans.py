"""Random plans of every kind that the engine runs, with results that decide where they go."""

from __future__ import annotations

from random import Random
from typing import Any

from dsl import plan as p
from tests.engine_run.kit import (
    agent,
    approve,
    block,
    catch,
    cel,
    const,
    do,
    fail,
    foreach,
    hear,
    iff,
    let,
    parallel,
    plan,
    ret,
    run,
    step,
    template,
)

ANSWER = {
    "type": "object",
    "properties": {
        "flag": {"type": "boolean"},
        "amount": {"type": "number"},
        "kind": {"type": "string", "enum": ["a", "b"]},
    },
    "required": ["flag", "amount", "kind"],
}


def tool(id: str, *, write: bool = True, honours: bool = True, args: Any = None, **rest: Any) -> p.PlanStep:
    made = p.ToolCall(
        connector="w",
        tool="write" if write else "read",
        args=args or {},
        effect="write" if write else "read",
        honours_key=honours,
        output_schema=ANSWER,
    )
    return step(id, made, **rest)


class Builder:
    def __init__(self, seed: int, agents: bool = False) -> None:
        self.random = Random(seed)
        self.agents = agents
        self._count = 0
        self._waits = 0
        self.crowded = False
        """Whether rounds happen side by side: nobody can tell then whose turn of which model is asked for."""
        self.races = False
        self.strict = True
        """Whether nothing happens side by side, so that the order of all effects is known."""

    def plan(self) -> p.Plan:
        return plan(*self.steps(3), self.ending())

    def ending(self) -> p.PlanStep:
        if self.random.random() < 0.2:
            return fail(self.id(), "on_purpose")
        return ret(self.id(), const("end"))

    def id(self) -> str:
        self._count += 1
        return f"s{self._count}"

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def steps(self, depth: int) -> list[p.PlanStep]:
        return [self.one(depth) for _ in range(self.random.randint(1, 3))]

    def call(self) -> p.PlanStep:
        rest: dict[str, Any] = {}
        if self.chance(0.3):
            rest["compensate"] = block(tool(self.id()))
        if self.chance(0.2):
            rest["retry"] = p.Retry(max=1, backoff_ms=1, codes=("busy",) if self.chance(0.5) else ())
        if self.chance(0.2):
            rest["catches"] = (catch(tool(self.id()), codes=("broken",) if self.chance(0.5) else ()),)
        return tool(self.id(), write=self.chance(0.8), honours=self.chance(0.85), **rest)

    def model(self) -> p.PlanStep:
        """A step's id is the name of its model, so that a conversation is known by it."""
        id = self.id()
        tools = [
            p.AgentTool(connector="w", tool="write", effect="write", honours_key=self.chance(0.8)),
            p.AgentTool(connector="w", tool="read", effect="read", honours_key=False),
        ]
        rest: dict[str, Any] = {"budget": const(1)} if self.chance(0.5) else {}
        rest |= {"output_schema": ANSWER, "max_turns": self.random.choice((1, 3, 4))}
        if self.chance(0.3):
            rest["retry"] = p.Retry(max=1, backoff_ms=1, codes=("rate_limited",))
        if self.chance(0.6):
            codes = self.random.choice(((), ("max_turns",), ("budget_exceeded", "rate_limited")))
            rest["catches"] = (catch(tool(self.id()), codes=codes),)
        if self.chance(0.3):
            rest["compensate"] = block(tool(self.id()))
        return agent(id, *tools, model=const(id), **rest)

    def one(self, depth: int) -> p.PlanStep:
        kinds = ["call"] * 4 + ["let", "decide", "decide", "return", "fail"]
        if self._waits < 3:
            kinds += ["approve"] * 2 + ["wait", "event", "run"]
        if depth > 0:
            kinds += [
                "parallel",
                "any",
                "settle",
                "foreach",
                "foreach",
                "while",
                "until",
                "retried",
                "timed",
            ] * 2
            kinds += ["caught", "do", "switch"]
        if self.agents and not self.crowded:
            kinds += ["agent"] * 5
        kind = self.random.choice(kinds)
        inner = depth - 1
        match kind:
            case "call":
                return self.call()
            case "agent":
                return self.model()
            case "let":
                return let(self.id(), template("t", const(1)))
            case "decide":
                asked, test = self.id(), self.random.choice(("flag", "amount > 10.0", "kind == 'b'"))
                then = block(*self.steps(max(inner, 0)), result=const(1))
                other = block(self.call()) if self.chance(0.5) else None
                return do(
                    self.id(),
                    tool(asked, write=False),
                    iff(self.id(), cel(f"{asked}.{test}", asked), then, other),
                )
            case "return" if depth < 3 and self.chance(0.5):
                return ret(self.id(), const("early"))
            case "fail" if depth < 3 and self.chance(0.5):
                return fail(self.id(), "broken")
            case "return" | "fail":
                return self.call()
            case "approve":
                self._waits += 1
                rest: dict[str, Any] = {}
                if self.chance(0.6):
                    rest["on_reject"] = block(self.call())
                if self.chance(0.6):
                    rest["on_timeout"] = block(self.call(), result=const("late"))
                return approve(self.id(), within_ms=self.random.choice((60_000, 90_000)), **rest)
            case "wait":
                self._waits += 1
                return step(self.id(), p.Wait(ms=self.random.choice((30_000, 70_000))))
            case "event":
                self._waits += 1
                id = self.id()
                if self.chance(0.5):
                    return hear(id, f"e{id}", cel("event.ok", "event"), timeout_ms=80_000)
                return hear(id, f"e{id}")
            case "run":
                self._waits += 1
                return run(self.id(), catches=(catch(self.call()),) if self.chance(0.5) else ())
            case "parallel":
                self.strict = False
                branches = [do(self.id(), *self.steps(inner)) for _ in range(2)]
                if self.chance(0.5):
                    branches.append(tool(self.id(), after=(branches[0].id,)))
                return parallel(self.id(), *branches)
            case "any":
                self.strict, self.races = False, True
                racers = [do(self.id(), *self.steps(0), result=const(1)), do(self.id(), self.call())]
                if self.chance(0.4):
                    racers.append(do(self.id(), self.call(), result=const(2), after=(racers[1].id,)))
                return parallel(self.id(), *racers, join="any")
            case "settle":
                self.strict = False
                return parallel(
                    self.id(), do(self.id(), *self.steps(inner)), do(self.id(), self.call()), join="settle"
                )
            case "foreach":
                many = self.random.randint(1, 2)
                self.strict = self.strict and many == 1
                items = const(list(range(self.random.randint(0, 2))))
                was, self.crowded = self.crowded, self.crowded or many > 1
                body = self.steps(inner)
                self.crowded = was
                return foreach(self.id(), items, *body, concurrency=many, result=cel("item"))
            case "while":
                id, asked = self.id(), self.id()
                test = cel(f"{id}.count < 3 && acc", id, "acc")
                body = block(*self.steps(inner), tool(asked, write=False), result=cel(f"{asked}.flag", asked))
                made = p.Loop(carry="acc", initial=const(True), mode="while", test=test, max=2, block=body)
                return step(id, made, catches=(catch(self.call(), codes=("exhausted",)),))
            case "until":
                id, asked = self.id(), self.id()
                body = block(tool(asked, write=False), result=cel(f"{asked}.flag", asked))
                return step(id, p.Loop(mode="until", test=cel(f"{id}.last", id), max=2, block=body))
            case "retried":
                again = p.Retry(max=1, backoff_ms=1)
                return do(self.id(), *self.steps(inner), self.call(), retry=again)
            case "timed":
                body = [*self.steps(inner), *self.steps(0)]
                caught = (catch(self.call(), codes=("timeout",)),) if self.chance(0.7) else ()
                return do(self.id(), *body, timeout_ms=50_000, catches=caught)
            case "caught":
                return do(self.id(), *self.steps(inner), catches=(catch(self.call()),))
            case "switch":
                asked = self.id()
                arms = (
                    p.Arm(tests=(const("a"),), block=block(self.call(), result=const("was a")), label="a"),
                    p.Arm(tests=(const("b"),), block=block(*self.steps(inner)), label="b"),
                )
                chosen = step(self.id(), p.Switch(subject=cel(f"{asked}.kind", asked), arms=arms))
                return do(self.id(), tool(asked, write=False), chosen)
            case _:
                return do(self.id(), *self.steps(inner))
