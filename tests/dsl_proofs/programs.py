"""Ways to ask one proof of a small text, over the sample catalog with tools that do one thing each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dsl.catalog import Catalog, Connector, Schema, Tool, WorkflowInterface
from dsl.checks import leaked_secret, not_undone, race, retried, unapproved
from dsl.checks.subject import Subject, subject_of
from dsl.diagnostic import Diagnostic
from dsl.parse import parse
from dsl.policy import Policy, ToolRule

CHECKS: dict[str, Callable[[Subject], Iterator[Diagnostic]]] = {
    "E401": retried.check,
    "E402": unapproved.check,
    "E403": leaked_secret.check,
    "W404": race.check,
    "W504": not_undone.check,
}
KEYED: Schema = {"type": "object", "properties": {"idempotency_key": {"type": "string"}}}
ANY: Schema = {"type": "object", "additionalProperties": True}
ORDER: Schema = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "total": {"type": "number"}, "fee": {"type": "number"}},
}


def _tool(name: str, takes: Schema = ANY, **more: Any) -> Tool:
    return Tool(name=name, input_schema=takes, **more)


CATALOG = Catalog(
    connectors={
        "shop": Connector(
            name="shop",
            tools={
                "get": _tool("get", output_schema=ORDER, effect="read"),
                "pay": _tool("pay"),
                "charge": _tool("charge", KEYED, idempotent=True),
                "write": _tool("write"),
                "set": _tool("set"),
                "erase": _tool("erase"),
                "worst": _tool("worst"),
            },
        ),
        "mail": Connector(name="mail", tools={"send": _tool("send"), "post": _tool("post")}),
    },
    workflows={"other": WorkflowInterface(name="other", input_schema=ANY, output_schema={})},
    roles=frozenset({"manager", "finance", "support"}),
    users=frozenset({"ann@example.com"}),
    policy=Policy(
        rules=(
            ToolRule(tool="shop.pay", does=("money",), amount="amount", approvers=("manager", "finance")),
            ToolRule(tool="shop.charge", does=("money",), approval="free"),
            ToolRule(tool="shop.write", does=("write",)),
            ToolRule(tool="shop.set", does=("write",), idempotent=True, compensation="needless"),
            ToolRule(tool="shop.erase", does=("delete",), approvers=("manager",)),
            ToolRule(tool="mail.send", does=("send",), approval="free"),
            ToolRule(tool="mail.post", does=("send",), approvers=("support",)),
        )
    ),
)

HEAD = """workflow sample {
  use shop: mcp "shop"
  use mail: mcp "mail"
  use other: workflow "other"
  input { id: string, limit: float = 10.0, flag: bool = false, amounts: float[] = [] }
  config { limit: float = 100.0, fee: float = 2.0 }
  secret token
  step order: call shop.get(id: input.id)
"""


def text_of(steps: str) -> str:
    return f"{HEAD}{steps}\n}}\n"


def told(code: str, steps: str, catalog: Catalog = CATALOG) -> list[Diagnostic]:
    """What one rule says of a body behind a step ``order`` that reads."""
    parsed = parse(text_of(steps))
    assert parsed.diagnostics == (), parsed.diagnostics
    return list(CHECKS[code](subject_of(parsed, catalog)))


def places(code: str, steps: str, catalog: Catalog = CATALOG) -> list[str]:
    """The paths of the steps it is said of, in the order it is said."""
    return [one.step or "" for one in told(code, steps, catalog)]
