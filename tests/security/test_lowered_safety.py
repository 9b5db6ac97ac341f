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


GATE = BASE[BASE.index("  step gate:") : BASE.index("  step refund:")]
REFUND = BASE[BASE.index("  step refund:") : BASE.rindex("}")]
CAREFUL = f"""{REFUND}    key "refund-${{order.id}}"
    compensate {{
      step back: call shop.escalate_ticket(order_id: order.id, summary: "b")
    }}
    catch "timeout" as e {{
      step late: call shop.escalate_ticket(order_id: order.id, summary: "late")
    }}
"""


def told(old: str, new: str) -> str:
    base = BASE.replace(REFUND, CAREFUL) if old == CAREFUL else BASE
    assert old in base
    assert not prove(base, CATALOG).errors
    return " ".join(losses(base, prove(base.replace(old, new), CATALOG), CATALOG))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (GATE, "", "Nobody is asked at `approval` any more. `refund` no longer waits for the approval"),
        ('"finance_manager"', '"support"', "Others can say yes at `approval` than before"),
        ('role "finance_manager"', 'role "finance_manager", role "support"', "More people can say yes at"),
        ("within 1h", 'within 1h\n      escalate after 1m to role "support"', "More people can say yes at"),
        ("quorum 2", "quorum 1", "Fewer people must say yes at `approval`"),
        ("= 100.0", "= 9000.0", "is asked for less often: the limit rises from 100.00 to 9000.00."),
        ("> config.limit {", "> config.limit && false {", "The approval `approval` is asked for less often"),
        ("> config.limit {", "> 9000.0 {", "The approval `approval` is asked for less often"),
        (GATE + REFUND, REFUND + GATE, "`refund` no longer waits for the approval `approval`."),
        (GATE + REFUND, f"  step both: parallel {{\n{GATE}{REFUND}  }}\n", "no longer waits"),
        (
            REFUND,
            REFUND + '  step more: call shop.escalate_ticket(order_id: "a", summary: "b")\n',
            "`more` calls `shop.escalate_ticket`, which changes things outside",
        ),
        (
            "within 1h",
            "within 9h",
            "The question at `approval` stays open longer: 9 hours instead of 1 hour.",
        ),
        ("within 1h", "", "The question at `approval` stays open longer: 3 days instead of 1 hour."),
        (
            "within 1h",
            "within 1h\n      on timeout {}",
            "When nobody answers in time at `approval`, the run goes on",
        ),
        ("within 1h", "within 1h\n      on reject {}", "After a no at `approval`, the run goes on"),
        ("amount: order.total", "amount: 1.0", "`amount` says how much money moves"),
        (CAREFUL, REFUND, "When `refund` is tried again, it may happen twice"),
        (CAREFUL, REFUND, "What `refund` did stays when a later step fails"),
        (CAREFUL, REFUND, "An error is no longer caught: when `refund` fails"),
    ],
)
def test_what_is_taken_away_is_said(old: str, new: str, said: str) -> None:
    assert said in told(old, new)


def test_a_second_way_around_the_approval_is_said() -> None:
    early = GATE.replace(
        "step gate:", "step early: call shop.process_refund(order_id: order.id, amount: 1.0)\n  step gate:"
    )
    assert "moves money, and nobody is asked before" in told(GATE, early)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("step approval", "step other"),
        ('"Refund?"', '"Refund it?"'),
        ("quorum 2", "quorum 3"),
        ("within 1h", "within 30m"),
        ("within 1h", 'within 1h\n      on timeout {\n        step late: fail "late"\n      }'),
    ],
)
def test_what_takes_nothing_away_is_not_made_a_fuss_of(old: str, new: str) -> None:
    assert told(old, new) == ""


def test_money_that_nobody_spoke_of_is_named_in_a_new_workflow_too() -> None:
    found = prove(BASE, CATALOG)
    assert losses("", found, CATALOG, "Look up the order and tell me its status") == (
        "It calls `shop.process_refund`, which moves money: what you wrote does not speak of that.",
    )
    assert losses("", found, CATALOG, "When the order is large ask finance, then give the money back") == ()
    assert losses("", found, CATALOG, "Refund the order") == ()
    assert losses("", found, CATALOG) == ()
