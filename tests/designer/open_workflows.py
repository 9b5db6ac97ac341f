"""Workflows that are there already, for trying edits on: six businesses, written by hand in different ways."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dsl.catalog import Catalog
from tests.designer.catalogs import INCIDENTS, INVOICES, LEAVE, SHOP
from tests.designer.more_catalogs import LEADS, WAREHOUSE


@dataclass(frozen=True, slots=True)
class Open:
    """A workflow with what it stands in."""

    text: str
    catalog: Catalog


_EXAMPLES = Path(__file__).parents[2] / "examples"

REFUNDS = Open((_EXAMPLES / "refund.weft").read_text(encoding="utf-8"), SHOP)

PAYMENTS = Open(
    """\
/// Pay supplier invoices: small ones at once, the others after a yes.
workflow pay_invoices {
  use erp: mcp "erp"
  use mail: mcp "mail"
  use slack: mcp "slack"

  input {
    invoice_id: string,
  }
  output {
    status: "paid" | "rejected" | "mismatch",
  }

  trigger nightly: schedule "0 2 * * *" timezone "Europe/Berlin"
    with (invoice_id: "next")

  step invoice: call erp.get_invoice(id: input.invoice_id)
    timeout 10s

  step matched: call erp.match_purchase_order(invoice_id: invoice.id)
    timeout 20s

  // A small difference is no reason to stop.
  step mismatch: if matched.difference > 5.0 {
    step warn: call slack.post_message(channel: "#invoices", text: "Invoice ${invoice.id} does not match")
      timeout 10s
    step stopped: return { status: "mismatch" }
  }

  step big: if invoice.amount > 1000.0 {
    step accountant: approve by role "accountant" {
      title "Pay ${invoice.id}?"
      show invoice
      within 1d
      on reject {
        step refused: return { status: "rejected" }
      }
    }
  }

  step huge: if invoice.amount > 10000.0 {
    step chief: approve by role "cfo" {
      title "Pay ${invoice.id} over ${money(invoice.amount)}?"
      within 2d
      on reject {
        step denied: return { status: "rejected" }
      }
    }
  }

  step payment: call erp.pay_invoice(invoice_id: invoice.id, amount: invoice.amount)
    key "pay-${invoice.id}"
    timeout 30s
    retry 3 backoff 1s to 1m

  step advice: call mail.send(
    to: invoice.supplier.email,
    subject: "Payment of ${invoice.id}",
    body: "Dear ${invoice.supplier.name}, your invoice ${invoice.id} is paid.",
  )
    timeout 30s

  step done: return { status: "paid" }
}
""",
    INVOICES,
)

HOLIDAYS = Open(
    """\
workflow leave {
  use hr: mcp "hr"
  use cal: mcp "calendar"
  use mail: mcp "mail"

  input { request_id: string }
  output { status: "booked" | "declined" }

  step request: call hr.get_leave_request(request_id: input.request_id)
    timeout 10s
  step balance: call hr.get_leave_balance(employee_id: request.employee.id)
    timeout 10s

  step enough: if balance.days_left >= request.days {
    step yes: approve by role "team_lead" {
      title "Leave for ${request.employee.name}?"
      show request
      within 1d
      on reject {
        step decline: call hr.decline_leave_request(request_id: request.id, note: "not possible then")
          timeout 10s
        step declined: return { status: "declined" }
      }
    }
    step book: call hr.book_leave(employee_id: request.employee.id, start: request.start, end: request.end)
      key "leave-${request.id}"
      timeout 20s
    step entry: call cal.create_event(title: "${request.employee.name} away", start: request.start, end: request.end)
      timeout 20s
    step tell: call mail.send(to: request.employee.email, subject: "Your leave", body: "It is booked.")
      timeout 30s
    step booked: return { status: "booked" }
  } else {
    step too_short: call mail.send(to: request.employee.email, subject: "Your leave", body: "Too few days are left.")
      timeout 30s
  }
  step end: return { status: "declined" }
}
""",
    LEAVE,
)

OUTAGES = Open(
    """\
/// An alert that is bad enough becomes an incident; the service is restarted and looked at again.
workflow outage {
  use ops: mcp "ops"
  use slack: mcp "slack"

  input {
    alert_id: string,
  }

  trigger alert: event "alert.raised"
    with (alert_id: event.alert_id)

  step alert: call ops.get_alert(alert_id: input.alert_id)
    timeout 10s

  step harmless: if alert.error_rate < 0.05 {
    step ignored: return { incident: null }
  }

  step incident: call ops.create_incident(title: "Trouble with ${alert.service}", severity: alert.severity)
    key "incident-${alert.id}"
    timeout 20s

  step announce: call slack.post_message(channel: "#ops", text: "Looking at ${alert.service}")
    timeout 10s

  step restart: call ops.restart_service(service: alert.service)
    timeout 2m

  step settle: wait 1d

  step watch: loop until watch.last.healthy max 10 {
    step pause: wait 30s
    step health: call ops.check_service_health(service: alert.service)
      timeout 10s
    yield health
  }

  step done: return { incident: incident.id }
}
""",
    INCIDENTS,
)

SALES = Open(
    """\
workflow new_lead {
  use crm: mcp "crm"
  use mail: mcp "mail"
  use slack: mcp "slack"

  input {
    lead_id: string,
  }
  config {
    /// Leads from this score on are worth a call.
    min_score: int = 60,
  }

  step lead: call crm.get_lead(lead_id: input.lead_id)
    timeout 10s

  step good: if lead.score >= config.min_score {
    step assign: call crm.assign_lead(lead_id: lead.id, owner: "anna")
      key "assign-${lead.id}"
      timeout 20s
    step ping: call slack.post_message(channel: "#sales", text: "New lead: ${lead.company}")
      timeout 10s
  } else {
    step lost: call crm.update_lead(lead_id: lead.id, stage: "lost")
      key "lost-${lead.id}"
      timeout 20s
  }

  step welcome: call mail.send(
    to: lead.contact.email,
    subject: "Hello ${lead.contact.name}",
    body: \"\"\"
      Hello ${lead.contact.name},

      we will call you.
      \"\"\",
  )
    timeout 30s

  step done: return { lead_id: lead.id }
}
""",
    LEADS,
)

GOODS = Open(
    """\
workflow goods_in {
  use stock: mcp "stock"
  use mail: mcp "mail"

  input {
    delivery_id: string,
    buyer_email: string = "buyer@example.com",
  }

  step delivery: call stock.get_delivery(delivery_id: input.delivery_id)
    timeout 10s

  step each_item: foreach item in delivery.items concurrency 4 {
    step store: call stock.move_items(sku: item.sku, shelf: item.shelf)
      timeout 20s
    step level: call stock.check_stock(sku: item.sku)
      timeout 10s
    step low: if level.quantity < 20 {
      step more: call stock.reorder(sku: item.sku, quantity: 100)
        key "reorder-${item.sku}"
        timeout 20s
    }
    yield level.quantity
  }

  step label: call stock.print_label(sku: delivery.id)
    timeout 20s

  step report: call mail.send(to: input.buyer_email, subject: "Delivery ${delivery.id}", body: "All is stored.")
    timeout 30s
    retry 2 backoff 1s to 10s

  step done: return { delivery_id: delivery.id }
}
""",
    WAREHOUSE,
)

ALL = {
    "refunds": REFUNDS,
    "payments": PAYMENTS,
    "holidays": HOLIDAYS,
    "outages": OUTAGES,
    "sales": SALES,
    "goods": GOODS,
}
