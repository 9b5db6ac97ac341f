"""From a checked text to its plan: everything an engine needs, nothing it would have to look up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from dsl import cel, plan, tree
from dsl.catalog import Catalog, Schema, Tool
from dsl.cel import ExpressionError, show_expression
from dsl.checks import check
from dsl.defaults import APPROVAL_MS, BACKOFF_MAX_MS, BACKOFF_MS, CALL_TIMEOUT_MS
from dsl.guards import guards_of
from dsl.outline import after_of, timeout_of, uses
from dsl.parse import Parsed
from dsl.policy import Nature
from dsl.schemas import declared_types, fields_of, resolved, schema_of, schema_of_fields
from dsl.values import coerce
from dsl.wording.phrases import value_words
from dsl.wording.sentences import arm_words, sentence_of
from dsl.wording.terms import Terms, terms_of

KEY_ARGUMENT = "idempotency_key"


class PlanError(ValueError):
    """A text that cannot be lowered: its first error, in one sentence."""


def lower(parsed: Parsed, catalog: Catalog) -> plan.Plan:
    """The plan of a text. Raises PlanError (a ValueError) with the first error when there is one."""
    for diagnostic in check(parsed, catalog):
        if diagnostic.severity == "error":
            raise PlanError(diagnostic.message)
    workflow = parsed.workflow
    types = declared_types(workflow)
    inputs = schema_of_fields(fields_of(workflow, "input"), types)
    outputs = fields_of(workflow, "output")
    config = schema_of_fields(fields_of(workflow, "config"), types)
    lowering = _Lowering(
        workflow, catalog, guards_of(workflow, catalog), types, terms_of(workflow, catalog), {}, set()
    )
    try:
        body = lowering.block(workflow.body, "")
        defaults = _defaults(fields_of(workflow, "input"), inputs)
        return plan.Plan(
            workflow=workflow.name,
            doc=workflow.doc,
            input_schema=inputs,
            output_schema=schema_of_fields(outputs, types) if outputs else None,
            input_defaults=defaults,
            config=_defaults(fields_of(workflow, "config"), config),
            secrets=tuple(head.name for head in workflow.heads if isinstance(head, tree.Secret)),
            pins=tuple(lowering.pins[key] for key in sorted(lowering.pins)),
            workflows=tuple(
                _pinned(name, catalog)
                if name != workflow.name
                else plan.WorkflowPin(workflow=name, input_schema=inputs, input_defaults=defaults)
                for name in sorted(lowering.runs)
            ),
            triggers=tuple(_trigger(head) for head in workflow.heads if isinstance(head, tree.Trigger)),
            body=body,
        )
    except ExpressionError as error:
        raise PlanError(error.message) from None


def content_hash(text: str, pins: Sequence[plan.Pin], compiled: plan.Plan) -> str:
    """SHA-256, in hex, over the canonical JSON of what a version is."""
    lowered = compiled.model_dump(mode="json")
    for added in ("workflows", "triggers"):  # as before there were any, so that no version gets another hash
        if not lowered[added]:
            del lowered[added]
    whole = {
        "text": text,
        "pins": sorted((pin.model_dump() for pin in pins), key=lambda pin: (pin["connector"], pin["tool"])),
        "plan": lowered,
    }
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _pinned(name: str, catalog: Catalog) -> plan.WorkflowPin:
    known = catalog.workflows.get(name)
    if known is None:
        raise PlanError(f"there is no published workflow `{name}`")
    return plan.WorkflowPin(
        workflow=name,
        version=known.version,
        sha256=known.pin,
        input_schema=resolved(known.input_schema),
        input_defaults=dict(known.input_defaults),
    )


def _defaults(fields: tuple[tree.Field, ...], schema: Schema) -> dict[str, plan.Expression]:
    found: dict[str, plan.Expression] = {}
    for field in fields:
        if field.default is None:
            continue
        value = cel.lower(field.default)
        if isinstance(value, plan.ConstantExpr):
            value = plan.ConstantExpr(value=coerce(value.value, schema["properties"][field.name]))
        found[field.name] = value
    return found


def honours_key(tool: Tool, nature: Nature) -> bool:
    """Whether calling a tool twice with one idempotency key does the thing once."""
    properties = tool.input_schema.get("properties")
    stated = tool.idempotent if nature.reads else nature.idempotent
    return stated or (isinstance(properties, dict) and KEY_ARGUMENT in properties)


@dataclass(frozen=True, slots=True)
class _Lowering:
    workflow: tree.Workflow
    catalog: Catalog
    guards: dict[str, tuple[str, ...]]
    types: dict[str, tree.Type]
    terms: Terms
    pins: dict[tuple[str, str], plan.Pin]
    runs: set[str]

    def block(self, block: tree.Block, prefix: str) -> plan.Block:
        return plan.Block(
            steps=tuple(self.step(step, prefix) for step in block.steps),
            result=None if block.result is None else cel.lower(block.result),
        )

    def optional(self, block: tree.Block | None, prefix: str) -> plan.Block | None:
        return None if block is None else self.block(block, prefix)

    def step(self, step: tree.Step, prefix: str) -> plan.PlanStep:
        path = prefix + step.id
        timeout = timeout_of(step)
        if timeout is None and isinstance(step.kind, tree.Call):
            timeout = CALL_TIMEOUT_MS
        catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
        compensations = [clause for clause in step.clauses if isinstance(clause, tree.Compensate)]
        keys = [clause.value for clause in step.clauses if isinstance(clause, tree.Key)]
        return plan.PlanStep(
            id=step.id,
            path=path,
            label=sentence_of(step.kind, self.terms),
            do=self.kind(step.kind, path),
            after=after_of(step),
            timeout_ms=timeout,
            retry=_retry(step),
            key=cel.lower(keys[0]) if keys else None,
            compensate=self.block(compensations[0].block, f"{path}~comp.") if compensations else None,
            catches=tuple(
                plan.Catch(
                    codes=catch.codes,
                    variable=catch.variable,
                    block=self.block(catch.block, f"{path}~catch{number}."),
                )
                for number, catch in enumerate(catches)
            ),
        )

    def kind(self, kind: tree.Kind, path: str) -> Any:
        inside = f"{path}."
        match kind:
            case tree.Call(alias=alias, tool=name, args=args):
                connector, tool = self._tool(alias, name)
                nature = self.catalog.nature(connector, name)
                return plan.ToolCall(
                    connector=connector,
                    tool=name,
                    args={arg.name: cel.lower(arg.value) for arg in args},
                    effect="read" if nature.reads else "write",
                    honours_key=honours_key(tool, nature),
                    output_schema=None if tool.output_schema is None else resolved(tool.output_schema),
                )
            case tree.RunWorkflow(alias=alias, args=args):
                target = uses(self.workflow)[alias].name
                self.runs.add(target)
                return plan.RunWorkflow(
                    workflow=target, args={arg.name: cel.lower(arg.value) for arg in args}
                )
            case tree.Agent():
                return self._agent(kind)
            case tree.Approve():
                return self._approve(kind, path)
            case tree.If(otherwise=otherwise):
                return plan.If(arms=self._arms(kind, inside), otherwise=self.optional(otherwise, inside))
            case tree.Switch(subject=subject, otherwise=otherwise):
                return plan.Switch(
                    subject=cel.lower(subject),
                    arms=self._arms(kind, inside),
                    otherwise=self.optional(otherwise, inside),
                )
            case tree.Parallel(join=join, block=block):
                return plan.Parallel(join=join, block=self.block(block, inside))
            case tree.Do(block=block):
                return plan.Do(block=self.block(block, inside))
            case tree.Foreach(variable=variable, items=items, concurrency=concurrency, block=block):
                return plan.Foreach(
                    variable=variable,
                    items=cel.lower(items),
                    concurrency=concurrency or 1,
                    block=self.block(block, inside),
                )
            case tree.Loop(carry=carry, mode=mode, test=test, max=most, block=block):
                return plan.Loop(
                    carry=None if carry is None else carry[0],
                    initial=None if carry is None else cel.lower(carry[1]),
                    mode=mode,
                    test=cel.lower(test),
                    max=most,
                    block=self.block(block, inside),
                )
            case tree.Wait(ms=ms, until=until, event=event, when=when):
                return plan.Wait(
                    ms=ms,
                    until=None if until is None else cel.lower(until),
                    event=event,
                    when=None if when is None else cel.lower(when),
                )
            case tree.Let(value=value):
                return plan.Let(value=cel.lower(value))
            case tree.Return(value=value):
                return plan.Return(value=cel.lower(value))
            case tree.Fail(code=code, message=message):
                return plan.Fail(code=code, message=None if message is None else cel.lower(message))
            case tree.Broken():
                raise PlanError("a step cannot be read")
            case _:
                assert_never(kind)

    def _tool(self, alias: str, name: str) -> tuple[str, Tool]:
        use = uses(self.workflow).get(alias)
        tool = None if use is None else self.catalog.tool(use.name, name)
        if use is None or tool is None:
            raise PlanError(f"there is no tool `{alias}.{name}`")
        self.pins[use.name, name] = plan.Pin(connector=use.name, tool=name, sha256=tool.pin)
        return use.name, tool

    def _arms(self, kind: tree.If | tree.Switch, inside: str) -> tuple[plan.Arm, ...]:
        return tuple(
            plan.Arm(
                tests=tuple(map(cel.lower, arm.tests)),
                block=self.block(arm.block, inside),
                label=arm_words(kind, number, self.terms),
            )
            for number, arm in enumerate(kind.arms)
        )

    def _agent(self, agent: tree.Agent) -> plan.Agent:
        tools: list[plan.AgentTool] = []
        for ref in agent.tools:
            connector, tool = self._tool(ref.alias, ref.tool)
            nature = self.catalog.nature(connector, ref.tool)
            tools.append(
                plan.AgentTool(
                    connector=connector,
                    tool=ref.tool,
                    effect="read" if nature.reads else "write",
                    honours_key=honours_key(tool, nature),
                    dangerous=nature.dangerous,
                    description=tool.description or tool.title,
                    input_schema=resolved(tool.input_schema),
                )
            )
        return plan.Agent(
            model=cel.lower(agent.model),
            system=None if agent.system is None else cel.lower(agent.system),
            prompt=None if agent.prompt is None else cel.lower(agent.prompt),
            tools=tuple(tools),
            output_schema=None if agent.output is None else schema_of(agent.output, self.types),
            max_turns=agent.max_turns or 8,
            budget=None if agent.budget is None else cel.lower(agent.budget),
        )

    def _approve(self, approve: tree.Approve, path: str) -> plan.Approve:
        escalate = approve.escalate
        return plan.Approve(
            approvers=tuple(map(_approver, approve.approvers)),
            title=None if approve.title is None else cel.lower(approve.title),
            show=tuple(zip(self._shown(approve.show), map(cel.lower, approve.show), strict=True)),
            quorum=approve.quorum or 1,
            within_ms=approve.within_ms or APPROVAL_MS,
            escalate_after_ms=None if escalate is None else escalate.after_ms,
            escalate_to=None if escalate is None else _approver(escalate.to),
            on_reject=self.optional(approve.on_reject, f"{path}."),
            on_timeout=self.optional(approve.on_timeout, f"{path}."),
            guards=self.guards.get(path, ()),
        )

    def _shown(self, values: tuple[tree.Expr, ...]) -> list[str]:
        """How what is shown to the approver is called: in words, where they tell all of it apart."""
        words = [value_words(value, self.terms).removeprefix("the ") for value in values]
        return words if len(set(words)) == len(words) else list(map(show_expression, values))


def _trigger(head: tree.Trigger) -> plan.PlanTrigger:
    on: plan.OnWebhook | plan.OnSchedule | plan.OnEvent | plan.OnManual
    when: tree.Expr | None = None
    match head.on:
        case tree.Webhook(method=method, path=path, verify=verify, when=when):
            on = plan.OnWebhook(method=method.upper(), path=path, verify=_verify(verify))
        case tree.Schedule(cron=cron, timezone=timezone, when=when):
            on = plan.OnSchedule(cron=cron, timezone=timezone)
        case tree.EventTrigger(event=event, when=when):
            on = plan.OnEvent(event=event)
        case tree.Manual():
            on = plan.OnManual()
        case _:
            assert_never(head.on)
    return plan.PlanTrigger(
        name=head.name,
        on=on,
        when=None if when is None else cel.lower(when),
        args={arg.name: cel.lower(arg.value) for arg in head.args},
        doc=head.doc,
    )


def _verify(written: tree.Expr | None) -> plan.Verify | None:
    """A check that is no call of a function checks nothing that is known here: it stays without a name."""
    if written is None:
        return None
    if not isinstance(written, tree.FunctionCall):
        return plan.Verify(function="", args=(cel.lower(written),))
    secrets = (
        arg.name
        for arg in written.args
        if isinstance(arg, tree.Member) and isinstance(arg.target, tree.Name) and arg.target.id == "secrets"
    )
    return plan.Verify(
        function=written.function,
        secret=next(secrets, ""),
        args=tuple(cel.lower(arg) for arg in written.args),
    )


def _approver(approver: tree.Approver) -> plan.Approver:
    return plan.Approver(by=approver.by, name=cel.lower(approver.name))


def _retry(step: tree.Step) -> plan.Retry | None:
    for clause in step.clauses:
        if isinstance(clause, tree.Retry):
            first = BACKOFF_MS if clause.backoff_ms is None else clause.backoff_ms
            most = max(first, BACKOFF_MAX_MS) if clause.backoff_max_ms is None else clause.backoff_max_ms
            return plan.Retry(max=clause.max, backoff_ms=first, backoff_max_ms=most, codes=clause.codes)
    return None
