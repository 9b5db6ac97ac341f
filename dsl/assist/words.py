"""What each word of the language means, in one line, and what is written with it: for completion and hover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Word:
    """``form`` shows the word in use; ``line`` says what it does, in one sentence."""

    form: str
    line: str


WORDS: Final[dict[str, Word]] = {
    # header
    "workflow": Word(
        'workflow refund { }, or use billing: workflow "collect"',
        "A whole workflow; in a `use` line, another published one.",
    ),
    "use": Word('use shop: mcp "shop"', "Gives a connector or another workflow a name to call it by."),
    "mcp": Word('use shop: mcp "shop"', "A connector: a server that offers tools."),
    "type": Word('type Priority: "low" | "high"', "Gives a type a name."),
    "input": Word(
        "input { order_id: string, }", "What the workflow is given when it starts; read as `input.order_id`."
    ),
    "output": Word(
        "output { status: string, }",
        "What the workflow gives back with `return`; in an agent, the type of its answer.",
    ),
    "config": Word(
        "config { threshold: float = 100.0, }",
        "Values that can be set without changing the workflow; read as `config.threshold`.",
    ),
    "secret": Word("secret api_key", "A secret the workflow may pass to its calls, as `secrets.api_key`."),
    "trigger": Word(
        'trigger daily: schedule "0 8 * * *" timezone "Europe/Paris"', "What starts the workflow."
    ),
    "webhook": Word(
        'trigger form: webhook POST "/orders" verify standard(secrets.key)',
        "Starts when a request comes in.",
    ),
    "verify": Word(
        "verify standard(secrets.key)", "Only requests that are signed in this way start the workflow."
    ),
    "schedule": Word(
        'schedule "0 8 * * MON-FRI" timezone "Europe/Paris"',
        "Starts at certain times: minute, hour, day of month, month, day of week.",
    ),
    "timezone": Word('timezone "Europe/Paris"', "Where the times of a schedule are meant."),
    "event": Word(
        'event "payment.received" when event.amount > 0',
        "Something that happened elsewhere: it starts the workflow, or a `wait` goes on.",
    ),
    "manual": Word("trigger ui: manual", "Started by a person."),
    "when": Word(
        "when event.amount > 0", "Only where this is true: of a trigger, what does not fit starts nothing."
    ),
    "with": Word(
        'with (order_id: event.id), fail "code" with e, loop with acc = e',
        "What is passed along: a trigger's input, an error's message, a loop's first value.",
    ),
    # steps
    "step": Word(
        "step order: call shop.get_order(order_id: input.order_id)",
        "One step; its name is its result, which later steps can read.",
    ),
    "call": Word("call shop.get_order(order_id: input.order_id)", "Calls a tool of a connector."),
    "approve": Word(
        'approve by role "manager" { title "Refund?" within 24h }', "Waits until a person says yes."
    ),
    "if": Word("if order.total > 100.0 { } else { }", "Goes one way or the other."),
    "else": Word("else { }, else if e { }", "What is done when the condition is not true."),
    "switch": Word(
        'switch order.status { case "paid" { } default { } }', "Goes the way that belongs to a value."
    ),
    "case": Word('case "paid", "shipped" { }', "What is done for these values."),
    "default": Word("default { }", "What is done for every other value."),
    "parallel": Word(
        "parallel { }, parallel any { }", "Does its steps at the same time; `after` puts one behind others."
    ),
    "foreach": Word(
        "foreach order in recent.orders concurrency 4 { }", "Does its steps for each item of a list."
    ),
    "loop": Word(
        "loop until poll.last.done max 10 { }", "Does its steps again and again, at most `max` times."
    ),
    "do": Word("do { }", "A block of steps with one name: for one timeout, one catch or one value."),
    "let": Word("let order.total * 2.0", "Computes a value."),
    "run": Word("run billing(invoice: input.invoice)", "Runs another workflow and waits for its result."),
    "agent": Word(
        'agent "balanced" { prompt "..." tools shop.get_order max_turns 8 }',
        "Lets a model work on something, with the tools it is given.",
    ),
    "wait": Word(
        'wait 3d, wait until e, wait event "paid"', "Waits: some time, until a time, or for an event."
    ),
    "return": Word('return { status: "refunded" }', "Ends the workflow with its result."),
    "fail": Word('fail "out_of_stock" with "Nothing left"', "Ends the workflow with an error."),
    "yield": Word("yield order.total", "Gives a block its value."),
    # clauses
    "timeout": Word("timeout 30s", "Fails with code `timeout` after this long."),
    "retry": Word(
        'retry 3 backoff 1s to 1m on "timeout"',
        "Tries again after an error, so many times, waiting longer each time.",
    ),
    "key": Word(
        'key "refund-${order.id}"',
        "The idempotency key: with the same key the thing is done once, however often it is tried.",
    ),
    "after": Word("after order, stock", "In a `parallel`: starts when these steps are done."),
    "catch": Word(
        'catch "timeout" as e { }',
        "Takes an error, of these codes or of any; `e` has `code`, `message` and `step`.",
    ),
    "compensate": Word("compensate { }", "Undoes this step when the workflow fails later."),
    "backoff": Word(
        "backoff 1s to 1m", "How long to wait before the next try, growing up to the second time."
    ),
    "to": Word('backoff 1s to 1m, escalate after 12h to role "director"', "Up to how long, or to whom."),
    "as": Word("catch as e { }", "Gives the error a name."),
    # parts of steps
    "by": Word('approve by role "manager"', "Who may say yes."),
    "role": Word('role "manager"', "Anybody with this role."),
    "user": Word('user "ada@example.com"', "This person."),
    "title": Word('title "Refund ${order.id}?"', "The question that is asked."),
    "show": Word("show order, eligibility", "What the person sees besides the question."),
    "within": Word("within 24h", "How long there is to answer."),
    "quorum": Word("quorum 2", "How many people must say yes."),
    "escalate": Word(
        'escalate after 12h to role "director"', "Asks somebody else too when there is no answer."
    ),
    "on": Word(
        'on reject { }, on timeout { }, retry 3 on "timeout"',
        "What is done then; or the error codes that are tried again.",
    ),
    "reject": Word("on reject { }", "What is done after a no."),
    "prompt": Word('prompt "Summarise ${order}"', "What the model is asked."),
    "system": Word('system "You answer briefly."', "What the model should know before."),
    "tools": Word("tools shop.get_order, mail.send", "The tools the model may call."),
    "max_turns": Word("max_turns 8", "How often the model may answer at most."),
    "budget": Word("budget 0.25", "What the model may cost at most, in US dollars."),
    "in": Word('foreach order in orders, "a" in list', "The list whose items are meant; or: is one of."),
    "concurrency": Word("concurrency 4", "How many items are worked on at once."),
    "max": Word("max 10", "How many rounds there are at most."),
    "while": Word("loop while e max 10 { }", "Goes on as long as this is true."),
    "until": Word("loop until e max 10 { }, wait until e", "Goes on until this is true, or until this time."),
    "all": Word("parallel all { }", "Waits for all of its steps; one that fails ends them all."),
    "any": Word("parallel any { }", "Waits for the first step that succeeds."),
    "settle": Word("parallel settle { }", "Waits for all of its steps, whether they fail or not."),
}
"""By the word as it is written; the order is the order in which they are offered."""

TYPES: Final[dict[str, str]] = {
    "string": "A text.",
    "int": "A whole number.",
    "float": "A number.",
    "bool": "True or false.",
    "timestamp": "A time, such as 2026-01-31T09:00:00Z.",
    "date": "A day, such as 2026-01-31.",
    "duration": "A length of time.",
    "object": "An object with any fields.",
    "map": "An object whose fields all have one type: `map<int>`.",
    "list": "A list: `list<string>`, the same as `string[]`.",
    "any": "Anything.",
    "number": "A number; the same as `float`.",
    "integer": "A whole number; the same as `int`.",
    "boolean": "True or false; the same as `bool`.",
    "json": "Anything; the same as `any`.",
    "null": "Nothing.",
}
"""The types every text knows by name, in the order they are offered."""

STEPS: Final[dict[str, tuple[str, str]]] = {
    "call": ("result", "call ${1:connector}.${2:tool}($3)\n  timeout ${4:30s}"),
    "if": ("check", "if ${1:true} {\n  $0\n}"),
    "approve": (
        "approval",
        'approve by role "${1:manager}" {\n  title "${2:May this go on?}"\n  within ${3:24h}\n}',
    ),
    "let": ("value", "let $0"),
    "foreach": ("each", "foreach ${1:item} in ${2:items} {\n  $0\n}"),
    "switch": ("choice", 'switch ${1:value} {\n  case "${2:a}" {\n    $0\n  }\n  default {\n  }\n}'),
    "parallel": ("together", "parallel {\n  $0\n}"),
    "return": ("done", "return $0"),
    "wait": ("pause", "wait ${1:1h}"),
    "loop": ("rounds", "loop until ${1:true} max ${2:10} {\n  $0\n}"),
    "agent": (
        "assistant",
        'agent "${1:balanced}" {\n  prompt "${2:What should be done?}"\n  max_turns ${3:8}\n}',
    ),
    "run": ("result", "run ${1:workflow}($2)"),
    "do": ("group", "do {\n  $0\n}"),
    "fail": ("failed", 'fail "${1:code}" with "${2:what went wrong}"'),
}
"""Each kind of step: a name for one, and its form with places to fill in."""

FORMS: Final[dict[str, str]] = {
    "workflow": "workflow ${1:name} {\n  $0\n}",
    "step": "step ${1:name}: $0",
    "use": 'use ${1:name}: mcp "${2:connector}"',
    "type": "type ${1:Name}: $0",
    "input": "input {\n  ${1:name}: ${2:string},\n}",
    "output": "output {\n  ${1:name}: ${2:string},\n}",
    "config": "config {\n  ${1:name}: ${2:string} = $0,\n}",
    "trigger": "trigger ${1:name}: ${0:manual}",
    "secret": "secret ${1:name}",
    "webhook": 'webhook POST "/${1:path}" verify standard(secrets.${2:key})',
    "schedule": 'schedule "${1:0 8 * * *}" timezone "${2:Europe/Paris}"',
    "event": 'event "${1:name}"',
    "timeout": "timeout ${1:30s}",
    "retry": "retry ${1:3} backoff ${2:1s} to ${3:1m}",
    "key": 'key "${1:key}"',
    "catch": "catch as ${1:problem} {\n  $0\n}",
    "compensate": "compensate {\n  $0\n}",
    "case": 'case "${1:value}" {\n  $0\n}',
    "default": "default {\n  $0\n}",
    "else": "else {\n  $0\n}",
    "title": 'title "$0"',
    "within": "within ${1:24h}",
    "quorum": "quorum ${1:2}",
    "escalate": 'escalate after ${1:12h} to role "${2:director}"',
    "prompt": 'prompt "$0"',
    "system": 'system "$0"',
    "max_turns": "max_turns ${1:8}",
    "budget": "budget ${1:0.25}",
    "mcp": 'mcp "$0"',
    "role": 'role "$0"',
    "user": 'user "$0"',
    "max": "max ${1:10}",
    "concurrency": "concurrency ${1:4}",
    "backoff": "backoff ${1:1s} to ${2:1m}",
}
"""What is written with a word where it begins something, with places to fill in."""

HEADERS = frozenset({"use", "type", "input", "output", "config", "secret", "trigger"})
CLAUSES = frozenset({"after", "timeout", "retry", "key", "compensate", "catch"})

CODES: Final[dict[str, str]] = {
    "timeout": "It took longer than its `timeout`.",
    "unavailable": "The connector could not be reached.",
    "rejected": "A person said no.",
    "expired": "Nobody answered in time.",
    "exhausted": "A loop came to its `max`.",
    "tool_error": "The tool says that it could not do it.",
    "invalid_arguments": "What was passed along is not what the tool or the workflow takes.",
    "invalid_result": "What came back is not what the tool says it returns.",
    "rate_limited": "The tool or the model was asked too often.",
    "expression": "An expression could not be computed.",
    "model_error": "The model gave no answer that fits.",
    "no_model": "No model is set up.",
    "max_turns": "The model came to its `max_turns`.",
    "budget_exceeded": "The model came to its `budget`.",
    "too_deep": "Too many workflows ran inside each other.",
}
"""The error codes that can be caught without a `fail` that gives them, in the order in which they are offered."""

FIELDS_OF_NAMES: Final[dict[str, str]] = {
    "input": "What the workflow was given when it started.",
    "config": "The workflow's settings.",
    "secrets": "The workflow's secrets; only a call or `verify` may have them.",
    "event": "What came with the event.",
}
