"""The sample shop: orders, refunds and support tickets.

`python -m connectors.samples.shop --data DIR` serves it over stdio.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from connectors.samples import orders
from connectors.samples.refusal import Refusal, answering
from connectors.samples.standalone import serve_stdio
from connectors.samples.store import Store, key_of

REFUND_WINDOW_DAYS = 90

Status = Literal["paid", "shipped", "delivered", "refunded"]
OrderId = Annotated[str, Field(description="Number of the order, for example A-1001", min_length=1)]
Key = Annotated[
    str,
    Field(description="The same key does the thing once and returns the first answer again", max_length=500),
]


class Customer(BaseModel):
    id: str
    name: str
    email: str


class Item(BaseModel):
    sku: str
    title: str
    quantity: int
    price: float = Field(description="Price of one piece")


class Order(BaseModel):
    id: str
    status: Status
    total: float = Field(description="Total amount of the order, in its currency")
    currency: str
    placed_at: str = Field(description="When the order was placed, ISO 8601")
    customer: Customer
    items: list[Item]
    refunded: float = Field(description="How much has been refunded already")


class Orders(BaseModel):
    orders: list[Order]
    count: int


class Eligibility(BaseModel):
    order_id: str
    eligible: bool = Field(description="Whether the order may be refunded")
    reason: str = Field(description="Why, or why not")
    max_amount: float = Field(description="The most that can be refunded")


class Refund(BaseModel):
    id: str
    order_id: str
    amount: float
    currency: str
    status: Literal["refunded"]
    created_at: str


class Ticket(BaseModel):
    ticket_id: str
    status: Literal["open"]


def shop(data: Path) -> MCPServer[Any]:
    """A shop server on `data`/shop.db, seeded at its first start."""
    store = Store(data / "shop.db", orders.prepare)
    server = MCPServer[Any](
        "shop",
        title="Shop",
        instructions="A small sample shop with orders to look up and to refund.",
        version="1.0.0",
        log_level="WARNING",
    )
    read = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    write = ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    money = ToolAnnotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
    )

    @server.tool(
        title="Get an order",
        description="Look up one order by its number: items, total, customer.",
        annotations=read,
    )
    @answering
    async def get_order(order_id: OrderId) -> Order:
        return _order(store, order_id)

    @server.tool(
        title="List orders",
        description="Find orders, newest first, optionally of one customer or in one status.",
        annotations=read,
    )
    @answering
    async def list_orders(
        customer_email: Annotated[str, Field(description="Only orders of this customer")] = "",
        status: Annotated[Status | None, Field(description="Only orders in this status")] = None,
        limit: Annotated[int, Field(description="How many at most", ge=1, le=200)] = 50,
    ) -> Orders:
        found = store.rows(
            "SELECT * FROM orders WHERE (? = '' OR customer_email = ?) AND (? IS NULL OR status = ?)"
            " ORDER BY placed_at DESC, id LIMIT ?",
            (customer_email, customer_email, status, status, limit),
        )
        return Orders(orders=[_read_order(store, row) for row in found], count=len(found))

    @server.tool(
        title="Check refund eligibility",
        description="Check whether an order is eligible for a refund, why, and how much can be refunded.",
        annotations=read,
    )
    @answering
    async def check_refund_eligibility(
        order_id: OrderId, reason: Annotated[str, Field(description="Why the customer wants it")] = ""
    ) -> Eligibility:
        return _eligibility(_row(store, order_id))

    @server.tool(
        title="Refund an order",
        description="Process a refund: pay back an amount of an order to the customer.",
        annotations=money,
    )
    @answering
    async def process_refund(
        context: Context[Any, Any],
        order_id: OrderId,
        amount: Annotated[float, Field(description="How much to refund, in the order's currency", gt=0)],
        reason: Annotated[str, Field(description="Why, for the books")] = "",
        idempotency_key: Key = "",
    ) -> Refund:
        return store.once(
            "process_refund",
            key_of(idempotency_key, context),
            {"order_id": order_id, "amount": amount, "reason": reason},
            Refund,
            lambda: _refund(store, order_id, amount, reason),
        )

    @server.tool(
        title="Escalate to support",
        description="Open a support ticket about an order, so that a person looks into it.",
        annotations=write,
    )
    @answering
    async def escalate_ticket(
        context: Context[Any, Any],
        order_id: OrderId,
        summary: Annotated[str, Field(description="What is the matter", min_length=1)],
        priority: Annotated[
            Literal["low", "normal", "high"], Field(description="How urgent it is")
        ] = "normal",
        idempotency_key: Key = "",
    ) -> Ticket:
        return store.once(
            "escalate_ticket",
            key_of(idempotency_key, context),
            {"order_id": order_id, "summary": summary, "priority": priority},
            Ticket,
            lambda: _ticket(store, order_id, summary, priority),
        )

    return server


def _row(store: Store, order_id: str) -> sqlite3.Row:
    found = store.rows("SELECT * FROM orders WHERE id = ?", (order_id,))
    if not found:
        raise Refusal(
            "order_not_found", f"there is no order {order_id!r}; list_orders shows those that exist"
        )
    return found[0]


def _order(store: Store, order_id: str) -> Order:
    return _read_order(store, _row(store, order_id))


def _read_order(store: Store, row: sqlite3.Row) -> Order:
    items = store.rows("SELECT * FROM items WHERE order_id = ? ORDER BY sku", (row["id"],))
    return Order(
        id=row["id"],
        status=row["status"],
        total=row["total_cents"] / 100,
        currency=row["currency"],
        placed_at=row["placed_at"],
        customer=Customer(id=row["customer_id"], name=row["customer_name"], email=row["customer_email"]),
        items=[
            Item(
                sku=item["sku"],
                title=item["title"],
                quantity=item["quantity"],
                price=item["price_cents"] / 100,
            )
            for item in items
        ],
        refunded=row["refunded_cents"] / 100,
    )


def _eligibility(row: sqlite3.Row) -> Eligibility:
    left = row["total_cents"] - row["refunded_cents"]
    days = row["delivered_days_ago"]
    refusal = None
    if left <= 0:
        refusal = "the order has been refunded already"
    elif row["status"] == "shipped":
        refusal = "the order is on its way; it can be refunded once it has been delivered"
    elif days is not None and days > REFUND_WINDOW_DAYS:
        refusal = f"the order was delivered {days} days ago; refunds end after {REFUND_WINDOW_DAYS} days"
    if refusal is not None:
        return Eligibility(order_id=row["id"], eligible=False, reason=refusal, max_amount=0)
    reason = "the order has not been sent yet" if days is None else f"the order was delivered {days} days ago"
    return Eligibility(order_id=row["id"], eligible=True, reason=reason, max_amount=left / 100)


def _refund(store: Store, order_id: str, amount: float, reason: str) -> Refund:
    # Whether the order should be refunded is for the caller to check and decide; that money never leaves
    # twice is ours.
    row = _row(store, order_id)
    cents = round(amount * 100)
    left = row["total_cents"] - row["refunded_cents"]
    if left <= 0:
        raise Refusal("already_refunded", f"the order {order_id} has been refunded already")
    if cents < 1:
        raise Refusal("invalid_amount", f"{amount} is less than one cent")
    if cents > left:
        raise Refusal(
            "amount_exceeds_total",
            f"{amount:.2f} is more than order {order_id} has left to refund: {left / 100:.2f} {row['currency']}",
        )
    created_at = _now()
    number = store.connection.execute(
        "INSERT INTO refunds (order_id, amount_cents, reason, created_at) VALUES (?, ?, ?, ?)",
        (order_id, cents, reason, created_at),
    ).lastrowid
    store.connection.execute(
        "UPDATE orders SET refunded_cents = refunded_cents + ?,"
        " status = CASE WHEN refunded_cents + ? = total_cents THEN 'refunded' ELSE status END WHERE id = ?",
        (cents, cents, order_id),
    )
    return Refund(
        id=f"R-{number:04}",
        order_id=order_id,
        amount=cents / 100,
        currency=row["currency"],
        status="refunded",
        created_at=created_at,
    )


def _ticket(store: Store, order_id: str, summary: str, priority: str) -> Ticket:
    _row(store, order_id)
    number = store.connection.execute(
        "INSERT INTO tickets (order_id, summary, priority, created_at) VALUES (?, ?, ?, ?)",
        (order_id, summary, priority, _now()),
    ).lastrowid
    return Ticket(ticket_id=f"T-{number:04}", status="open")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    serve_stdio(shop)
