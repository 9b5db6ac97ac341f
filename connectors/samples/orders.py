"""The sample shop's orders, made from nothing but the day of the first start.

How long ago an order was delivered is stored as a number of days, so that what may be refunded today may
still be refunded next year.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, currency TEXT NOT NULL, placed_at TEXT NOT NULL,
    delivered_days_ago INTEGER, total_cents INTEGER NOT NULL, refunded_cents INTEGER NOT NULL,
    customer_id TEXT NOT NULL, customer_name TEXT NOT NULL, customer_email TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS items (
    order_id TEXT NOT NULL REFERENCES orders (id), sku TEXT NOT NULL, title TEXT NOT NULL,
    quantity INTEGER NOT NULL, price_cents INTEGER NOT NULL, PRIMARY KEY (order_id, sku)
);
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL REFERENCES orders (id),
    amount_cents INTEGER NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL REFERENCES orders (id),
    summary TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL
);
"""

_CUSTOMERS = (
    ("C-01", "Ada Sample", "ada@example.com"),
    ("C-02", "Ben Sample", "ben@example.com"),
    ("C-03", "Cleo Sample", "cleo@example.com"),
    ("C-04", "Dana Sample", "dana@example.com"),
    ("C-05", "Emil Sample", "emil@example.com"),
    ("C-06", "Fay Sample", "fay@example.com"),
)

_GOODS = (
    ("KB-200", "Mechanical keyboard", 12990),
    ("MS-110", "Wireless mouse", 3950),
    ("HS-310", "Headset", 8900),
    ("MN-270", "Monitor, 27 inch", 31900),
    ("CB-012", "USB-C cable", 1290),
    ("ST-040", "Laptop stand", 6000),
    ("LP-055", "Desk lamp", 4490),
    ("WC-090", "Webcam", 7950),
)


@dataclass(frozen=True)
class SeedOrder:
    """One order of the sample data. `items` are (index of the good, quantity)."""

    id: str
    status: str
    customer: int
    placed_days_ago: int
    delivered_days_ago: int | None
    items: tuple[tuple[int, int], ...]

    @property
    def total_cents(self) -> int:
        return sum(_GOODS[good][2] * quantity for good, quantity in self.items)


def seed_orders() -> tuple[SeedOrder, ...]:
    """The four orders that the examples name, and twenty more; the same at every start, everywhere."""
    named = (
        SeedOrder("A-1001", "delivered", 0, 12, 9, ((0, 1), (5, 2))),
        SeedOrder("A-1002", "delivered", 1, 20, 16, ((1, 1),)),
        SeedOrder("A-1003", "refunded", 2, 41, 36, ((2, 1), (4, 1))),
        SeedOrder("A-1004", "delivered", 3, 146, 140, ((3, 1),)),
    )
    # A fixed seed on purpose: nothing here is secret, all of it must repeat.
    chance = random.Random(1001)
    more = tuple(_drawn(f"A-{number}", chance) for number in range(1005, 1025))
    return named + more


def _drawn(order_id: str, chance: random.Random) -> SeedOrder:
    status = chance.choice(("paid", "shipped", "delivered", "delivered", "delivered", "refunded"))
    placed = chance.randint(2, 60) if status in ("paid", "shipped") else chance.randint(8, 200)
    goods = chance.sample(range(len(_GOODS)), chance.randint(1, 3))
    delivered = max(placed - chance.randint(2, 6), 1) if status in ("delivered", "refunded") else None
    items = tuple((good, chance.randint(1, 2)) for good in sorted(goods))
    return SeedOrder(order_id, status, chance.randrange(len(_CUSTOMERS)), placed, delivered, items)


def prepare(connection: sqlite3.Connection) -> None:
    """Create the tables, and the orders if there are none yet. Runs inside the caller's transaction."""
    for statement in TABLES.split(";"):
        connection.execute(statement)
    if connection.execute("SELECT 1 FROM orders LIMIT 1").fetchone() is not None:
        return
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    for order in seed_orders():
        customer = _CUSTOMERS[order.customer]
        refunded = order.total_cents if order.status == "refunded" else 0
        placed_at = (today - timedelta(days=order.placed_days_ago)).isoformat()
        connection.execute(
            "INSERT INTO orders VALUES (?, ?, 'EUR', ?, ?, ?, ?, ?, ?, ?)",
            (
                order.id,
                order.status,
                placed_at,
                order.delivered_days_ago,
                order.total_cents,
                refunded,
                *customer,
            ),
        )
        for good, quantity in order.items:
            sku, title, price = _GOODS[good]
            connection.execute(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?)", (order.id, sku, title, quantity, price)
            )
