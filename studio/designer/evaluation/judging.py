"""Whether a property holds of an answer: "" when it does, otherwise one sentence that says why not."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from dsl import plan as p
from dsl import tree
from dsl.outline import predecessors
from dsl.walk import walk
from studio.designer.evaluation import properties as q
from studio.designer.evaluation import ways
from studio.designer.evaluation.behaviour import all_paths, called_on, judge_reaches, judge_when, roles_of
from studio.designer.evaluation.cron import CronError, next_fires
from studio.designer.evaluation.keeping import judge_preserved
from studio.designer.evaluation.origins import Origins
from studio.designer.evaluation.reading import Reading, milliseconds, named, steps_of


def judge(property: q.Property, reading: Reading) -> str:
    match property:
        case q.Calls(tools=tools):
            missing = [one for one in tools if not reading.calls(one)]
            return f"{', '.join(missing)} is not called" if missing else ""
        case q.OnlyCalls(tools=tools, effects=effects):
            return _only(reading, tools, effects)
        case q.NeverCalls(tools=tools):
            used = {*reading.tools.values(), *reading.lent}
            there = [tool for tool in sorted(used) if any(named(tool, one) for one in tools)]
            return f"{', '.join(there)} is called" if there else ""
        case q.Order():
            return _order(property, reading)
        case q.Argument():
            return _argument(property, reading)
        case q.Approval():
            return _approval(property, reading)
        case q.NoApproval():
            return _no_approval(property, reading)
        case q.Condition():
            return _condition(property, reading)
        case q.Each():
            return _each(property, reading)
        case q.Repeats(tool=tool, most=most):
            loops = [
                around.step.kind
                for place in reading.calls(tool)
                for around in reading.around(place.path)
                if isinstance(around.step.kind, tree.Loop)
            ]
            if not loops:
                return f"{tool} is not called in a loop"
            return (
                ""
                if most is None or any(loop.max <= most for loop in loops)
                else f"the loop of {tool} is too long"
            )
        case q.Schedule():
            return _schedule(property, reading)
        case q.Started():
            return _started(property, reading)
        case q.NotStarted(by=by):
            return f"there is a trigger by {by}" if _triggers(reading, by) else ""
        case q.Waits():
            return _waits(property, reading)
        case q.StepHas():
            return _step_has(property, reading)
        case q.AtOnce(tools=tools):
            return _at_once(tools, reading)
        case q.Undone(tool=tool, by=by):
            return _undone(tool, by, reading)
        case q.When():
            return judge_when(property, reading)
        case q.Reaches():
            return judge_reaches(property, reading)
        case q.Preserved(but=but):
            return judge_preserved(reading.result.base, reading.text, frozenset(but))
        case q.Same(turn=turn):
            result = reading.result
            before = result.first_base if turn is None else (*result.earlier, "")[turn]
            return "" if reading.text.strip() == before.strip() else "the text is not what it was"
        case q.Has(name=name, gone=gone):
            there = name in _names(reading)
            return "" if there != gone else f"{name!r} is {'still there' if gone else 'not there'}"
        case q.Named(name=name):
            return (
                ""
                if reading.workflow.name == name
                else f"it is named {reading.workflow.name!r}, not {name!r}"
            )
        case q.Clean(warnings=allowed):
            found = {d.code for d in reading.diagnostics if d.severity != "info"} - set(allowed)
            return f"it has {', '.join(sorted(found))}" if found else ""
        case q.Says(words=words):
            said = reading.result.said.casefold()
            return (
                "" if any(word.casefold() in said for word in words) else f"nothing is said of {words[0]!r}"
            )
        case q.Silent(words=words):
            said = f"{reading.result.said}\n{reading.text}".casefold()
            there = [word for word in words if word.casefold() in said]
            return f"{there[0]!r} stands in the answer" if there else ""
        case q.Warns(words=words):
            lines = " ".join(reading.result.safety).casefold()
            if not lines:
                return "it does not say what it takes away from safety"
            return (
                ""
                if not words or any(w.casefold() in lines for w in words)
                else f"no warning names {words[0]!r}"
            )
        case _:
            assert_never(property)


def _only(reading: Reading, tools: tuple[str, ...], effects: bool) -> str:
    for tool in sorted({*reading.tools.values(), *reading.lent}):
        connector, _, name = tool.partition(".")
        if effects and reading.catalog.nature(connector, name).reads:
            continue
        if not any(named(tool, one) for one in tools):
            return f"{tool} is called, which nobody asked for"
    return ""


def _order(wanted: q.Order, reading: Reading) -> str:
    then = reading.calls(wanted.then)
    if not then or not reading.calls(wanted.first):
        return f"{wanted.then if not then else wanted.first} is not called"
    if wanted.loose:
        both = False
        for path in all_paths(reading):
            tools = called_on(path, reading)
            firsts = [n for n, tool in enumerate(tools) if named(tool, wanted.first)]
            thens = [n for n, tool in enumerate(tools) if named(tool, wanted.then)]
            if firsts and thens:
                both = True
                if thens[0] < firsts[0]:
                    return f"{wanted.then} comes before {wanted.first} ({path.words})"
        return "" if both else f"no way calls both {wanted.first} and {wanted.then}"
    before = ways.before(reading.plan)
    firsts_at = {ways.TRIED + place.path for place in reading.calls(wanted.first)}
    for place in then:
        known = before.get(place.path)
        if known is not None and not known & firsts_at:
            return f"{wanted.then} at `{place.path}` may come without {wanted.first} before it"
    return ""


def _argument(wanted: q.Argument, reading: Reading) -> str:
    calls = reading.calls(wanted.tool)
    if not calls:
        return f"{wanted.tool} is not called"
    origins = Origins(reading)
    seen = ""
    for place in calls:
        kind = place.step.kind
        assert isinstance(kind, tree.Call)
        for arg in kind.args:
            if arg.name not in wanted.argument.split("|"):
                continue
            value = reading.text[arg.value.span.start : arg.value.span.end]
            seen = f"; it is {' '.join(value.split())}"
            if wanted.source and not any(
                one == source or one.startswith(f"{source}.")
                for one in origins.of(arg.value)
                for source in wanted.source.split("|")
            ):
                continue
            constants = origins.constants(arg.value)
            if wanted.equals is not None and wanted.equals not in constants:
                continue
            words = " ".join(str(one) for one in constants).casefold()
            if wanted.contains and wanted.contains.casefold() not in words:
                continue
            return ""
    about = wanted.source or wanted.equals or wanted.contains
    return f"{wanted.argument} of {wanted.tool} is not from {about}{seen}"


def _approval(wanted: q.Approval, reading: Reading) -> str:
    calls = reading.calls(wanted.before)
    if not calls:
        return f"{wanted.before} is not called"
    gates = {step.path: step.do for step in steps_of(reading.plan.body) if isinstance(step.do, p.Approve)}
    fitting = {path for path, gate in gates.items() if not _lacks(wanted, gate)}
    if not fitting:
        lacks = [_lacks(wanted, gate) for gate in gates.values()]
        return f"no approval before {wanted.before}: {lacks[0] if lacks else 'nobody is asked'}"
    before = ways.before(reading.plan)
    for place in calls:
        passed = any(ways.YES + path in before.get(place.path, frozenset()) for path in fitting)
        passed = passed or any(place.path in gates[path].guards for path in fitting if wanted.sometimes)
        if passed == wanted.sometimes:
            return "" if wanted.sometimes else f"{wanted.before} at `{place.path}` may come without the yes"
        if not passed and not wanted.sometimes:
            return f"{wanted.before} at `{place.path}` may come without the yes"
    return f"the approval does not stand before {wanted.before}" if wanted.sometimes else ""


def _lacks(wanted: q.Approval, gate: p.Approve) -> str:
    roles = roles_of(gate)
    if wanted.role and not any(role in roles for role in wanted.role.split("|")):
        return f"{', '.join(roles) or 'nobody'} is asked, not {wanted.role}"
    if wanted.within and gate.within_ms != milliseconds(wanted.within):
        return f"it waits {gate.within_ms // 60_000} minutes, not {wanted.within}"
    if wanted.quorum is not None and gate.quorum != wanted.quorum:
        return f"{gate.quorum} must say yes, not {wanted.quorum}"
    if wanted.escalate_to:
        to = gate.escalate_to
        name = str(to.name.value) if to is not None and isinstance(to.name, p.ConstantExpr) else "nobody"
        if name not in wanted.escalate_to.split("|"):
            return f"it is passed on to {name}, not {wanted.escalate_to}"
    if wanted.escalate_after and gate.escalate_after_ms != milliseconds(wanted.escalate_after):
        return f"it is not passed on after {wanted.escalate_after}"
    return ""


def _no_approval(wanted: q.NoApproval, reading: Reading) -> str:
    for step in steps_of(reading.plan.body):
        if not isinstance(step.do, p.Approve):
            continue
        if wanted.role and wanted.role not in roles_of(step.do):
            continue
        if wanted.before and not {place.path for place in reading.calls(wanted.before)} & set(step.do.guards):
            continue
        return f"`{step.id}` asks {', '.join(roles_of(step.do)) or 'somebody'}"
    return ""


def _condition(wanted: q.Condition, reading: Reading) -> str:
    origins = Origins(reading)
    pairs: list[tuple[tree.Expr, ...]] = []
    for node in walk(reading.workflow):
        match node:
            case tree.Binary(op="<" | "<=" | ">" | ">=" | "==" | "!=" | "in", left=left, right=right):
                pairs.append((left, right))
            case tree.Switch(subject=subject, arms=arms):
                pairs += [(subject, test) for arm in arms for test in arm.tests]
            case tree.If(arms=arms):
                pairs += [(test, tree.Constant(True, test.span)) for arm in arms for test in arm.tests]
            case tree.Unary(op="!", operand=operand):
                pairs.append((operand, tree.Constant(False, node.span)))
    for pair in pairs:
        constants = [one for side in pair for one in origins.constants(side)]
        if not any(_equal(one, value) for one in constants for value in wanted.values):
            continue
        fields = {part.casefold() for side in pair for one in origins.of(side) for part in one.split(".")}
        if not wanted.on or any(
            word.casefold() in field for word in wanted.on.split("|") for field in fields
        ):
            return ""
    return f"nothing compares {wanted.on or 'anything'} with {wanted.values[0]}"


def _equal(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _each(wanted: q.Each, reading: Reading) -> str:
    origins = Origins(reading)
    why = f"{wanted.tool} is not called for each of anything"
    for place in reading.calls(wanted.tool):
        for around in reading.around(place.path):
            kind = around.step.kind
            if not isinstance(kind, tree.Foreach):
                continue
            sources = origins.of(kind.items)
            over = wanted.over.split("|") if wanted.over else []
            if over and not any(one == w or one.startswith(f"{w}.") for one in sources for w in over):
                why = f"it goes over {', '.join(sorted(sources)) or 'nothing'}, not {wanted.over}"
                continue
            many = kind.concurrency or 1
            if wanted.most is not None and many > wanted.most:
                why = f"{many} at once, more than {wanted.most}"
                continue
            if wanted.exactly is not None and many != wanted.exactly:
                why = f"{many} at once, not {wanted.exactly}"
                continue
            return ""
    return why


def _triggers(reading: Reading, by: str) -> list[tree.Trigger]:
    sorts = {
        "webhook": tree.Webhook,
        "event": tree.EventTrigger,
        "schedule": tree.Schedule,
        "manual": tree.Manual,
    }
    return [
        head
        for head in reading.workflow.heads
        if isinstance(head, tree.Trigger) and isinstance(head.on, sorts[by])
    ]


def _schedule(wanted: q.Schedule, reading: Reading) -> str:
    expected = tuple(datetime.fromisoformat(one) for one in wanted.fires)
    fires: set[datetime] = set()
    crons = []
    for trigger in _triggers(reading, "schedule"):
        assert isinstance(trigger.on, tree.Schedule)
        if wanted.timezone and trigger.on.timezone not in wanted.timezone.split("|"):
            return f"the schedule is in {trigger.on.timezone}, not {wanted.timezone}"
        crons.append(trigger.on.cron)
        try:
            fires |= set(next_fires(trigger.on.cron, datetime.fromisoformat(wanted.after), len(expected)))
        except CronError as error:
            return str(error)
    if tuple(sorted(fires)[: len(expected)]) == expected:
        return ""
    told = ", ".join(f"{one:%a %d %b %H:%M}" for one in sorted(fires)[: len(expected)])
    return f"{' and '.join(map(repr, crons))} fires {told}" if crons else "there is no schedule"


def _started(wanted: q.Started, reading: Reading) -> str:
    found = _triggers(reading, wanted.by)
    for trigger in found:
        match trigger.on:
            case tree.Webhook(path=path, verify=verify):
                if verify is not None and wanted.path.casefold() in path.casefold():
                    return ""
            case tree.EventTrigger(event=event):
                if wanted.name in ("", event):
                    return ""
            case _:
                return ""
    return f"no trigger by {wanted.by} fits" if found else f"there is no trigger by {wanted.by}"


def _waits(wanted: q.Waits, reading: Reading) -> str:
    before = ways.before(reading.plan)
    why = "nothing waits"
    for step in steps_of(reading.plan.body):
        if not isinstance(step.do, p.Wait) or step.path not in before:
            continue
        if wanted.event and step.do.event != wanted.event:
            why = f"`{step.id}` does not wait for {wanted.event}"
            continue
        if (wanted.least or wanted.most) and step.do.ms is None:
            why = f"`{step.id}` waits for no fixed time"
            continue
        if wanted.least and (step.do.ms or 0) < milliseconds(wanted.least):
            why = f"`{step.id}` waits less than {wanted.least}"
            continue
        if wanted.most and (step.do.ms or 0) > milliseconds(wanted.most):
            why = f"`{step.id}` waits more than {wanted.most}"
            continue
        behind = (
            {ways.TRIED + place.path for place in reading.calls(wanted.behind)} if wanted.behind else set()
        )
        if wanted.behind and not behind & before[step.path]:
            why = f"`{step.id}` does not come behind {wanted.behind}"
            continue
        later = reading.calls(wanted.before) if wanted.before else ()
        if wanted.before and not any(
            ways.TRIED + step.path in before.get(place.path, frozenset()) for place in later
        ):
            why = f"`{step.id}` does not come before {wanted.before}"
            continue
        return ""
    return why


def _step_has(wanted: q.StepHas, reading: Reading) -> str:
    why = f"{wanted.tool} is not called"
    paths = {place.path for place in reading.calls(wanted.tool)}
    for step in steps_of(reading.plan.body):
        if step.path not in paths:
            continue
        retry = step.retry
        times = 0 if retry is None else retry.max
        if wanted.timeout and step.timeout_ms != milliseconds(wanted.timeout):
            why = f"`{step.id}` has {(step.timeout_ms or 0) / 1000:g} s, not {wanted.timeout}"
        elif wanted.retry is not None and times != wanted.retry:
            why = f"`{step.id}` is tried again {times} times, not {wanted.retry}"
        elif wanted.retry_least is not None and times < wanted.retry_least:
            why = f"`{step.id}` is tried again {times} times, not at least {wanted.retry_least}"
        elif wanted.backoff and (retry is None or retry.backoff_ms != milliseconds(wanted.backoff)):
            why = f"`{step.id}` does not pause {wanted.backoff}"
        else:
            return ""
    return why


def _at_once(tools: tuple[str, ...], reading: Reading) -> str:
    for place in reading.places:
        if not isinstance(place.step.kind, tree.Parallel):
            continue
        block = place.step.kind.block
        waits = predecessors(block)
        at: list[set[str]] = [
            {
                step.id
                for step in block.steps
                for call in reading.calls(tool)
                if call.path == f"{place.path}.{step.id}" or call.path.startswith(f"{place.path}.{step.id}.")
            }
            for tool in tools
        ]
        if all(at) and all(
            any(a != b and a not in waits[b] and b not in waits[a] for a in at[i] for b in at[j])
            for i in range(len(at))
            for j in range(i)
        ):
            return ""
    return f"{', '.join(tools)} are not called side by side"


def _undone(tool: str, by: str, reading: Reading) -> str:
    undoing = {place.path for place in reading.calls(by)}
    for place in reading.calls(tool):
        owners = [place.path, *(around.path for around in reading.around(place.path))]
        if any(path.startswith(f"{owner}~comp.") for owner in owners for path in undoing):
            return ""
        # A catch behind the call may undo it as well.
        if any(path.startswith(f"{owner}~catch") for owner in owners[1:] for path in undoing):
            return ""
    before = ways.before(reading.plan)
    tried = {ways.TRIED + place.path for place in reading.calls(tool)}
    if any("~catch" in path and tried & before.get(path, frozenset()) for path in undoing):
        return ""
    return f"nothing undoes {tool} by {by}"


def _names(reading: Reading) -> set[str]:
    found = {place.step.id for place in reading.places}
    for head in reading.workflow.heads:
        match head:
            case tree.Trigger(name=name) | tree.Secret(name=name):
                found.add(name)
            case tree.Fields(fields=fields):
                found |= {field.name for field in fields}
            case tree.Use(alias=alias):
                found.add(alias)
    return found
