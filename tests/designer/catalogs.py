"""Catalogs the designer is tried on: the sample shop, invoices, leave at work, and incidents."""

from __future__ import annotations

from typing import Any

from dsl.catalog import Catalog, Connector, Tool
from dsl.policy import Policy, ToolRule
from engine.sample_policy import SAMPLE_POLICY
from tests.policies import FREE

Schema = dict[str, Any]


def obj(required: str = "", /, **fields: Any) -> Schema:
    """An object schema; ``required`` names fields apart by spaces, "*" means all."""
    must = list(fields) if required == "*" else required.split()
    return {"type": "object", "properties": fields, "required": must}


STR: Schema = {"type": "string"}
NUM: Schema = {"type": "number"}
INT: Schema = {"type": "integer"}
BOOL: Schema = {"type": "boolean"}


def enum(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def array(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def tool(name: str, description: str, takes: Schema, gives: Schema | None, *, reads: bool = False) -> Tool:
    keyed = "idempotency_key" in takes["properties"]
    return Tool(
        name=name,
        description=description,
        input_schema=takes,
        output_schema=gives,
        effect="read" if reads else "write",
        idempotent=reads or keyed,
        pin="0" * 64,
    )


def connector(name: str, title: str, *tools: Tool) -> Connector:
    return Connector(name=name, title=title, tools={t.name: t for t in tools})


def catalog(*connectors: Connector, roles: str, policy: Policy = FREE) -> Catalog:
    known = {c.name: c for c in connectors}
    return Catalog(connectors=known, roles=frozenset(roles.split()), policy=policy)


ORDER = obj(
    "*",
    id=STR,
    status=STR,
    total=NUM,
    currency=STR,
    placed_at=STR,
    customer=obj("*", id=STR, name=STR, email=STR),
    items=array(obj("*", sku=STR, title=STR, quantity=INT, price=NUM)),
    refunded=NUM,
)

MAIL = connector(
    "mail",
    "Mail",
    tool(
        "send",
        "Send an e-mail to one person.",
        obj("to subject body", to=STR, subject=STR, body=STR, idempotency_key=STR),
        obj("*", id=STR, status=STR),
    ),
    tool(
        "list_outbox",
        "List the messages that were sent, newest first.",
        obj(limit=INT),
        obj("*", messages=array(obj("*", id=STR, to=STR, subject=STR, body=STR, sent_at=STR)), count=INT),
        reads=True,
    ),
)

SHOP = catalog(
    connector(
        "shop",
        "Shop",
        tool(
            "get_order",
            "Get one order with its customer, items and total.",
            obj("order_id", order_id=STR),
            ORDER,
            reads=True,
        ),
        tool(
            "list_orders",
            "List orders, newest first, by customer or status.",
            obj(customer_email=STR, status=enum("paid", "shipped", "delivered", "refunded"), limit=INT),
            obj("*", orders=array(ORDER), count=INT),
            reads=True,
        ),
        tool(
            "check_refund_eligibility",
            "Check whether an order can still be refunded, and up to which amount.",
            obj("order_id", order_id=STR, reason=STR),
            obj("*", order_id=STR, eligible=BOOL, reason=STR, max_amount=NUM),
            reads=True,
        ),
        tool(
            "process_refund",
            "Refund an amount of an order to its customer.",
            obj("order_id amount", order_id=STR, amount=NUM, reason=STR, idempotency_key=STR),
            obj("*", id=STR, order_id=STR, amount=NUM, currency=STR, status=STR, created_at=STR),
        ),
        tool(
            "escalate_ticket",
            "Escalate a case about an order to a person in support.",
            obj(
                "order_id summary",
                order_id=STR,
                summary=STR,
                priority=enum("low", "normal", "high"),
                idempotency_key=STR,
            ),
            obj("*", ticket_id=STR, status=STR),
        ),
    ),
    MAIL,
    connector(
        "http",
        "HTTP",
        tool(
            "request",
            "Send one HTTP request to a public address and give its answer.",
            obj(
                "method url",
                method=enum("GET", "POST", "PUT", "PATCH", "DELETE"),
                url=STR,
                headers={"type": "object"},
                body={},
            ),
            obj("*", status=INT, headers={"type": "object"}, body={}),
        ),
    ),
    roles="manager finance_manager support",
    policy=SAMPLE_POLICY,
)

INVOICE = obj(
    "*",
    id=STR,
    supplier=obj("*", name=STR, email=STR),
    amount=NUM,
    currency=STR,
    due_date=STR,
    status=enum("open", "overdue", "paid", "disputed"),
    purchase_order_id=STR,
    discount_percent=NUM,
)

INVOICES = catalog(
    connector(
        "erp",
        "ERP",
        tool("get_invoice", "Read one supplier invoice.", obj("id", id=STR), INVOICE, reads=True),
        tool(
            "list_invoices",
            "List supplier invoices by status.",
            obj(status=enum("open", "overdue", "paid", "disputed")),
            obj("*", invoices=array(INVOICE)),
            reads=True,
        ),
        tool(
            "match_purchase_order",
            "Compare an invoice with its purchase order.",
            obj("invoice_id", invoice_id=STR),
            obj("*", matched=BOOL, difference=NUM, note=STR),
            reads=True,
        ),
        tool(
            "post_invoice",
            "Post an invoice to the ledger.",
            obj("id", id=STR, idempotency_key=STR),
            obj("*", posting_id=STR),
        ),
        tool(
            "pay_invoice",
            "Pay an invoice by bank transfer.",
            obj("invoice_id amount", invoice_id=STR, amount=NUM, idempotency_key=STR),
            obj("*", payment_id=STR, status=STR),
        ),
    ),
    connector(
        "slack",
        "Slack",
        tool(
            "post_message",
            "Post a message to a channel.",
            obj("channel text", channel=STR, text=STR),
            obj("*", ts=STR),
        ),
    ),
    MAIL,
    roles="accountant finance_manager cfo",
)

LEAVE = catalog(
    connector(
        "hr",
        "HR",
        tool(
            "get_leave_request",
            "Read a request for leave.",
            obj("request_id", request_id=STR),
            obj(
                "*",
                id=STR,
                employee=obj("*", id=STR, name=STR, email=STR),
                start=STR,
                end=STR,
                days=INT,
                kind=enum("vacation", "sick", "unpaid"),
            ),
            reads=True,
        ),
        tool(
            "get_leave_balance",
            "How many days of leave an employee has left.",
            obj("employee_id", employee_id=STR),
            obj("*", employee_id=STR, days_left=INT),
            reads=True,
        ),
        tool(
            "book_leave",
            "Book an employee's leave in the personnel system.",
            obj("employee_id start end", employee_id=STR, start=STR, end=STR, idempotency_key=STR),
            obj("*", booking_id=STR),
        ),
        tool(
            "decline_leave_request",
            "Decline a request for leave.",
            obj("request_id", request_id=STR, note=STR),
            obj("*", status=STR),
        ),
    ),
    connector(
        "calendar",
        "Team calendar",
        tool(
            "create_event",
            "Put an event into the team's calendar.",
            obj("title start end", title=STR, start=STR, end=STR),
            obj("*", id=STR),
        ),
    ),
    MAIL,
    roles="hr_manager team_lead",
)

INCIDENTS = catalog(
    connector(
        "ops",
        "Operations",
        tool(
            "get_alert",
            "Read one monitoring alert.",
            obj("alert_id", alert_id=STR),
            obj(
                "*",
                id=STR,
                service=STR,
                severity=enum("low", "medium", "critical"),
                error_rate={"type": "number", "maximum": 1, "description": "Share of failing requests"},
                acknowledged=BOOL,
            ),
            reads=True,
        ),
        tool(
            "restart_service",
            "Restart a service in production.",
            obj("service", service=STR),
            obj("*", restarted=BOOL),
        ),
        tool(
            "create_incident",
            "Open an incident.",
            obj(
                "title severity",
                title=STR,
                severity=enum("low", "medium", "critical"),
                service=STR,
                idempotency_key=STR,
            ),
            obj("*", id=STR, url=STR),
        ),
        tool(
            "check_service_health",
            "Check whether a service answers.",
            obj("service", service=STR),
            obj("*", healthy=BOOL, latency_ms=INT),
            reads=True,
        ),
    ),
    connector(
        "slack",
        "Slack",
        tool(
            "post_message",
            "Post a message to a channel.",
            obj("channel text", channel=STR, text=STR),
            obj("*", ts=STR),
        ),
    ),
    roles="sre incident_commander",
    # Opening an incident tells people of it; it gets in the way of nothing else in there.
    policy=Policy(rules=(*FREE.rules, ToolRule(tool="ops.create_incident", does=("send",)))),
)
