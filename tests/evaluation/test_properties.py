"""Every property holds of what has it, and fails, with a reason, for what has not."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

import dsl
from studio.designer.evaluation import Reading, Result, judge, read_catalog
from studio.designer.evaluation.cron import CronError, next_fires
from studio.designer.evaluation.properties import Property

PROPERTY: TypeAdapter[Any] = TypeAdapter(Property)
SHOP = read_catalog("shop")

REFUND = """workflow refund {
  use shop: mcp "shop"
  use mail: mcp "mail"
  use desk: mcp "desk"
  input {
    order_id: string,
    limit: float = 5.0,
  }
  config {
    threshold: float = 100.0,
  }
  secret shop_webhook_key
  trigger daily: schedule "0 9 * * MON-FRI" timezone "Europe/Paris" with (order_id: "A-1")
  trigger hook: webhook POST "/refunds" verify hmac_sha256(event, secrets.shop_webhook_key)
    with (order_id: event.body.order)

  step order: call shop.get_order(order_id: input.order_id)
    timeout 10s
    retry 3 backoff 2s

  // Nobody waits below it.
  step gate: if order.total > config.threshold {
    step approval: approve by role "manager" {
      title "Refund ${order.id}?"
      quorum 2
      within 24h
      escalate after 12h to role "finance"
      on reject {
        step refused: call mail.send_email(to: order.customer.email, subject: "No", body: "No refund.")
          timeout 10s
        step over: return "refused"
      }
    }
  }

  step refund: call shop.process_refund(order_id: order.id, amount: order.total)
    timeout 30s
    compensate {
      step back: call desk.open_ticket(subject: "Take it back", description: order.id)
        timeout 10s
    }

  step pause: wait 2h

  step notify: call mail.send_email(to: order.customer.email, subject: "Refunded", body: "Done: ${order.total}")
    timeout 30s
    catch as problem {
      step note: call shop.update_order_note(order_id: order.id, note: problem.message)
        timeout 10s
    }
}
"""
LOOKS = """workflow looks {
  use shop: mcp "shop"
  use mail: mcp "mail"
  use desk: mcp "desk"
  trigger placed: event "order.placed"

  step looks: parallel {
    step late: call shop.list_orders(status: "delivered")
    step tickets: call desk.find_tickets(state: "open")
    step after_tickets: call desk.find_tickets(state: "closed")
      after late
  }
  step checks: foreach order in late.orders concurrency 5 {
    step check: call shop.check_refund_eligibility(order_id: order.id)
    yield check.reason
  }
  step chase: loop until chase.last.status == "delivered" max 4 {
    step again: call shop.get_order(order_id: "A-1")
    yield again
  }
  step told: call mail.send_email(to: "dana@shop.example", subject: "Late", body: "${checks}")
}
"""
NOTHING = "workflow nothing {\n  step done: return true\n}\n"


def total(amount: float) -> dict[str, Any]:
    return {"shop.get_order": {"total": amount}}


HELD: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("calls", REFUND, {"tools": ["shop.get_order", "x.y|mail.send_email"]}, {"tools": ["shop.cancel_order"]}),
    (
        "only_calls",
        LOOKS,
        {"tools": ["mail.send_email"], "effects": True},
        {"tools": ["shop.get_order", "shop.list_orders"], "effects": True},
    ),
    ("only_calls", LOOKS, {"tools": ["shop.*", "desk.*", "mail.*"]}, {"tools": ["shop.*", "mail.*"]}),
    ("never_calls", REFUND, {"tools": ["shop.cancel_order"]}, {"tools": ["mail.*"]}),
    (
        "order",
        REFUND,
        {"first": "shop.get_order", "then": "shop.process_refund"},
        {"first": "shop.process_refund", "then": "mail.send_email"},
    ),
    (
        "order",
        REFUND,
        {"first": "shop.process_refund", "then": "shop.update_order_note", "loose": True},
        {"first": "shop.update_order_note", "then": "shop.process_refund", "loose": True},
    ),
    (
        "order",
        LOOKS,
        {"first": "shop.check_refund_eligibility", "then": "mail.send_email"},
        {"first": "mail.send_email", "then": "shop.check_refund_eligibility"},
    ),
    (
        "argument",
        REFUND,
        {"tool": "mail.send_email", "argument": "to", "source": "shop.get_order.customer.email"},
        {"tool": "mail.send_email", "argument": "to", "source": "shop.get_order.customer.name"},
    ),
    (
        "argument",
        LOOKS,
        {"tool": "mail.send_email", "argument": "body", "source": "shop.check_refund_eligibility"},
        {"tool": "mail.send_email", "argument": "body", "source": "desk.find_tickets"},
    ),
    (
        "argument",
        LOOKS,
        {"tool": "shop.list_orders", "argument": "status", "equals": "delivered"},
        {"tool": "shop.list_orders", "argument": "status", "equals": "open"},
    ),
    (
        "argument",
        REFUND,
        {"tool": "mail.send_email", "argument": "subject|body", "contains": "refunded"},
        {"tool": "mail.send_email", "argument": "subject|body", "contains": "voucher"},
    ),
    (
        "approval",
        REFUND,
        {"before": "shop.process_refund", "role": "manager", "within": "1d", "sometimes": True},
        {"before": "shop.process_refund", "role": "manager", "within": "1d"},
    ),
    (
        "approval",
        REFUND,
        {
            "before": "shop.process_refund",
            "quorum": 2,
            "escalate_to": "finance",
            "escalate_after": "12h",
            "sometimes": True,
        },
        {"before": "shop.process_refund", "quorum": 1, "sometimes": True},
    ),
    ("no_approval", LOOKS, {}, {"role": "manager"}),
    ("no_approval", REFUND, {"role": "support"}, {"before": "shop.process_refund"}),
    ("condition", REFUND, {"on": "total|amount", "values": [100.0]}, {"on": "total", "values": [250.0]}),
    ("condition", LOOKS, {"on": "status", "values": ["delivered"]}, {"on": "subject", "values": ["delivered"]}),
    (
        "each",
        LOOKS,
        {"tool": "shop.check_refund_eligibility", "over": "shop.list_orders", "exactly": 5, "most": 5},
        {"tool": "shop.check_refund_eligibility", "over": "desk.find_tickets"},
    ),
    ("each", LOOKS, {"tool": "shop.check_refund_eligibility"}, {"tool": "mail.send_email"}),
    (
        "each",
        LOOKS,
        {"tool": "shop.check_refund_eligibility", "most": 6},
        {"tool": "shop.check_refund_eligibility", "most": 4},
    ),
    ("repeats", LOOKS, {"tool": "shop.get_order", "most": 4}, {"tool": "shop.get_order", "most": 3}),
    (
        "schedule",
        REFUND,
        {"timezone": "Europe/Paris", "after": "2026-12-04T08:00", "fires": ["2026-12-04T09:00", "2026-12-07T09:00"]},
        {"timezone": "Europe/Paris", "after": "2026-12-04T08:00", "fires": ["2026-12-04T09:00", "2026-12-05T09:00"]},
    ),
    ("schedule", REFUND, {"after": "2026-12-04T08:00", "fires": ["2026-12-04T09:00"]}, {
        "timezone": "Europe/Berlin", "after": "2026-12-04T08:00", "fires": ["2026-12-04T09:00"],
    }),
    ("started", REFUND, {"by": "webhook", "path": "refund"}, {"by": "webhook", "path": "orders"}),
    ("started", LOOKS, {"by": "event", "name": "order.placed"}, {"by": "event", "name": "order.paid"}),
    ("not_started", LOOKS, {"by": "schedule"}, {"by": "event"}),
    (
        "waits",
        REFUND,
        {"least": "2h", "most": "2h", "behind": "shop.process_refund", "before": "mail.send_email"},
        {"least": "3h"},
    ),
    ("waits", REFUND, {"before": "mail.send_email"}, {"before": "shop.process_refund"}),
    (
        "step_has",
        REFUND,
        {"tool": "shop.get_order", "timeout": "10s", "retry": 3, "retry_least": 2, "backoff": "2s"},
        {"tool": "shop.get_order", "retry": 4},
    ),
    ("step_has", REFUND, {"tool": "mail.send_email", "timeout": "30s"}, {"tool": "mail.send_email", "timeout": "1m"}),
    (
        "at_once",
        LOOKS,
        {"tools": ["shop.list_orders", "desk.find_tickets"]},
        {"tools": ["shop.list_orders", "mail.send_email"]},
    ),
    (
        "undone",
        REFUND,
        {"tool": "shop.process_refund", "by": "desk.open_ticket"},
        {"tool": "shop.process_refund", "by": "mail.send_email"},
    ),
    (
        "when",
        REFUND,
        {"results": total(200.0), "calls": ["shop.process_refund"], "asks": ["manager"], "ends": "succeeded"},
        {"results": total(200.0), "asks": []},
    ),
    ("when", REFUND, {"results": total(50.0), "asks": []}, {"results": total(50.0), "asks": ["manager"]}),
    (
        "when",
        REFUND,
        {"results": total(200.0), "answer": "rejected", "calls": ["mail.send_email"], "asks": ["manager"]},
        {"results": total(200.0), "answer": "rejected", "calls": ["shop.process_refund"]},
    ),
    (
        "when",
        REFUND,
        {"results": total(50.0), "fails": {"mail.send_email": "down"}, "calls": ["shop.update_order_note"]},
        {"results": total(50.0), "never": ["shop.process_refund"]},
    ),
    (
        "when",
        LOOKS,
        {
            "results": {
                "shop.list_orders": {"orders": [{"id": "1"}, {"id": "2"}]},
                "shop.get_order": {"status": "delivered"},
            },
            "times": {"shop.check_refund_eligibility": 2},
            "passes": {"shop.check_refund_eligibility": {"order_id": "2"}},
        },
        {
            "results": {"shop.list_orders": {"orders": [{"id": "1"}]}, "shop.get_order": {"status": "delivered"}},
            "times": {"shop.check_refund_eligibility": 2},
        },
    ),
    (
        "when",
        REFUND,
        {"input": {"order": "B-7"}, "results": total(5.0), "passes": {"shop.get_order": {"order_id": "B-7"}}},
        {"input": {"order": "B-7"}, "results": total(5.0), "passes": {"shop.get_order": {"order_id": "B-8"}}},
    ),
    ("when", REFUND, {"results": total(200.0), "answer": "expired", "ends": "failed"}, {
        "results": total(200.0), "answer": "expired", "ends": "succeeded",
    }),
    (
        "reaches",
        REFUND,
        {"tools": ["shop.process_refund", "mail.send_email"]},
        {"tools": ["shop.process_refund", "shop.issue_voucher"]},
    ),
    ("has", REFUND, {"name": "approval"}, {"name": "approved"}),
    ("has", REFUND, {"name": "ticket", "gone": True}, {"name": "refund", "gone": True}),
    ("named", REFUND, {"name": "refund"}, {"name": "refunds"}),
    ("clean", REFUND, {"warnings": ["W504", "W303"]}, {}),
]  # fmt: skip


def reading(text: str, **more: Any) -> Reading:
    return Reading(Result(text, more.pop("said", ""), **more), SHOP)


@pytest.mark.parametrize(
    ("sort", "text", "holds", "fails"), HELD, ids=[f"{n}-{one[0]}" for n, one in enumerate(HELD)]
)
def test_a_property_holds_of_what_has_it_and_fails_for_what_has_not(
    sort: str, text: str, holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    read = reading(text)
    assert read.errors == ()
    assert judge(PROPERTY.validate_python({"sort": sort, **holds}), read) == ""
    if sort in ("no_approval",) and text == LOOKS:
        read = reading(REFUND)
    assert judge(PROPERTY.validate_python({"sort": sort, **fails}), read) != ""


NEGATIVE = ("only_calls", "never_calls", "no_approval", "not_started", "clean", "has", "when")
"""What a workflow that does nothing may well have."""


@pytest.mark.parametrize(
    ("sort", "text", "holds", "fails"), HELD, ids=[f"{n}-{one[0]}" for n, one in enumerate(HELD)]
)
def test_a_workflow_that_does_nothing_has_no_property_that_asks_for_something(
    sort: str, text: str, holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    reason = judge(PROPERTY.validate_python({"sort": sort, **holds}), reading(NOTHING))
    assert reason or sort in NEGATIVE


def test_every_sort_of_property_is_in_a_test() -> None:
    union = get_args(get_args(Property)[0])
    sorts = {get_args(one.model_fields["sort"].annotation)[0] for one in union}
    assert sorts == {sort for sort, *_ in HELD} | {"preserved", "same", "says", "silent", "warns"}


def test_an_edit_preserves_what_it_does_not_name() -> None:
    base = dsl.format_text(REFUND)
    kept = PROPERTY.validate_python({"sort": "preserved"})
    inside = (
        "  step wrapped: do {\n"
        + base[base.index("  step pause:") : base.rindex("}")].replace("\n", "\n  ")
        + "}\n}\n"
    )
    for text in (base, dsl.format_text(base[: base.index("  step pause:")] + inside)):
        assert judge(kept, reading(text, base=base)) == ""
    for old, new, name in (
        ("wait 2h", "wait 3h", "pause"),
        ("100.0", "250.0", "threshold"),
        ("within 24h", "within 25h", "approval"),
        ("0 9 * *", "0 8 * *", "daily"),
        ("  step pause: wait 2h\n", "", "pause"),
    ):
        edited = base.replace(old, new)
        assert edited != base
        assert name in judge(kept, reading(edited, base=base))
        assert (
            judge(PROPERTY.validate_python({"sort": "preserved", "but": [name]}), reading(edited, base=base))
            == ""
        )
    lost = base.replace("  // Nobody waits below it.\n", "")
    assert "Nobody waits" in judge(kept, reading(lost, base=base))


def test_what_was_undone_is_what_it_was() -> None:
    same, after_first = ({"sort": "same"}, {"sort": "same", "turn": 0})
    told = {"first_base": REFUND, "earlier": (LOOKS,)}
    assert judge(PROPERTY.validate_python(same), reading(REFUND, **told)) == ""
    assert judge(PROPERTY.validate_python(same), reading(LOOKS, **told)) != ""
    assert judge(PROPERTY.validate_python(after_first), reading(LOOKS, **told)) == ""
    assert judge(PROPERTY.validate_python(after_first), reading(REFUND, **told)) != ""


def test_what_is_said_is_looked_for_in_words_and_warnings() -> None:
    says = PROPERTY.validate_python({"sort": "says", "words": ["fax", "facsimile"]})
    assert judge(says, reading("", said="No tool sends a FAX.")) == ""
    assert judge(says, reading("", said="No tool does that.")) != ""
    silent = PROPERTY.validate_python({"sort": "silent", "words": ["DE00"]})
    assert judge(silent, reading(REFUND, said="Fine.")) == ""
    assert judge(silent, reading(REFUND.replace("Refund ${", "DE00 ${"), said="Fine.")) != ""
    warns = PROPERTY.validate_python({"sort": "warns", "words": ["approval"]})
    assert judge(warns, reading(REFUND, safety=("The approval is gone.",))) == ""
    assert judge(warns, reading(REFUND, safety=("Something else.",))) != ""
    assert judge(warns, reading(REFUND)) != ""


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/20 8-9 * * *", "30 08:00, 30 08:20, 30 08:40, 30 09:00, 30 09:20"),
        ("0 0 L * *", "30 00:00, 31 00:00, 31 00:00, 28 00:00, 31 00:00"),
        ("0 6 1 * MON", "30 06:00, 01 06:00, 07 06:00, 14 06:00, 21 06:00"),
        ("0 6 * * 5-7", "04 06:00, 05 06:00, 06 06:00, 11 06:00, 12 06:00"),
        ("5 4 1 JAN,jul *", "01 04:05, 01 04:05, 01 04:05, 01 04:05"),
    ],
)  # fmt: skip
def test_a_cron_line_fires_when_it_says(cron: str, expected: str) -> None:
    found = next_fires(cron, datetime(2026, 11, 29, 23, 0), 5)
    assert ", ".join(f"{one:%d %H:%M}" for one in found) == expected


@pytest.mark.parametrize("cron", ["0 9 * *", "61 9 * * *", "a b c d e", "5-1 * * * *"])
def test_a_cron_line_that_is_none_is_refused(cron: str) -> None:
    with pytest.raises(CronError):
        next_fires(cron, datetime(2026, 11, 29), 1)
