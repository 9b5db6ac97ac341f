"""A catalog like that of the sample workspace, and ways to ask one question of a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dsl import tree
from dsl.catalog import Catalog, Connector, Tool, WorkflowInterface
from dsl.checks import check
from dsl.diagnostic import Diagnostic
from dsl.parse import parse
from tests.policies import FREE

ROOT = Path(__file__).parents[2]
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
REFUND = (ROOT / "examples" / "refund.weft").read_text(encoding="utf-8")


def fields(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


TITLES = {
    "get_order": "Get an order",
    "check_refund_eligibility": "Check refund eligibility",
    "process_refund": "Refund an order",
    "send": "Send an e-mail",
}


def _tool(name: str, takes: dict[str, Any], gives: dict[str, Any] | None, effect: str = "read") -> Tool:
    return Tool.model_validate(
        {
            "name": name,
            "title": TITLES.get(name, ""),
            "input_schema": takes,
            "output_schema": gives,
            "effect": effect,
            "pin": f"pin-{name}",
        }
    )


def _connector(name: str, *tools: Tool) -> Connector:
    return Connector(name=name, title=name.title(), tools={tool.name: tool for tool in tools})


ORDER = fields(
    "id",
    "total",
    "currency",
    "customer",
    "items",
    id=TEXT,
    status={"enum": ["paid", "shipped", "delivered", "refunded"]},
    total=NUMBER,
    currency=TEXT,
    placed_at=TEXT,
    refunded=NUMBER,
    customer=fields("id", "name", "email", id=TEXT, name=TEXT, email=TEXT),
    items={"type": "array", "items": {"$ref": "#/$defs/Item"}},
) | {
    "$defs": {
        "Item": fields("sku", sku=TEXT, title=TEXT, quantity={"type": "integer"}, price=NUMBER),
    }
}

CATALOG = Catalog(
    connectors={
        "shop": _connector(
            "shop",
            _tool("get_order", fields("order_id", order_id=TEXT), ORDER),
            _tool(
                "check_refund_eligibility",
                fields("order_id", order_id=TEXT, reason=TEXT),
                fields(order_id=TEXT, eligible={"type": "boolean"}, reason=TEXT, max_amount=NUMBER),
            ),
            _tool(
                "process_refund",
                fields("order_id", "amount", order_id=TEXT, amount=NUMBER, reason=TEXT, idempotency_key=TEXT),
                fields(id=TEXT, order_id=TEXT, amount=NUMBER),
                "write",
            ),
            _tool(
                "escalate_ticket",
                fields(
                    "order_id",
                    "summary",
                    order_id=TEXT,
                    summary=TEXT,
                    priority={"anyOf": [{"enum": ["low", "normal", "high"]}, {"type": "null"}]},
                ),
                fields(ticket_id=TEXT),
                "write",
            ),
        ),
        "mail": _connector(
            "mail",
            _tool(
                "send",
                fields("to", "subject", "body", to=TEXT, subject=TEXT, body=TEXT, idempotency_key=TEXT),
                fields(id=TEXT, status=TEXT),
                "write",
            ),
        ),
    },
    workflows={
        "collect": WorkflowInterface(
            name="collect",
            input_schema=fields("customer_id", customer_id=TEXT, amount=NUMBER),
            output_schema=fields(paid={"type": "boolean"}),
        )
    },
    roles=frozenset({"manager", "finance_manager", "support"}),
    users=frozenset({"admin@example.com"}),
    secrets=frozenset({"webhook_key"}),
    policy=FREE,
)

HEAD = """  use shop: mcp "shop"
  use mail: mcp "mail"
  use collect: workflow "collect"
  input { order_id: string, note: string?, amounts: float[] }
  output { status: ("done" | "not_done")?, id: string? }
  config { threshold: float = 100.0 }
  secret webhook_key
"""


def text_of(steps: str, head: str = HEAD) -> str:
    return f"workflow sample {{\n{head}\n{steps}\n}}\n"


OF_WHOLE = frozenset({"W303"})
"""What only a whole workflow can be asked for: that it reads what it declares."""


def problems_of(text: str, catalog: Catalog = CATALOG) -> list[Diagnostic]:
    """The diagnostics of a text whose body is no more than what is being tried."""
    return [one for one in check(parse(text), catalog) if one.code not in OF_WHOLE]


def problems(steps: str, *codes: str, head: str = HEAD, catalog: Catalog = CATALOG) -> list[Diagnostic]:
    """The diagnostics of a body, only those of the given codes when some are given."""
    text = text_of(steps, head)
    if not codes:
        return problems_of(text, catalog)
    return [one for one in check(parse(text), catalog) if one.code in codes]


def underlined(steps: str, *codes: str, head: str = HEAD) -> list[tuple[str, str]]:
    """Code and underlined text of each diagnostic."""
    text = text_of(steps, head)
    return [(d.code, text[d.span.start : d.span.end]) for d in problems(steps, *codes, head=head)]


def expression(source: str) -> tree.Expr:
    step = parse(f"workflow t {{ step x: let {source} }}").workflow.body.steps[0]
    assert isinstance(step.kind, tree.Let)
    return step.kind.value
