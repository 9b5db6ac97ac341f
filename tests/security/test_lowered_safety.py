"""A model that was talked into it takes safety away: whatever way it does so, the person is told first."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.catalog import Catalog
from studio.designer.proving import prove
from studio.designer.safety import losses

BASE = """workflow w {
  use shop: mcp "shop"
  input {
    order_id: string,
  }
  config {
    limit: float = 100.0,
  }

  step order: call shop.get_order(order_id: input.order_id)
  step gate: if order.total > config.limit {
    step approval: approve by role "finance_manager" {
      title "Refund?"
      quorum 2
      within 1h
    }
  }
  step refund: call shop.process_refund(order_id: order.id, amount: order.total)
}
"""
CATALOG = Catalog.model_validate_json(Path("examples/catalog.json").read_text())


def told(old: str, new: str) -> str:
    assert old in BASE
    assert not prove(BASE, CATALOG).errors
    return " ".join(losses(BASE, prove(BASE.replace(old, new), CATALOG), CATALOG))


GATE = BASE[BASE.index("  step gate:") : BASE.index("  step refund:")]
REFUND = BASE[BASE.index("  step refund:") : BASE.rindex("}")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (GATE, "", "nobody is asked any more"),
        ("step approval", "step other", "taken away; 'other' is asked instead"),
        ('"finance_manager"', '"support"', "support instead of finance_manager"),
        ('role "finance_manager"', 'role "finance_manager", role "support"', "More people can approve"),
        ("within 1h", 'within 1h\n      escalate after 1m to role "support"', "More people can approve"),
        ("quorum 2", "quorum 1", "1 instead of 2"),
        ("= 100.0", "= 9000.0", "config.limit (9000.0); before, when order.total > config.limit (100.0)"),
        ("> config.limit {", "> config.limit && false {", "is asked when"),
        (GATE + REFUND, REFUND + GATE, "shop.process_refund no longer waits for the approval 'approval'"),
        (GATE + REFUND, f"  step both: parallel {{\n{GATE}{REFUND}  }}\n", "no longer waits"),
        (
            REFUND,
            REFUND + '  step more: call shop.escalate_ticket(order_id: "a", summary: "b")\n',
            "can now also call",
        ),
    ],
)
def test_what_is_taken_away_is_said(old: str, new: str, said: str) -> None:
    assert said in told(old, new)


def test_a_second_way_around_the_approval_is_said() -> None:
    early = GATE.replace(
        "step gate:", "step early: call shop.process_refund(order_id: order.id, amount: 1.0)\n  step gate:"
    )
    assert "no longer waits" in told(GATE, early)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("amount: order.total", "amount: 1.0"),
        ('"Refund?"', '"Refund it?"'),
        ("quorum 2", "quorum 3"),
    ],
)
def test_what_takes_nothing_away_is_not_made_a_fuss_of(old: str, new: str) -> None:
    assert told(old, new) == ""
