"""Programs that use every part of the language, and a catalog that has what they name."""

from __future__ import annotations

from dsl.catalog import Catalog, Connector, Tool, WorkflowInterface
from tests.dsl_meaning.sample import CATALOG, NUMBER, REFUND, TEXT, fields
from tests.policies import FREE


def _loose(name: str, *tools: str, read: tuple[str, ...] = ()) -> Connector:
    anything = {"type": "object", "additionalProperties": True}
    made = {
        tool: Tool(
            name=tool, input_schema=anything, effect="read" if tool in read else "write", pin=f"pin-{tool}"
        )
        for tool in tools
    }
    return Connector(name=name, tools=made)


WIDE = Catalog(
    connectors={
        **CATALOG.connectors,
        "crm": _loose("crm", "find", "payment_state", read=("find", "payment_state")),
        "erp": _loose("erp", "post_invoice", "find_purchase_order", "lock_period", "export_ledger"),
        "docstore": _loose("docstore", "read_pdf", "render", read=("read_pdf",)),
        "slack": _loose("slack", "post"),
        "payments": _loose("payments", "refund", "reverse_refund"),
    },
    workflows={
        "billing/collect": WorkflowInterface(
            name="billing/collect",
            input_schema=fields("customer_id", customer_id=TEXT, amount=NUMBER),
            output_schema=fields(paid={"type": "boolean"}),
        )
    },
    roles=frozenset({"manager", "director"}),
    policy=FREE,
)

CHASE = """
/// Remind a customer until the invoice is paid.
workflow chase {
  use crm: mcp "crm"
  use mail: mcp "mail"
  use collect: workflow "billing/collect"
  input { customer_id: string?, max_rounds: int = 3, }
  output { paid: bool, rounds: int, }
  secret hook_key

  trigger nightly: schedule "0 9 * * MON-FRI" timezone "Europe/Paris"
  trigger hook: webhook POST "/chase" verify hmac_sha256(event, secrets.hook_key)
    with (customer_id: event.body.customer)
  trigger late: event "invoice.overdue" when event.days > 10
  trigger ui: manual

  step account: call crm.find(id: has(input.customer_id) ? input.customer_id : "all")
    retry 3 on "timeout"
  step rounds: loop with acc = account while !acc.paid && rounds.count < input.max_rounds max 10 {
    step remind: call mail.send(to: acc.email, subject: "Reminder", body: "Please pay")
      key "chase-${acc.id}-${rounds.count}"
    step pause: wait 3d
    step refresh: call crm.find(id: acc.id)
    yield refresh
  }
    catch "exhausted" {
      step collection: run collect(customer_id: account.id, amount: account.balance)
      step handed_over: return { paid: false, rounds: input.max_rounds }
    }
  step poll: loop until poll.last.settled max 20 {
    step tick: wait 30s
    step state: call crm.payment_state(id: account.id)
    yield state
  }
    timeout 1h
    catch "timeout", "exhausted" {
      step give_up: fail "not_settled" with "no settlement within an hour"
    }
  step confirm: wait event "payment.received" when event.customer_id == account.id
    timeout 7d
  step quiet: wait until timestamp(account.next_contact)
  step end: return { paid: true, rounds: rounds.count }
}
"""

BATCH = '''
workflow batch {
  use erp: mcp "erp"
  use docs: mcp "docstore"
  use slack: mcp "slack"
  type Invoice: { id: string, supplier: string, amount: float }
  type Verdict: { decision: "post" | "query" | "fraud", why: string }
  input { invoices: Invoice[], period: string, }
  output { posted: int, queried: int, report_url: string, }

  step results: foreach inv in input.invoices concurrency 5 {
    step triage: agent "balanced" {
      system "You are a careful clerk."
      prompt """
        Invoice ${inv.id} over ${inv.amount}.
        """
      tools docs.read_pdf, erp.find_purchase_order
      output Verdict
      max_turns 4
      budget 0.25
    }
      timeout 2m
    step route: switch triage.decision {
      case "post" {
        step posting: call erp.post_invoice(id: inv.id, amount: inv.amount)
          key "post-${inv.id}"
        yield "posted"
      }
      case "query", "fraud" {
        step ask: call slack.post(channel: "#ap", text: "${inv.id}: ${triage.why}")
      }
    }
    yield { id: inv.id, outcome: route }
  }
    catch "budget_exceeded" as e {
      step tell: call slack.post(channel: "#ops", text: e.message)
      step abort: fail "budget_exceeded" with e.message
    }

  step closing: parallel settle {
    step ledger: do {
      step lock: call erp.lock_period(period: input.period)
      step export: call erp.export_ledger(period: input.period)
      yield export.url
    }
    step stats: let results.filter(r, r.outcome == "posted").size()
    step bad: let results.filter(r, r.outcome == "fraud").map(r, r.id)
    step merge: call docs.render(template: "ap-report", ledger: ledger, posted: stats)
      after ledger, stats
    step warn: if bad.size() > 0 {
      step warn_cfo: call slack.post(channel: "#cfo", text: "fraud: ${bad}")
    } else {}
      after bad
  }
  step done: return { posted: closing.stats.value, queried: 0, report_url: closing.merge.value.url, }
}
'''

GATED = """
workflow gated {
  use pay: mcp "payments"
  use mail: mcp "mail"
  input { amounts: float[] }
  config { limit: float = 100, wait: duration = 24h, names: string[] = ["a", "b"] }

  step gate: if input.amounts.sum() > config.limit {
    step first: approve by role "manager", user "admin@example.com" {
      title "Pay ${input.amounts.sum()}?"
      show input.amounts
      quorum 2
      escalate after 12h to role "director"
      on reject { step no: call pay.reverse_refund() }
      on timeout { step late: fail "late" }
    }
    step inner: call pay.refund(amount: 1)
  } else {
    step other: call pay.refund(amount: 2)
  }
  step many: foreach amount in input.amounts {
    step again: approve by role "manager" { }
    step each: call pay.refund(amount: amount)
  }
  step both: parallel {
    step left: approve by role "manager" { }
    step beside: call pay.refund(amount: 3)
    step right: call pay.refund(amount: 4)
      after left
  }
  step last: call mail.send(to: "x", subject: "y", body: "z")
    catch { step oops: call pay.refund(amount: 5) }
    compensate { step undo: call pay.reverse_refund() }
}
"""

PROGRAMS = {"refund": REFUND, "chase": CHASE, "batch": BATCH, "gated": GATED}
