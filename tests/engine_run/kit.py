"""Plans by hand, a toolset that remembers every effect, and a run that can be crashed at any write."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from dsl import plan as p
from engine.artifacts import MemoryStore, Shelf
from engine.effects import ToolError
from engine.journal import Answer, Journal, Lease
from engine.memory import MemoryLedger, MemoryRun
from engine.model import Asked, ModelError, ModelErrorCode, Part, ToolSpec, ToolUse, Turn
from engine.runtime import Execution, Invocation, Program, Trial, World, compile_plan

Json = Any


class Crash(BaseException):
    """The process is gone: nothing after this happens."""


def cel(source: str, *names: str) -> p.CelExpr:
    return p.CelExpr(source=source, names=names or (re.split(r"\W", source)[0],))


def const(value: Json) -> p.ConstantExpr:
    return p.ConstantExpr(value=value)


def template(*parts: Any) -> p.TemplateExpr:
    return p.TemplateExpr(parts=parts)


def step(id: str, do: Any, **clauses: Any) -> p.PlanStep:
    """Paths are given by ``plan``."""
    return p.PlanStep(id=id, path=id, label=id, do=do, **clauses)


def call(
    id: str, tool: str = "write", honours: bool = True, effect: str = "write", **rest: Any
) -> p.PlanStep:
    args = rest.pop("args", {})
    do = p.ToolCall(
        connector="w",
        tool=tool,
        args={name: value if hasattr(value, "kind") else const(value) for name, value in args.items()},
        effect=effect,
        honours_key=honours,
    )
    return step(id, do, **rest)


def block(*steps: p.PlanStep, result: Any = None) -> p.Block:
    return p.Block(steps=steps, result=result)


def iff(id: str, test: Any, then: p.Block, otherwise: p.Block | None = None, **rest: Any) -> p.PlanStep:
    arm = p.Arm(tests=(test,), block=then, label="if")
    return step(id, p.If(arms=(arm,), otherwise=otherwise), **rest)


def approve(id: str, within_ms: int = 60_000, **rest: Any) -> p.PlanStep:
    clauses = {name: rest.pop(name) for name in ("catches", "after", "timeout_ms") if name in rest}
    by = (p.Approver(by="role", name=const("manager")),)
    return step(id, p.Approve(approvers=by, within_ms=within_ms, **rest), **clauses)


def parallel(id: str, *steps: p.PlanStep, join: str = "all", result: Any = None, **rest: Any) -> p.PlanStep:
    return step(id, p.Parallel(join=join, block=block(*steps, result=result)), **rest)


def do(id: str, *steps: p.PlanStep, result: Any = None, **rest: Any) -> p.PlanStep:
    return step(id, p.Do(block=block(*steps, result=result)), **rest)


def foreach(id: str, items: Any, *steps: p.PlanStep, concurrency: int = 1, result: Any = None) -> p.PlanStep:
    inner = block(*steps, result=result)
    return step(id, p.Foreach(variable="item", items=items, concurrency=concurrency, block=inner))


def let(id: str, value: Any) -> p.PlanStep:
    return step(id, p.Let(value=value))


def ret(id: str, value: Any) -> p.PlanStep:
    return step(id, p.Return(value=value))


def fail(id: str, code: str) -> p.PlanStep:
    return step(id, p.Fail(code=code, message=const("on purpose")))


def catch(*steps: p.PlanStep, codes: tuple[str, ...] = (), result: Any = None) -> p.Catch:
    return p.Catch(codes=codes, variable="e", block=block(*steps, result=result))


OTHER = "00000000-0000-7000-8000-000000000001"
"""The version that ``run`` steps start by default."""


def run(id: str, workflow: str = "other", **rest: Any) -> p.PlanStep:
    args = {
        name: value if hasattr(value, "kind") else const(value)
        for name, value in rest.pop("args", {}).items()
    }
    return step(id, p.RunWorkflow(workflow=workflow, args=args), **rest)


def hear(id: str, name: str = "go", when: Any = None, **rest: Any) -> p.PlanStep:
    return step(id, p.Wait(event=name, when=when), **rest)


def pinned(name: str = "other", version: str = OTHER, **rest: Any) -> p.WorkflowPin:
    return p.WorkflowPin(
        workflow=name, version=version, input_schema=rest.pop("schema", {"type": "object"}), **rest
    )


def plan(
    *steps: p.PlanStep, result: Any = None, workflows: tuple[p.WorkflowPin, ...] | None = None
) -> p.Plan:
    body = _placed(block(*steps, result=result), "")
    known = (pinned(), pinned("test", "")) if workflows is None else workflows
    return p.Plan(workflow="test", input_schema={"type": "object"}, workflows=known, body=body)


def _placed(inner: p.Block, under: str) -> p.Block:
    return inner.model_copy(update={"steps": tuple(_step_placed(one, under) for one in inner.steps)})


def _step_placed(one: p.PlanStep, under: str) -> p.PlanStep:
    path = f"{under}.{one.id}" if under else one.id
    do_: Any = one.do
    match do_:
        case p.If() | p.Switch():
            arms = tuple(arm.model_copy(update={"block": _placed(arm.block, path)}) for arm in do_.arms)
            otherwise = None if do_.otherwise is None else _placed(do_.otherwise, path)
            do_ = do_.model_copy(update={"arms": arms, "otherwise": otherwise})
        case p.Approve():
            branches = {"on_reject": do_.on_reject, "on_timeout": do_.on_timeout}
            placed = {name: None if b is None else _placed(b, path) for name, b in branches.items()}
            do_ = do_.model_copy(update=placed)
        case p.Parallel() | p.Do() | p.Foreach() | p.Loop():
            do_ = do_.model_copy(update={"block": _placed(do_.block, path)})
    catches = tuple(
        c.model_copy(update={"block": _placed(c.block, f"{path}~catch{n}")})
        for n, c in enumerate(one.catches)
    )
    undo = None if one.compensate is None else _placed(one.compensate, f"{path}~comp")
    return one.model_copy(update={"path": path, "do": do_, "catches": catches, "compensate": undo})


@dataclass
class Witness:
    """Tools: ``write`` (an effect once a key), ``blind`` (an effect each time), ``read`` (another answer each time),
    ``flaky`` (fails its first tries), ``bad`` (fails). Every effect is counted by its key. ``hold`` makes a call
    wait for an event."""

    effects: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    seen: dict[str, Json] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    reads: int = 0
    entered: set[str] = field(default_factory=set)
    hold: dict[str, asyncio.Event] = field(default_factory=dict)
    yields: Callable[[str], int] = lambda _: 1
    hold_here: asyncio.Event | None = None
    """What the call that has just begun waits for."""

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
        name = key.split("/", 1)[-1]
        self.entered.add(name)
        if name in self.hold:
            await self.hold[name].wait()
        for _ in range(self.yields(name)):
            await asyncio.sleep(0)
        if (hold := self.hold_here) is not None:
            self.hold_here = None
            await hold.wait()
        self.before(f"effect {name}")
        self.tries[name] += 1
        match tool:
            case "flaky" if self.tries[name] <= int(args.get("fails", 2)):
                raise ToolError("unavailable", "not now", "not_done")
            case "bad":
                raise ToolError("broken", "never works", "not_done")
            case "lost":
                raise ToolError("timeout", "no answer", "unknown")
        if tool == "read":
            self.reads += 1
            value = {"name": name, "nonce": self.reads, **args}
        else:
            if tool == "blind" or key not in self.seen:
                self.effects[name] += 1
                self.order.append(name)
            value = self.seen.setdefault(key, {"name": name, **args})
        self.after(f"effect {name}")
        return value


@dataclass
class Talker:
    """A model that follows a script: its n-th turn of a conversation is the n-th line; an error, or its code,
    instead of a line is raised once, the line behind it comes with the next try. ``heard`` keeps every
    conversation it was given."""

    script: list[Turn | ModelErrorCode | ModelError]
    heard: list[list[Part]] = field(default_factory=list)
    tools: list[list[ToolSpec]] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    raised: set[int] = field(default_factory=set)

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        self.before("model")
        await asyncio.sleep(0)
        self.heard.append(list(parts))
        self.tools.append(list(tools))
        self.wanted.append(wanted)
        number = sum(isinstance(part, Asked) or getattr(part, "role", "") == "assistant" for part in parts)
        for place, line in enumerate(self.script):
            if not isinstance(line, Turn):
                if number == 0 and place not in self.raised:
                    self.raised.add(place)
                    raise line if isinstance(line, ModelError) else ModelError(line, "as the script says")
                continue
            if number == 0:
                self.after("model")
                return line
            number -= 1
        raise AssertionError("the script is over")


def use(name: str, arguments: str = "{}", cost: float = 0.0) -> Turn:
    return Turn("", (ToolUse(f"id-{name}", name, arguments),), "m", 10, 5, cost, True)


def agent(id: str, *tools: p.AgentTool, **rest: Any) -> p.PlanStep:
    named = {name: rest.pop(name) for name in list(rest) if name in p.Agent.model_fields}
    given = {"model": const("balanced"), "prompt": const("Do it."), **named}
    return step(id, p.Agent(tools=tools, **given), **rest)


def tool(name: str = "write", honours: bool = True, effect: str = "write", **rest: Any) -> p.AgentTool:
    return p.AgentTool(connector="w", tool=name, effect=effect, honours_key=honours, **rest)


_compiled: OrderedDict[int, tuple[p.Plan, Program]] = OrderedDict()


def compiled(plan: p.Plan) -> Program:
    """The plan's program; one plan is compiled once however many runs it has."""
    kept = _compiled.get(id(plan))
    if kept is None:
        kept = _compiled[id(plan)] = (plan, compile_plan("hash", plan))
        if len(_compiled) > 64:
            _compiled.popitem(last=False)
    return kept[1]


@dataclass
class Stage:
    """One run of one plan, with what it needs to be invoked again and again. ``others``: the plans that its ``run``
    steps start, by version. ``happens``: events that are published whenever nothing else can go on. ``trial``: the
    settings of a test."""

    plan: p.Plan
    given: Json = field(default_factory=dict)
    witness: Witness = field(default_factory=Witness)
    now: float = 1_800_000_000.0
    ledger: MemoryLedger = field(init=False)
    program: Program = field(init=False)
    run: MemoryRun = field(init=False)
    chance: Callable[[], float] = lambda: 0.0
    others: dict[str, p.Plan] = field(default_factory=dict)
    happens: list[tuple[str, Json]] = field(default_factory=list)
    talker: Talker | None = None
    trial: Trial | None = None
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(lambda: self.now)
        self.program = compiled(self.plan)
        self.run = self.ledger.accept(Lease(uuid4(), uuid4(), uuid4(), "r0", 0))

    @property
    def children(self) -> list[MemoryRun]:
        return [run for run in self.ledger.runs.values() if run is not self.run]

    def invocation(
        self, owner: str = "r1", cancelled: bool = False, run: MemoryRun | None = None
    ) -> Invocation:
        run = run or self.run
        program, given = self.program, self.given
        if run is not self.run:
            program = compiled(self.others[run.version]) if run.version else self.program
            given = run.input
        lease = self.ledger.claim(run.lease.run_id, owner)
        world = World(self.witness, lambda: self.now, self.chance, models=self.talker)
        journal = Journal(lease, self.ledger, run.events, Shelf(self.store, pauses_s=()))
        trial = self.trial if run is self.run else None
        return Invocation(program, journal, world, given, cancelled or run.stopping, trial)

    async def invoke(self, **rest: Any) -> Execution:
        async with asyncio.timeout(10):
            return await self.invocation(**rest).run()

    async def finish(self, answers: Callable[[list[str]], dict[str, str]] | None = None) -> Execution:
        """Invoke until the run has its end, answering gates as ``answers`` says (all approved by default)."""
        while True:
            ended = await self.invoke()
            if ended.state != "waiting":
                return ended
            if not await self.carry_children() and not self.answer_all(answers):
                for name, payload in self.happens:
                    self.ledger.publish(name, payload)

    async def carry_children(self) -> bool:
        """Invoke every run that was started and can go on; whether there was one."""
        due = [run for run in self.children if run.state in ("queued", "running")]
        for child in due:
            await self.invoke(run=child)
        return bool(due)

    def answer_all(self, answers: Callable[[list[str]], dict[str, str]] | None = None) -> int:
        """Answer approvals and waits for a time, of all runs that wait; how many."""
        count = 0
        for run in self.ledger.runs.values():
            if run.state != "waiting":
                continue
            others = {
                event.path
                for event in run.events
                if event.kind == "gate.opened" and ("run_id" in event.data or "event" in event.data)
            }
            open_ = [path for path in run.waiting_on if path not in others]
            if not open_:
                continue
            given = {path: "approved" for path in open_} if answers is None else answers(open_)
            for path, outcome in given.items():
                self.ledger.answer(run.lease.run_id, path, Answer(outcome, ("m@example.com",)))
            count += len(given)
        return count

    def kinds(self) -> list[str]:
        return [f"{event.kind} {event.path}".strip() for event in self.run.events]


async def reap() -> None:
    """After a crash: let every task that is left unwind."""
    for _ in range(50):
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if not others:
            return
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=1)


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Look again and again; fails when it did not come true in time."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
