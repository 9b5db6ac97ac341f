"""Steps in plain words, for people who do not read the text: on the canvas, in plans, in the run history."""

from __future__ import annotations

from typing import assert_never

from dsl import tree
from dsl.catalog import Tool
from dsl.wording.phrases import chain_of, condition_words, entity_of, has_words, source_words, value_words
from dsl.wording.spelling import (
    capital,
    clip,
    deadline_words,
    duration_words,
    humanize,
    listed,
    plain_words,
    singular,
    small,
    with_article,
)
from dsl.wording.terms import Terms

_FROM = frozenset({"get", "list", "find", "fetch", "read", "load", "download", "search", "query", "look"})
_RECIPIENT = frozenset({"to", "recipient", "recipients"})
_REACHED = frozenset({"e-mail", "e-mail address", "mail", "address", "phone", "phone number"})
_NOBODY = frozenset({"notify", "contact", "reply", "alert", "report", "to"})
_OUTCOMES = ("status", "outcome", "result", "state", "decision")


def title_of(step: tree.Step) -> str:
    """A few words: the step's documentation when it is short, else its name."""
    first = step.doc.strip().split("\n")[0].strip().rstrip(".")
    return first if 0 < len(first) <= 40 else humanize(step.id)


def connector_words(name: str) -> str:
    return humanize(name.rsplit("/", 1)[-1])


def tool_words(tool: str, connector: str) -> str:
    """A tool without a title: ``get_order`` of ``shop`` as "Get order from Shop"."""
    phrase, where = humanize(tool), connector_words(connector)
    words = phrase.split(" ")
    if words[0].lower() in _FROM:
        return f"{phrase} from {where}"
    return f"{phrase} in {where}" if len(words) > 1 else f"{phrase} with {where}"


def tool_title(tool: Tool) -> str:
    """The title a connector gives its tool, made safe to show: one line of letters, not too long; "" without one."""
    return clip("".join(sign if sign.isprintable() else " " for sign in tool.title).strip(" ."))


def approver_words(approvers: tuple[tree.Approver, ...], terms: Terms) -> str:
    return listed([_approver(one, terms) for one in approvers], "or") or "somebody"


def _approver(approver: tree.Approver, terms: Terms) -> str:
    match approver.name:
        case tree.Constant(value=str() as name):
            return with_article(plain_words(name)) if approver.by == "role" else name
        case other:
            return f"the {approver.by} of {value_words(other, terms)}"


def sentence_of(kind: tree.Kind, terms: Terms) -> str:
    """What a step does, in one sentence without a full stop."""
    match kind:
        case tree.Call():
            return _call(kind, terms)
        case tree.RunWorkflow(alias=alias):
            return f"Run the workflow {terms.uses[alias].name if alias in terms.uses else alias}"
        case tree.Agent(tools=tools):
            if not tools:
                return "Let an AI agent answer"
            count = len(tools)
            return f"Let an AI agent work, with {count} tool{'' if count == 1 else 's'}"
        case tree.Approve(approvers=approvers, quorum=quorum, within_ms=within):
            both = f" ({quorum} of them)" if quorum and quorum > 1 else ""
            deadline = f", within {deadline_words(within)}" if within else ""
            return f"Ask {approver_words(approvers, terms)} to approve{both}{deadline}"
        case tree.If():
            return capital(arm_label(kind, "then", terms))
        case tree.Switch(subject=subject):
            return f"Choose by {value_words(subject, terms)}"
        case tree.Parallel(join=join):
            return _PARALLEL[join]
        case tree.Do():
            return "Do these steps in order"
        case tree.Foreach(concurrency=concurrency):
            at_once = f", {concurrency} at a time" if concurrency and concurrency > 1 else ""
            return f"For each {_each(kind)}{at_once}"
        case tree.Loop(test=tree.Constant(), max=most):
            return f"Repeat, at most {most} times"
        case tree.Loop(mode=mode, test=test, max=most):
            return f"Repeat {mode} {condition_words(test, terms)}, at most {most} times"
        case tree.Wait():
            return _wait(kind, terms)
        case tree.Let(value=value):
            return _let(value, terms)
        case tree.Return(value=value):
            return _return(value, terms)
        case tree.Fail(code=code, message=message):
            if isinstance(message, tree.Constant) and isinstance(message.value, str) and message.value:
                return f"Stop with an error: {clip(message.value.rstrip('.'))}"
            return f"Stop with an error: {plain_words(code) or code}"
        case tree.Broken():
            return "This step cannot be read"
        case _:
            assert_never(kind)


_PARALLEL = {
    "all": "Do these at the same time",
    "any": "Do these at the same time, until one is done",
    "settle": "Do these at the same time, whatever fails",
}


def _call(call: tree.Call, terms: Terms) -> str:
    connector = terms.uses[call.alias].name if call.alias in terms.uses else call.alias
    tool = None if terms.catalog is None else terms.catalog.tool(connector, call.tool)
    title = "" if tool is None else tool_title(tool)
    if not title:
        return tool_words(call.tool, connector)
    told = capital(title) + _whereto(call, title, terms)
    return (
        f"{_connector_title(connector, terms)}: {small(told)}" if _shared(title, connector, terms) else told
    )


def _connector_title(connector: str, terms: Terms) -> str:
    known = None if terms.catalog is None else terms.catalog.connectors.get(connector)
    return (known.title if known else "") or connector_words(connector)


def _shared(title: str, connector: str, terms: Terms) -> bool:
    """Whether another connector of this workflow has a tool of the same title."""
    others = {use.name for use in terms.uses.values() if use.source == "mcp"} - {connector}
    known = () if terms.catalog is None else terms.catalog.connectors.values()
    return any(
        tool_title(tool).casefold() == title.casefold()
        for other in known
        if other.name in others
        for tool in other.tools.values()
    )


def _whereto(call: tree.Call, title: str, terms: Terms) -> str:
    """For messages: " to the customer", " in #finance"."""
    for arg in call.args:
        if arg.name in _RECIPIENT and " to " not in f" {title} ":
            return f" to {_recipient(arg.value, terms)}"
        if (
            arg.name == "channel"
            and isinstance(arg.value, tree.Constant)
            and isinstance(arg.value.value, str)
        ):
            return f" in {clip(arg.value.value, 30)}" if arg.value.value else ""
    return ""


def _recipient(value: tree.Expr, terms: Terms) -> str:
    chain = chain_of(value)
    if chain is None or len(chain) < 2:
        return value_words(value, terms, 40)
    last, owner = plain_words(chain[-1]), chain[-2]
    if last.endswith(" e-mail"):
        whose = last.removesuffix(" e-mail")
        return "the address given" if whose in _NOBODY else f"the {whose}"
    if chain[0] in ("input", "config") and len(chain) == 2:
        return "the address given" if last in _REACHED | _RECIPIENT else value_words(value, terms, 40)
    # The fields of a step are what it found out, not whom to write to: "the order e-mail".
    if last in _REACHED and (len(chain) > 2 or owner not in terms.steps):
        return f"the {entity_of(owner, terms) if len(chain) == 2 else plain_words(owner)}"
    return value_words(value, terms, 40)


def _each(each: tree.Foreach) -> str:
    """ "order" for the items of ``recent.orders``, whatever the variable is called."""
    chain = chain_of(each.items)
    words = plain_words(chain[-1]) if chain is not None and len(chain) > 1 else ""
    return singular(words) if singular(words) != words else plain_words(each.variable)


def _wait(wait: tree.Wait, terms: Terms) -> str:
    if wait.ms is not None:
        return f"Wait {duration_words(wait.ms)}"
    if wait.until is not None:
        return f"Wait until {value_words(wait.until, terms)}"
    return f'Wait for the event "{wait.event or ""}"'


def _let(value: tree.Expr, terms: Terms) -> str:
    match value:
        case tree.Constant(value=""):
            return "Note an empty text"
        case tree.Template():
            return "Put together a text"
        case tree.ListOf():
            return "Put together a list"
        case tree.MapOf():
            return _with(value, "Put together")
        case tree.MethodCall(target=target, method="filter") if has_words(target, terms):
            return f"Choose from {value_words(target, terms)}"
        case tree.MethodCall(target=target, method="map") if has_words(target, terms):
            return f"Collect from {value_words(target, terms)}"
        case tree.Binary(op=">" | ">=" | "<" | "<=" | "==" | "!=" | "&&" | "||" | "in") | tree.Unary(op="!"):
            return f"Check whether {condition_words(value, terms)}"
        case tree.Constant() | tree.Duration() | tree.Name() | tree.Member():
            return f"Note {value_words(value, terms)}"
        case _:
            return f"Work out {value_words(value, terms)}"


def _return(value: tree.Expr, terms: Terms) -> str:
    match value:
        case tree.MapOf(entries=entries):
            for key, item in entries:
                match key, item:
                    case tree.Constant(value=str() as name), tree.Constant(value=str() as text) if text:
                        if name in _OUTCOMES:
                            return f"Finish: {clip(text.replace('_', ' '))}"
            return _with(value, "Finish with")
        case tree.Constant(value=None):
            return "Finish"
        case _:
            return f"Finish with {value_words(value, terms)}"


def _with(value: tree.MapOf, verb: str) -> str:
    """The names of what is put together: "Finish with ticket ID and priority"."""
    names = [
        plain_words(key.value)
        for key, item in value.entries
        if isinstance(key, tree.Constant)
        and isinstance(key.value, str)
        and not (isinstance(item, tree.Constant) and item.value is None)
    ]
    return clip(f"{verb} {listed(names)}") if names else verb.removesuffix(" with")


def arm_words(kind: tree.If | tree.Switch, index: int, terms: Terms) -> str:
    """When a branch is taken: "the order total is over 100", "paid or shipped"."""
    tests = kind.arms[index].tests
    if isinstance(kind, tree.If):
        return condition_words(tests[0], terms) if tests else ""
    return listed([value_words(test, terms, 30) for test in tests], "or")


def arm_label(kind: tree.Kind, slot: str, terms: Terms) -> str:
    """What stands above a branch on the canvas: "if the order total is over 100", "otherwise", "when rejected"."""
    match kind:
        case tree.If():
            if slot == "else":
                return "otherwise"
            index = 0 if slot == "then" else int(slot.removeprefix("elif"))
            words = arm_words(kind, index, terms)
            if words in ("always", "never"):
                return words
            return f"{'if' if index == 0 else 'or if'} {words or '...'}"
        case tree.Switch():
            if slot == "default":
                return "anything else"
            return f"when {arm_words(kind, int(slot.removeprefix('case')), terms)}"
        case tree.Approve():
            return {"reject": "when rejected", "timeout": "when nobody decides"}.get(slot, "when approved")
        case _:
            return ""


def way_on(kind: tree.Kind, slot: str, terms: Terms) -> str:
    """The label of a branch that the text leaves out: where the run goes then."""
    if isinstance(kind, tree.Approve):
        return "no answer: fail" if slot == "timeout" else "rejected: fail"
    return f"{arm_label(kind, slot, terms)}: go on"


def rescue_label(codes: tuple[str, ...]) -> str:
    """What stands above a catch."""
    return f"if it fails ({listed(list(map(plain_words, codes)), 'or')})" if codes else "if it fails"


__all__ = [
    "approver_words",
    "arm_label",
    "arm_words",
    "connector_words",
    "humanize",
    "rescue_label",
    "sentence_of",
    "source_words",
    "title_of",
    "tool_title",
    "tool_words",
    "way_on",
]
