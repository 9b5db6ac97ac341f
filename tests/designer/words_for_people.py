"""Edits of who is asked, and steps that are added: requests in several words, with what must come of them."""

from __future__ import annotations

from collections.abc import Callable

from dsl import tree
from tests.designer.after import After

Check = Callable[[After], object]
Row = tuple[str, tuple[str, ...], Check]
DAY = 86_400_000

PEOPLE: list[Row] = [
    # ---- people ---------------------------------------------------------------------------------------
    (
        "refunds",
        (
            "ask finance instead",
            "let the finance manager approve instead of the manager",
            "the finance manager should approve, not the manager",
            "replace the manager by the finance manager",
            "the approval should go to finance",
        ),
        lambda a: a.roles("approval") == ["finance_manager"],
    ),
    (
        "refunds",
        (
            "ask the finance manager too",
            "also ask the finance manager",
            "the finance manager must also approve",
            "the manager and the finance manager must both approve",
        ),
        lambda a: (
            [a.roles(p.step.id) for p in a.new()] == [["finance_manager"]]
            and a.order("approval", a.new()[0].step.id, "refund")
        ),
    ),
    (
        "refunds",
        ("two of them must agree", "require two approvals", "two managers must approve", "four eyes, please"),
        lambda a: a.gate("approval").quorum == 2,
    ),
    (
        "refunds",
        (
            "give them 3 days",
            "they have 3 days to decide",
            "the approval should expire after 3 days",
            "extend the deadline to 3 days",
        ),
        lambda a: a.gate("approval").within_ms == 3 * DAY,
    ),
    (
        "refunds",
        (
            "escalate to the finance manager after a day",
            "after a day without an answer, ask the finance manager",
            "if nobody answers within a day, ask the finance manager",
        ),
        lambda a: a.escalates("approval") == DAY,
    ),
    (
        "holidays",
        (
            "if nobody answers, reject",
            "if no one decides in time, treat it as rejected",
            "when it times out, decline it",
        ),
        lambda a: (
            len(a.calls("hr.decline_leave_request")) == 2
            and any(p.container == "enough.yes/timeout" for p in a.new())
        ),
    ),
    (
        "payments",
        ("ask the accountant instead of the cfo", "replace the cfo by the accountant"),
        lambda a: a.roles("chief") == ["accountant"] and a.roles("accountant") == ["accountant"],
    ),
    (
        "payments",
        ("give the accountant 3 days", "the accountant has 3 days", "allow the accountant three days"),
        lambda a: a.gate("accountant").within_ms == 3 * DAY and a.gate("chief").within_ms == 2 * DAY,
    ),
    (
        "payments",
        ("both approvals should have 3 days", "give them all 3 days", "all approvers get 3 days"),
        lambda a: a.gate("accountant").within_ms == a.gate("chief").within_ms == 3 * DAY,
    ),
    (
        "holidays",
        (
            "the hr manager may also approve",
            "let the hr manager or the team lead approve",
            "add the hr manager as an approver",
        ),
        lambda a: a.roles("yes") == ["team_lead", "hr_manager"],
    ),
    (
        "holidays",
        (
            "show the employee's name in the approval",
            "the approval should show the employee's name",
            "let the approver see the employee's name",
        ),
        lambda a: "request.employee.name" in [a.text[e.span.start : e.span.end] for e in a.gate("yes").show],
    ),
    (
        "refunds",
        (
            'change the title of the approval to "Really refund {order id}?"',
            'the question of the approval should be "Really refund {order id}?"',
        ),
        lambda a: 'title "Really refund ${order.id}?"' in a.text,
    ),
    # ---- more steps -----------------------------------------------------------------------------------
    (
        "refunds",
        (
            "add a step that escalates the ticket before the refund",
            "escalate the ticket before the refund",
            "before the refund, escalate the ticket",
        ),
        lambda a: len(a.calls("shop.escalate_ticket")) == 1 and a.order("gate", a.new()[0].step.id, "refund"),
    ),
    (
        "refunds",
        (
            "wait 2 days before the refund",
            "add a wait of two days before the refund",
            "insert a pause of 2 days in front of the refund",
        ),
        lambda a: (
            [a.kind(p.step.id).ms for p in a.new()] == [2 * DAY]
            and a.order("gate", a.new()[0].step.id, "refund")
        ),
    ),
    (
        "refunds",
        (
            "also tell the customer when it is refused",
            "if it is rejected, also e-mail the customer",
            "tell the customer if the manager says no",
        ),
        lambda a: [p.container for p in a.calls("mail.send", a.new())] == ["gate.approval/reject"],
    ),
    (
        "refunds",
        ("if nobody decides in time, tell the customer", "tell the customer when nobody answers"),
        lambda a: [p.container for p in a.calls("mail.send", a.new())] == ["gate.approval/timeout"],
    ),
    (
        "payments",
        (
            "also post it to #finance at the end",
            "post to #finance at the end too",
            "add a message to the #finance channel at the end",
        ),
        lambda a: (
            len(a.calls("slack.post_message", a.new())) == 1
            and a.order("advice", a.calls("slack.post_message", a.new())[0].step.id, "done")
        ),
    ),
    (
        "payments",
        (
            "if the payment fails, tell ops@example.com",
            "tell ops@example.com if the payment fails",
            "when the payment fails, e-mail ops@example.com",
        ),
        lambda a: [p.container for p in a.calls("mail.send", a.new())] == ["payment/catch0"],
    ),
    (
        "payments",
        (
            "the advice may fail",
            "if the advice fails, carry on",
            "ignore it if the advice fails",
            "go on even if the advice fails",
        ),
        lambda a: any(isinstance(c, tree.Catch) for c in a.at("advice").step.clauses),
    ),
    (
        "payments",
        (
            "add an approval by the finance manager before the payment",
            "ask the finance manager to approve before the payment",
        ),
        lambda a: (
            [a.roles(p.step.id) for p in a.new() if isinstance(p.step.kind, tree.Approve)]
            == [["finance_manager"]]
            and a.order("huge", a.new()[0].step.id, "payment")
        ),
    ),
    (
        "sales",
        ("unless it is a VIP, ask the sales manager first", "if it is not a VIP, ask the sales manager"),
        lambda a: "!lead.vip" in a.text and any(isinstance(p.step.kind, tree.Approve) for p in a.new()),
    ),
    (
        "refunds",
        (
            "refunds above 1000 need the finance manager too",
            "refunds over 1000 must be approved by the finance manager",
        ),
        lambda a: "order.total > 1000.0" in a.text and len(a.calls("shop.process_refund")) == 1,
    ),
    (
        "outages",
        ("ask the incident commander before the restart", "restart only if the incident commander approves"),
        lambda a: (
            [p.step.id for p in a.new()][:1] == ["approval"] and a.order("announce", "approval", "restart")
        ),
    ),
]
