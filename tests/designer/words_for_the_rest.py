"""Edits of conditions, names, tools, texts, triggers and declarations: requests in several words."""

from __future__ import annotations

from collections.abc import Callable

from dsl import tree
from tests.designer.after import After

Check = Callable[[After], object]
Row = tuple[str, tuple[str, ...], Check]
REST: list[Row] = [
    # ---- conditions -----------------------------------------------------------------------------------
    (
        "refunds",
        (
            "only do this for orders over 50",
            "only continue if the total is over 50",
            "only for orders over 50, do this",
        ),
        lambda a: a.order("order", a.new()[0].step.id, "eligibility") and "order.total <= 50.0" in a.text,
    ),
    (
        "refunds",
        (
            "only send the mail if the total is over 50",
            "send the mail only for orders over 50",
            "send the mail only when the total is more than 50",
        ),
        lambda a: a.inside("notify").endswith("/then") and "order.total > 50.0" in a.text,
    ),
    (
        "refunds",
        (
            "skip the approval for orders under 200 euros",
            "no approval for orders under 200 euros",
            "only ask for approval over 200",
        ),
        lambda a: a.field("config", "threshold").endswith("200.0"),
    ),
    (
        "payments",
        ("only pay if the purchase order matches", "pay only if the purchase order matches"),
        lambda a: a.inside("payment").endswith("/then") and "if matched.matched" in a.text,
    ),
    (
        "sales",
        (
            "send the welcome only when the score is at least 40",
            "don't send the mail to leads with a score under 40",
            "only send the welcome if the score is at least 40",
        ),
        lambda a: a.inside("welcome").endswith("/then") and "lead.score >= 40" in a.text,
    ),
    (
        "payments",
        ("always ask the accountant", "ask the accountant in all cases"),
        lambda a: a.inside("accountant") == "" and "big" not in a.ids(),
    ),
    # ---- together -------------------------------------------------------------------------------------
    (
        "sales",
        (
            "do the assign and the ping at the same time",
            "run the assignment and the ping in parallel",
            "assign and ping at once",
        ),
        lambda a: isinstance(
            a.at(a.inside("ping").split("/")[0].rpartition(".")[2]).step.kind, tree.Parallel
        ),
    ),
    (
        "goods",
        (
            "print a label for every item rather than once",
            "do the label for each item instead of once",
            "print the label once per item",
        ),
        lambda a: (
            isinstance(a.at(a.inside("label").split("/")[0]).step.kind, tree.Foreach)
            and ".sku" in a.source("label")
        ),
    ),
    # ---- less -----------------------------------------------------------------------------------------
    (
        "refunds",
        (
            "remove the e-mail",
            "don't send the mail",
            "take out the mail",
            "we don't need the e-mail any more",
            "no more mail please",
        ),
        lambda a: "notify" not in a.ids() and a.order("refund", "done"),
    ),
    (
        "payments",
        ("remove the cfo approval", "skip the approval of the cfo", "we don't need the cfo's approval"),
        lambda a: "chief" not in a.ids() and "accountant" in a.ids(),
    ),
    (
        "goods",
        ("remove the label", "don't print the label", "the label is not needed"),
        lambda a: "label" not in a.ids(),
    ),
    # ---- other names, other tools, other words --------------------------------------------------------
    (
        "refunds",
        (
            "rename notify to goodbye",
            "the step notify should be called goodbye",
            "call the step notify 'goodbye'",
        ),
        lambda a: a.kinds() == {"step_renamed"} and "goodbye" in a.ids(),
    ),
    (
        "refunds",
        ("rename the input reason to why", "rename the field reason to why"),
        lambda a: "input.why" in a.text and "reason: input.reason" not in a.text,
    ),
    (
        "sales",
        ("use the old CRM instead of the CRM", "use legacy_crm.get_lead for the lead"),
        lambda a: len(a.calls("legacy_crm.get_lead")) == 1 and a.calls("crm.get_lead") == [],
    ),
    (
        "sales",
        ("use the other mail tool", "use postbox instead of mail", "use postbox.send for the welcome"),
        lambda a: [p.step.id for p in a.calls("postbox.send")] == ["welcome"],
    ),
    (
        "sales",
        (
            "post to Slack instead of sending the mail",
            "use slack for the welcome",
            "replace the mail by a slack message",
        ),
        lambda a: len(a.calls("slack.post_message")) == 2 and a.calls("mail.send") == [],
    ),
    (
        "sales",
        (
            'change the text of the mail to "Hello {contact name}, see you"',
            'the mail should say "Hello {contact name}, see you"',
            'set the body of the welcome to "Hello {contact name}, see you"',
        ),
        lambda a: 'body: "Hello ${lead.contact.name}, see you"' in a.source("welcome"),
    ),
    (
        "sales",
        (
            "mention the company in the mail",
            "include the company in the text of the mail",
            "the mail should mention the company",
        ),
        lambda a: "${lead.company}" in a.source("welcome"),
    ),
    (
        "sales",
        (
            "send the mail to sales@example.com instead",
            "the welcome should go to sales@example.com",
            "change the recipient of the mail to sales@example.com",
        ),
        lambda a: 'to: "sales@example.com"' in a.source("welcome"),
    ),
    (
        "sales",
        (
            "post it in #leads instead",
            "the ping should go to #leads",
            "change the channel of the ping to #leads",
        ),
        lambda a: 'channel: "#leads"' in a.source("ping"),
    ),
    # ---- starting -------------------------------------------------------------------------------------
    (
        "payments",
        (
            "run it every Monday at 8 (Berlin)",
            "run it on Mondays at 8 in Berlin instead",
            "change the schedule to every Monday at 8",
        ),
        lambda a: a.triggers()[0].startswith('schedule "0 8 * * MON" timezone "Europe/Berlin"'),
    ),
    (
        "payments",
        ("run it at 4 instead", "run it at 4 instead of 2", "start it at 4"),
        lambda a: a.triggers()[0].startswith('schedule "0 4 * * *"'),
    ),
    (
        "payments",
        (
            "stop running it nightly",
            "remove the schedule",
            "don't run it every night any more",
            "turn off the nightly schedule",
        ),
        lambda a: a.triggers() == [],
    ),
    (
        "payments",
        ("start it when an invoice arrives instead", "run it when an invoice arrives instead"),
        lambda a: a.triggers() == ['event "invoice.arrive" with (invoice_id: event.invoice_id)'],
    ),
    (
        "payments",
        ("also let me start it by hand", "also start it manually", "add a manual trigger"),
        lambda a: len(a.triggers()) == 2 and "manual" in a.triggers(),
    ),
    (
        "outages",
        ('run it on the event "service.down" instead', 'start it when "service.down" instead'),
        lambda a: a.triggers() == ['event "service.down" with (alert_id: event.alert_id)'],
    ),
    # ---- declarations ---------------------------------------------------------------------------------
    (
        "goods",
        ("make the limit a setting", "turn the 20 into a setting", "the limit should be a setting"),
        lambda a: (
            a.field("config", "limit") == "limit: int = 20" and "level.quantity < config.limit" in a.text
        ),
    ),
    (
        "goods",
        ("add an input called note", "add a text input named note", "take a note as an input"),
        lambda a: a.field("input", "note") == "note: string",
    ),
    (
        "sales",
        ("make the lead id optional", "the lead id should be optional"),
        lambda a: a.field("input", "lead_id") == "lead_id: string?",
    ),
    (
        "goods",
        ("also return the supplier", "return the supplier too", "add the supplier to the result"),
        lambda a: "supplier: delivery.supplier" in a.source("done"),
    ),
    (
        "refunds",
        ('set the default of the reason to "unknown"', 'the reason should default to "unknown"'),
        lambda a: a.field("input", "reason").endswith('= "unknown"'),
    ),
]
