"""Steps, blocks and clauses, and the workflow itself."""

from __future__ import annotations

from typing import Any, Literal

from lark import Token

from dsl import tree
from dsl.building.reading import (
    Child,
    Item,
    cover,
    current_reading,
    documentation,
    expressions,
    extent,
    milliseconds,
    nodes,
    of,
    plain,
    tokens,
    whole,
)
from dsl.tree import Span


def _named(kids: list[Child]) -> dict[str, Any]:
    """The lines of a construct by name; saying one twice is a mistake, and the first stands."""
    found: dict[str, Any] = {}
    for item in of(kids, Item):
        if item.name in found:
            name = item.name.replace("_", " ")
            current_reading().problem("E001", f"`{name}` stands here twice", "keep one of them", item.span)
        found.setdefault(item.name, item.value)
    return found


def _lines(kids: list[Child]) -> tuple[tree.Line, ...]:
    return tuple(tree.Line(item.name, item.span) for item in of(kids, Item))


def _args(kids: list[Child]) -> tuple[tree.Arg, ...]:
    return next((item.value for item in of(kids, Item) if item.name == "args"), ())


def _braces(kids: list[Child]) -> tuple[Span, Span]:
    """The place of ``{ ... }`` with and without its braces."""
    opening, closing = tokens(kids, "LBRACE")[0], kids[-1]
    span = Span(extent(opening).start, extent(closing).end)
    return span, Span(extent(opening).end, extent(closing).start)


def _block(kids: list[Child]) -> tree.Block:
    span, inner = _braces(kids)
    result = next((item.value for item in of(kids, Item) if item.name == "yield"), None)
    return tree.Block(of(kids, tree.Step), result, span, inner)


class Simple:
    """Steps without a block of their own."""

    def call(self, kids: list[Child]) -> tree.Call:
        alias, tool = kids[1], kids[3]
        args_span = Span(extent(kids[4]).start, extent(kids[-1]).end)
        return tree.Call(str(alias), str(tool), _args(kids), cover([alias, tool]), args_span, cover(kids))

    def run(self, kids: list[Child]) -> tree.RunWorkflow:
        args_span = Span(extent(kids[2]).start, extent(kids[-1]).end)
        return tree.RunWorkflow(str(kids[1]), _args(kids), extent(kids[1]), args_span, cover(kids))

    def let_(self, kids: list[Child]) -> tree.Let | tree.Broken:
        return kids[1] if isinstance(kids[1], tree.Broken) else tree.Let(kids[1], cover(kids))

    def return_(self, kids: list[Child]) -> tree.Return:
        return tree.Return(kids[1], cover(kids))

    def fail_(self, kids: list[Child]) -> tree.Fail:
        return tree.Fail(plain(kids[1]), kids[3] if len(kids) > 3 else None, cover(kids))

    def wait_for(self, kids: list[Child]) -> tree.Wait:
        return tree.Wait(milliseconds(kids[1]), None, None, None, cover(kids))

    def wait_until(self, kids: list[Child]) -> tree.Wait:
        return tree.Wait(None, kids[2], None, None, cover(kids))

    def wait_event(self, kids: list[Child]) -> tree.Wait:
        when = kids[3].value if len(kids) > 3 else None
        return tree.Wait(None, None, plain(kids[2]), when, cover(kids))


class Agents:
    def agent(self, kids: list[Child]) -> tree.Agent:
        said = _named(kids)
        return tree.Agent(
            kids[1],
            said.get("system"),
            said.get("prompt"),
            said.get("tools", ()),
            said.get("output"),
            said.get("max_turns"),
            said.get("budget"),
            cover(kids),
            _lines(kids),
        )

    def system(self, kids: list[Child]) -> Item:
        return Item("system", kids[1], cover(kids))

    def prompt(self, kids: list[Child]) -> Item:
        return Item("prompt", kids[1], cover(kids))

    def tools(self, kids: list[Child]) -> Item:
        names = [kid for kid in kids[1:] if kid.type not in ("DOT", "COMMA")]
        pairs = zip(names[::2], names[1::2], strict=True)
        refs = tuple(tree.ToolRef(str(alias), str(tool), cover([alias, tool])) for alias, tool in pairs)
        return Item("tools", refs, cover(kids))

    def agent_output(self, kids: list[Child]) -> Item:
        return Item("output", kids[1], cover(kids))

    def max_turns(self, kids: list[Child]) -> Item:
        return Item("max_turns", whole(kids[1]), cover(kids))

    def budget(self, kids: list[Child]) -> Item:
        return Item("budget", kids[1], cover(kids))


class Approvals:
    def approve(self, kids: list[Child]) -> tree.Approve:
        said = _named(kids)
        return tree.Approve(
            of(kids, tree.Approver),
            said.get("title"),
            said.get("show", ()),
            said.get("quorum"),
            said.get("within"),
            said.get("escalate"),
            said.get("on_reject"),
            said.get("on_timeout"),
            cover(kids),
            _lines(kids),
        )

    def role(self, kids: list[Child]) -> tree.Approver:
        return tree.Approver("role", kids[1], cover(kids))

    def user(self, kids: list[Child]) -> tree.Approver:
        return tree.Approver("user", kids[1], cover(kids))

    def title(self, kids: list[Child]) -> Item:
        return Item("title", kids[1], cover(kids))

    def show(self, kids: list[Child]) -> Item:
        return Item("show", expressions(kids), cover(kids))

    def quorum(self, kids: list[Child]) -> Item:
        return Item("quorum", whole(kids[1]), cover(kids))

    def within(self, kids: list[Child]) -> Item:
        return Item("within", milliseconds(kids[1]), cover(kids))

    def escalate(self, kids: list[Child]) -> Item:
        value = tree.Escalation(milliseconds(kids[2]), kids[4], cover(kids))
        return Item("escalate", value, cover(kids))

    def on_reject(self, kids: list[Child]) -> Item:
        return Item("on_reject", kids[2], cover(kids))

    def on_timeout(self, kids: list[Child]) -> Item:
        return Item("on_timeout", kids[2], cover(kids))


class Control:
    def do_(self, kids: list[Child]) -> tree.Do:
        return tree.Do(kids[1], cover(kids))

    def block(self, kids: list[Child]) -> tree.Block:
        return _block(kids)

    def yield_(self, kids: list[Child]) -> Item:
        return Item("yield", kids[1], cover(kids))

    def if_(self, kids: list[Child]) -> tree.If:
        first = tree.Arm((kids[1],), kids[2], cover(kids[:3]))
        otherwise = next((item.value for item in of(kids, Item)), None)
        return tree.If((first, *of(kids, tree.Arm)), otherwise, cover(kids))

    def elif_(self, kids: list[Child]) -> tree.Arm:
        return tree.Arm((kids[2],), kids[3], cover(kids))

    def else_(self, kids: list[Child]) -> Item:
        return Item("else", kids[1], cover(kids))

    def switch_(self, kids: list[Child]) -> tree.Switch:
        otherwise = next((item.value for item in of(kids, Item)), None)
        return tree.Switch(kids[1], of(kids, tree.Arm), otherwise, cover(kids))

    def case_(self, kids: list[Child]) -> tree.Arm:
        return tree.Arm(expressions(kids), kids[-1], cover(kids))

    def default_case(self, kids: list[Child]) -> Item:
        return Item("default", kids[1], cover(kids))

    def parallel(self, kids: list[Child]) -> tree.Parallel:
        join: Literal["all", "any", "settle"] = "all"
        if isinstance(kids[1], Item) and kids[1].name == "join":
            join = kids[1].value
        return tree.Parallel(join, _block(kids), cover(kids))

    def join_all(self, kids: list[Child]) -> Item:
        return Item("join", "all", cover(kids))

    def join_any(self, kids: list[Child]) -> Item:
        return Item("join", "any", cover(kids))

    def join_settle(self, kids: list[Child]) -> Item:
        return Item("join", "settle", cover(kids))

    def foreach(self, kids: list[Child]) -> tree.Foreach:
        count = tokens(kids, "INT")
        concurrency = whole(count[0]) if count else None
        return tree.Foreach(str(kids[1]), kids[3], concurrency, kids[-1], cover(kids))

    def loop(self, kids: list[Child]) -> tree.Loop:
        said = _named(kids)
        mode: Literal["while", "until"] = "while" if "while" in said else "until"
        limit = whole(tokens(kids, "INT")[0])
        return tree.Loop(said.get("carry"), mode, said[mode], limit, kids[-1], cover(kids))

    def carry(self, kids: list[Child]) -> Item:
        return Item("carry", (str(kids[1]), kids[3]), cover(kids))

    def while_(self, kids: list[Child]) -> Item:
        return Item("while", kids[1], cover(kids))

    def until_(self, kids: list[Child]) -> Item:
        return Item("until", kids[1], cover(kids))


class Clauses:
    def after(self, kids: list[Child]) -> tree.After:
        return tree.After(tuple(str(id) for id in tokens(kids, "ID")), cover(kids))

    def timeout(self, kids: list[Child]) -> tree.Timeout:
        return tree.Timeout(milliseconds(kids[1]), cover(kids))

    def retry(self, kids: list[Child]) -> tree.Retry:
        said = _named(kids)
        first, last = said.get("backoff", (None, None))
        return tree.Retry(whole(kids[1]), first, last, said.get("on", ()), cover(kids))

    def backoff(self, kids: list[Child]) -> Item:
        times = [milliseconds(token) for token in tokens(kids, "DURATION")]
        return Item("backoff", (times[0], times[1] if len(times) > 1 else None), cover(kids))

    def retry_on(self, kids: list[Child]) -> Item:
        return Item("on", tuple(plain(code) for code in tokens(kids, "STRING")), cover(kids))

    def key(self, kids: list[Child]) -> tree.Key:
        return tree.Key(kids[1], cover(kids))

    def compensate(self, kids: list[Child]) -> tree.Compensate:
        return tree.Compensate(kids[1], cover(kids))

    def catch_(self, kids: list[Child]) -> tree.Catch:
        codes = tuple(plain(code) for code in tokens(kids, "STRING"))
        variable = next((str(id) for id in tokens(kids, "ID")), None)
        return tree.Catch(codes, variable, kids[-1], cover(kids))


class Steps(Simple, Agents, Approvals, Control, Clauses):
    def annotation(self, kids: list[Child]) -> tree.Annotation:
        return tree.Annotation(str(kids[1]), _args(kids), cover(kids))

    def step(self, kids: list[Child]) -> tree.Step:
        id = next(kid for kid in kids if isinstance(kid, Token) and kid.type == "ID")
        annotations = of(kids, tree.Annotation)
        kind, *clauses = [node for node in nodes(kids) if not isinstance(node, tree.Annotation)]
        return tree.Step(
            str(id), kind, tuple(clauses), documentation(kids), annotations, extent(id), cover(kids)
        )

    def start(self, kids: list[Child]) -> tree.Workflow:
        name = tokens(kids, "ID")[0]
        span, inner = _braces(kids)
        heads = tuple(node for node in nodes(kids) if not isinstance(node, tree.Step))
        body = tree.Block(of(kids, tree.Step), None, span, inner)
        return tree.Workflow(str(name), documentation(kids), heads, body, extent(name), cover(kids))
