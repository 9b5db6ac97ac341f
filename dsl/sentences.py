"""Steps in plain words, for people who do not read the text: on the canvas, in plans, in the run history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from dsl import tree
from dsl.cel import show_expression

_COMPARISONS = {
    ">": "is over",
    ">=": "is at least",
    "<": "is under",
    "<=": "is at most",
    "==": "is",
    "!=": "is not",
    "in": "is in",
    "&&": "and",
    "||": "or",
}
_FROM = frozenset({"get", "list", "find", "fetch", "read", "load", "download", "search", "query", "look"})
_DURATIONS = (
    (604_800_000, "week"),
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
    (1_000, "second"),
    (1, "millisecond"),
)

Uses = Mapping[str, tree.Use]


def humanize(name: str) -> str:
    """``not_eligible`` as "Not eligible"."""
    words = name.replace("_", " ").replace("-", " ").replace("/", " ").strip()
    return words[:1].upper() + words[1:] if words else name


def title_of(step: tree.Step) -> str:
    """A few words: the step's documentation when it is short, else its name."""
    first = step.doc.strip().split("\n")[0].strip().rstrip(".")
    return first if 0 < len(first) <= 40 else humanize(step.id)


def duration_words(ms: int) -> str:
    """``90000`` as "1 minute 30 seconds"."""
    parts: list[str] = []
    rest = ms
    for size, unit in _DURATIONS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "no time"


def tool_words(tool: str, connector: str) -> str:
    """``get_order`` of ``shop`` as "Get order from Shop"."""
    phrase, where = humanize(tool), connector_words(connector)
    words = phrase.split(" ")
    if words[0].lower() in _FROM:
        return f"{phrase} from {where}"
    return f"{phrase} in {where}" if len(words) > 1 else f"{phrase} with {where}"


def connector_words(name: str) -> str:
    short = name.rsplit("/", 1)[-1]
    return short.upper() if short in {"http", "crm", "erp", "sms", "api"} else humanize(short)


def condition_words(expression: tree.Expr) -> str:
    """``order.total > config.threshold`` as "order.total is over config.threshold"."""
    match expression:
        case tree.Binary(op=op, left=left, right=right) if op in _COMPARISONS:
            if isinstance(right, tree.Constant) and right.value is None and op in ("==", "!="):
                return f"{condition_words(left)} is {'missing' if op == '==' else 'there'}"
            return f"{condition_words(left)} {_COMPARISONS[op]} {condition_words(right)}"
        case tree.Unary(op="!", operand=tree.FunctionCall(function="has", args=(one,))):
            return f"{show_expression(one)} is not given"
        case tree.Unary(op="!", operand=operand):
            return f"not {condition_words(operand)}"
        case tree.FunctionCall(function="has", args=(one,)):
            return f"{show_expression(one)} is given"
        case _:
            return clip(show_expression(expression))


def clip(text: str, limit: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def approver_words(approvers: tuple[tree.Approver, ...]) -> str:
    shown = [_approver(one) for one in approvers]
    return " or ".join(shown) or "somebody"


def _approver(approver: tree.Approver) -> str:
    match approver.name:
        case tree.Constant(value=str() as name) if approver.by == "role":
            words = name.replace("_", " ").replace("-", " ")
            return f"{'an' if words[:1].lower() in 'aeiou' else 'a'} {words}"
        case tree.Constant(value=str() as name):
            return name
        case other:
            return f"the {approver.by} {show_expression(other)}"


def sentence_of(kind: tree.Kind, uses: Uses) -> str:
    """What a step does, in one sentence without a full stop."""
    match kind:
        case tree.Call(alias=alias, tool=tool):
            return tool_words(tool, uses[alias].name if alias in uses else alias)
        case tree.RunWorkflow(alias=alias):
            return f"Run the workflow {uses[alias].name if alias in uses else alias}"
        case tree.Agent(tools=tools):
            if not tools:
                return "Let an AI agent answer"
            count = len(tools)
            return f"Let an AI agent work, with {count} tool{'' if count == 1 else 's'}"
        case tree.Approve(approvers=approvers, quorum=quorum):
            both = f" ({quorum} of them)" if quorum and quorum > 1 else ""
            return f"Ask {approver_words(approvers)} to approve{both}"
        case tree.If(arms=arms):
            return f"If {condition_words(arms[0].tests[0])}" if arms and arms[0].tests else "If ..."
        case tree.Switch(subject=subject):
            return f"Choose by {clip(show_expression(subject))}"
        case tree.Parallel(join=join):
            return _PARALLEL[join]
        case tree.Do():
            return "Do these steps in order"
        case tree.Foreach(variable=variable, items=items, concurrency=concurrency):
            at_once = f", {concurrency} at a time" if concurrency and concurrency > 1 else ""
            return f"For each {variable} in {clip(show_expression(items), 40)}{at_once}"
        case tree.Loop(mode=mode, test=test, max=most):
            return f"Repeat {mode} {condition_words(test)}, at most {most} times"
        case tree.Wait():
            return _wait(kind)
        case tree.Let(value=value):
            return f"Work out {clip(show_expression(value))}"
        case tree.Return(value=value):
            return _return(value)
        case tree.Fail(code=code):
            return f'Stop with the error "{code}"'
        case tree.Broken():
            return "This step cannot be read"
        case _:
            assert_never(kind)


_PARALLEL = {
    "all": "Do these at the same time",
    "any": "Do these at the same time, until one is done",
    "settle": "Do these at the same time, whatever fails",
}


def _wait(wait: tree.Wait) -> str:
    if wait.ms is not None:
        return f"Wait {duration_words(wait.ms)}"
    if wait.until is not None:
        return f"Wait until {clip(show_expression(wait.until))}"
    return f'Wait for the event "{wait.event or ""}"'


def _return(value: tree.Expr) -> str:
    if not isinstance(value, tree.MapOf):
        return f"Finish with {clip(show_expression(value))}"
    names: list[str] = []
    for key, item in value.entries:
        match key, item:
            case tree.Constant(value=str() as name), tree.Constant(value=str() as text):
                names.append(f'{name} "{text}"')
            case tree.Constant(value=str() as name), tree.Constant(value=None):
                continue
            case tree.Constant(value=str() as name), _:
                names.append(name)
    return clip(f"Finish with {', '.join(names)}") if names else "Finish"


def arm_label(kind: tree.Kind, slot: str) -> str:
    """What stands above a branch on the canvas: "if order.total is over 100", "otherwise", "when rejected"."""
    match kind:
        case tree.If(arms=arms):
            if slot == "else":
                return "otherwise"
            index = 0 if slot == "then" else int(slot.removeprefix("elif"))
            word = "if" if index == 0 else "or if"
            return f"{word} {condition_words(arms[index].tests[0])}" if arms[index].tests else word
        case tree.Switch(arms=arms):
            if slot == "default":
                return "anything else"
            tests = arms[int(slot.removeprefix("case"))].tests
            return "when " + " or ".join(clip(show_expression(test), 30) for test in tests)
        case tree.Approve():
            return {"reject": "when rejected", "timeout": "when nobody decides"}.get(slot, "when approved")
        case tree.Parallel() | tree.Do() | tree.Foreach() | tree.Loop():
            return ""
        case _:
            return ""
