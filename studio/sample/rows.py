"""Orders and sent mail of the sample business, from what its tools answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order; amounts are words with their currency, `refunded` is "" for none."""

    id: str
    customer: str
    email: str
    goods: str
    total: str
    refunded: str
    status: str
    placed: str


@dataclass(frozen=True, slots=True)
class MailRow:
    """One message in the outbox."""

    id: str
    recipient: str
    subject: str
    body: str
    sent: str


def orders(answer: Mapping[str, Any]) -> list[OrderRow]:
    """From `shop.list_orders`."""
    return [_order(each) for each in answer.get("orders", ())]


def _order(order: Mapping[str, Any]) -> OrderRow:
    customer = order.get("customer") or {}
    currency = str(order.get("currency", ""))
    refunded = float(order.get("refunded") or 0)
    return OrderRow(
        id=str(order.get("id", "")),
        customer=str(customer.get("name", "")),
        email=str(customer.get("email", "")),
        goods=", ".join(
            f"{each.get('quantity', 1)} × {each.get('title', '')}" for each in order.get("items", ())
        ),
        total=money(order.get("total", 0), currency),
        refunded=money(refunded, currency) if refunded else "",
        status=str(order.get("status", "")),
        placed=str(order.get("placed_at", "")),
    )


def money(amount: float, currency: str) -> str:
    """ "1,249.90 EUR" """
    return f"{float(amount):,.2f} {currency}".strip()


def outbox(answer: Mapping[str, Any]) -> list[MailRow]:
    """From `mail.list_outbox`, latest first."""
    rows = [
        MailRow(
            id=str(each.get("id", "")),
            recipient=str(each.get("to", "")),
            subject=str(each.get("subject", "")),
            body=str(each.get("body", "")),
            sent=str(each.get("sent_at", "")),
        )
        for each in answer.get("messages", ())
    ]
    return sorted(rows, key=lambda each: each.sent, reverse=True)
