"""Requests with loops, troubles and starts in words, over the six catalogs of the evaluation: what a text must have."""

from __future__ import annotations

from typing import Final, NamedTuple


class Said(NamedTuple):
    """``has`` are regular expressions that the proposed text matches."""

    catalog: str
    request: str
    has: tuple[str, ...]


LOOPS: Final = (
    Said(
        "shop",
        "Go through all orders that were cancelled and put a note on each one. Not more than two at "
        "once please",
        (
            r'status: "cancelled"',
            r"concurrency 2",
            r"order_id: order.id",
        ),
    ),
    Said(
        "shop",
        'every open support ticket: close it with the resolution "no answer"',
        (
            r'find_tickets\(state: "open"',
            r"foreach",
            r"close_ticket\(ticket_id: ticket.ticket_id",
        ),
    ),
    Said(
        "shop",
        "look up the orders that have been delivered. for each of them ask the customer for a "
        "review by mail, 3 at a time",
        (
            r'status: "delivered"',
            r"concurrency 3",
            r"send_email",
        ),
    ),
    Said(
        "invoices",
        "Take every disputed invoice, look up its supplier and mail the supplier, four at once",
        (
            r'status: "disputed"',
            r"foreach invoice in \w+.invoices concurrency 4",
            r"get-supplier\(supplierId: invoice.supplierId",
            r"recipient: \w+.email",
        ),
    ),
    Said(
        "invoices",
        "for all invoices in status matched: set them to approved",
        (
            r'status: "matched"',
            r"foreach",
            r'status: "approved"',
        ),
    ),
    Said(
        "invoices",
        "I want all the approved invoices to be paid. For each one get the supplier and create a "
        "payment of the gross amount to its IBAN, one by one.",
        (
            r'status: "approved"',
            r"foreach",
            r"amount: invoice.grossAmount",
            r"iban: \w+.iban",
        ),
    ),
    Said(
        "leave",
        "go over the pending leave requests and decline those that are longer than 20 days with the "
        'reason "too long"',
        (
            r'status: "pending"',
            r"foreach",
            r"days > 20",
            r"declineLeave",
        ),
    ),
    Said(
        "leave",
        "For every pending request, approve it if it takes less than 3 days; otherwise post it in "
        "slack #leave",
        (
            r'status: "pending"',
            r"days < 3",
            r"approveLeave",
            r'channel: "#leave"',
        ),
    ),
    Said(
        "incidents",
        "for each firing critical alert restart the service it is about, two at the same time at most",
        (
            r'severity: "critical"',
            r"foreach alert in \w+.alerts concurrency 2",
            r"restart_service\(\s*service: alert.service",
        ),
    ),
    Said(
        "incidents",
        "Go through all warnings and silence each alert for 30 minutes",
        (
            r'severity: "warning"',
            r"foreach",
            r"silence_alert\(alert_id: alert.alert_id, minutes: 30",
        ),
    ),
    Said(
        "incidents",
        "scale the checkout service to 6 replicas, then look every minute whether it is healthy, 15 "
        "times at the most, and as soon as it is, tell the room ops",
        (
            r"loop",
            r"max 15",
            r"wait 1m",
            r'room: "#?ops',
        ),
    ),
    Said(
        "incidents",
        "restart the service and poll its health each 20 seconds until it's healthy (max. 8 "
        "attempts); if it never gets healthy page the team payments",
        (
            r"loop",
            r"max 8",
            r"wait 20s",
            r"page_oncall",
        ),
    ),
    Said(
        "leads",
        "For each qualified lead draft a quote over its estimated value, max 3 in parallel",
        (
            r'stage: "qualified"',
            r"concurrency 3",
            r"amount: lead.estimated_value",
        ),
    ),
    Said(
        "leads",
        "search the leads from Spain, score each of them and if the probability is more than 70 "
        "percent move it to qualified",
        (
            r'country: "Spain"',
            r"foreach",
            r"probability > 70",
            r'stage: "qualified"',
        ),
    ),
    Said(
        "leads",
        "every lost lead should be deleted once an admin approves",
        (
            r'stage: "lost"',
            r"foreach",
            r'approve by role "admin"',
            r"crm_delete_lead",
        ),
    ),
    Said(
        "warehouse",
        "For each open express order start the pick, 4 at the same time",
        (
            r'priority: "express"',
            r"concurrency 4",
            r"pick/start\(order_no: order.order_no",
        ),
    ),
    Said(
        "warehouse",
        "for every article that is low on stock get the supplier's lead time and, if it takes more "
        "than 10 days, show a message on the terminal in zone B",
        (
            r"list_low",
            r"foreach",
            r"days > 10",
            r'zone: "B"',
        ),
    ),
    Said(
        "warehouse",
        "track the shipment every hour until it is delivered, at most 48 times, then mail the customer",
        (
            r"loop",
            r"max 48",
            r"wait 1h",
        ),
    ),
    Said(
        "invoices",
        "every received invoice should be matched with its purchase order; those that differ are "
        "set to disputed. Two at a time.",
        (
            r'status: "received"',
            r"foreach",
            r"concurrency 2",
            r'status: "disputed"',
        ),
    ),
    Said(
        "leave",
        "List the declined requests, and for every one of them mail the employee, six at a time",
        (
            r'status: "declined"',
            r"concurrency 6",
            r"getEmployee\(",
            r"toAddress: \w+.email",
        ),
    ),
    Said(
        "incidents",
        "for all critical alerts: collect the logs of the service and open an issue with priority "
        "P2 in project INFRA, in batches of 3",
        (
            r'severity: "critical"',
            r"concurrency 3",
            r"collect_logs\(service: alert.service",
            r'priority: "P2"',
            r'project: "INFRA"',
        ),
    ),
    Said(
        "warehouse",
        "loop over the low articles and create a purchase order for each, one by one",
        (
            r"list_low",
            r"foreach",
            r"po/create",
            r"supplier: article.supplier",
        ),
    ),
    Said(
        "incidents",
        "roll back the release and keep checking the health every 15 seconds till it's healthy, at "
        "most 20 times",
        (
            r"loop until",
            r"max 20",
            r"wait 15s",
        ),
    ),
    Said(
        "warehouse",
        "book the shipment and track it every 6 hours until it's delivered, no more than 40 times; "
        "afterwards mail the customer",
        (
            r"loop until",
            r"max 40",
            r"wait 6h",
            r"notify.email",
        ),
    ),
)
TROUBLES: Final = (
    Said(
        "shop",
        "refund the order. If the refund fails open a ticket with high priority.",
        (
            r"process_refund",
            r"catch",
            r"open_ticket",
            r'priority: "high"',
        ),
    ),
    Said(
        "shop",
        "get the order and e-mail the customer. when the mail cannot be sent, open a support ticket "
        "and carry on; at last put a note on the order",
        (
            r"send_email",
            r"catch",
            r"open_ticket",
            r"update_order_note",
        ),
    ),
    Said(
        "invoices",
        "Create the payment; should anything go wrong, tell the channel payments in Teams",
        (
            r"catch",
            r"post-channel-message",
            r'channel: "#?payments',
        ),
    ),
    Said(
        "leave",
        "Approve the leave request, then at the same time put the absence into the calendar and "
        "mail the employee",
        (
            r"parallel",
            r"createAbsence",
            r"sendMessage",
            r"approveLeave",
        ),
    ),
    Said(
        "leave",
        "create the absence in the calendar, try it up to 4 times, then post to slack #people",
        (
            r"createAbsence",
            r"retry 4",
            r"#people",
        ),
    ),
    Said(
        "leave",
        "get both the leave request's balance and the employee side by side, then mail the manager",
        (r"parallel",),
    ),
    Said(
        "incidents",
        "collect the logs and query the cpu of the service in parallel, then write both to the chat "
        "room war-room",
        (
            r"parallel",
            r"collect_logs",
            r'metric: "cpu"',
            r'room: "#?war-room',
        ),
    ),
    Said(
        "incidents",
        "Restart the service. Give it ten minutes, then check its health. If it is still not "
        "healthy page the team platform",
        (
            r"wait 10m",
            r"!\w+.healthy",
            r'team: "platform"',
        ),
    ),
    Said(
        "incidents",
        "scale the service to 4 replicas, wait a quarter of an hour, then scale it to 2",
        (
            r"wait 15m",
            r"replicas: 4",
            r"replicas: 2",
        ),
    ),
    Said(
        "leads",
        "send the lead's contact a mail, wait a week, get the lead again and if it is still "
        "contacted create a task for its owner",
        (
            r"wait (7d|1w)",
            r'stage == "contacted"',
            r"crm_create_task",
        ),
    ),
    Said(
        "leads",
        "enrich the company and score the lead at the same time, then log a note on the lead",
        (
            r"parallel",
            r"enrich_company",
            r"score_lead",
        ),
    ),
    Said(
        "warehouse",
        "book a shipment for the order. If the carrier is down, mail the customer that it takes "
        "longer and go on. Then show a message on the terminal in zone 4",
        (
            r"carrier.book",
            r"catch",
            r"notify.email",
            r"notify.terminal",
        ),
    ),
    Said(
        "warehouse",
        "Create the purchase order. Wait 2 days. If anything fails afterwards cancel the purchase "
        "order again. Email the supplier.",
        (
            r"po/create",
            r"compensate",
            r"po/cancel",
            r"wait 2d",
        ),
    ),
    Said(
        "shop",
        "wait 24 hours after the order was placed, then check the order and if it is still open cancel it",
        (
            r"wait (24h|1d)",
            r"get_order",
            r'status == "open"',
            r"cancel_order",
        ),
    ),
    Said(
        "incidents",
        "Check the health of checkout; retry the check twice with 10 seconds in between. If it's "
        "down roll back the release.",
        (
            r"retry 2",
            r"rollback_release",
        ),
    ),
    Said(
        "shop",
        "issue a 10 percent voucher to the customer and e-mail him the code. If the e-mail bounces, "
        "open a ticket but carry on.",
        (
            r"issue_voucher",
            r"percent: 10",
            r"send_email",
            r"catch",
            r"open_ticket",
            r"code",
        ),
    ),
    Said(
        "incidents",
        "simultaneously restart the service and silence the alert for 15 minutes, then tell room ops",
        (
            r"parallel",
            r"minutes: 15",
            r"send_chat",
        ),
    ),
    Said(
        "invoices",
        "pay the approved invoice. In case the bank is unavailable, tell the Teams channel finance and stop.",
        (
            r"create-payment",
            r"catch",
            r'channel: "#?finance',
        ),
    ),
    Said(
        "leave",
        "deduct the unpaid leave, retry up to 5 times, 30 seconds apart",
        (
            r"retry 5 backoff 30s",
            r"deductUnpaidLeave",
        ),
    ),
)
STARTS: Final = (
    Said(
        "shop",
        "Each Friday at 4 pm in Madrid list all open orders and mail me how many there are",
        (
            r'"0 16 \* \* (FRI|5)"',
            r"Europe/Madrid",
            r'status: "open"',
            r"(count|size)",
        ),
    ),
    Said(
        "shop",
        "every night at half past one (Lisbon) look for reviews with at most 2 stars and open a "
        "ticket for each one",
        (
            r'"30 1 \* \* \*"',
            r"Europe/Lisbon",
            r"max_stars: 2",
            r"foreach",
        ),
    ),
    Said(
        "shop",
        "our shop calls a webhook at /returns with the order id and a reason. check whether it may "
        "be refunded and if so refund it",
        (
            r'webhook POST "/returns"',
            r"event.body.order_id",
            r"eligible",
        ),
    ),
    Said(
        "invoices",
        "On the last day of each month at 6 pm Vienna time, list all received invoices and post the "
        "list to the Teams channel accounting",
        (
            r"Europe/Vienna",
            r'status: "received"',
            r'channel: "#?accounting',
            r"invoices.map",
            r"0 18 (L|28)",
        ),
    ),
    Said(
        "leave",
        "on the first of every month at 7:30 in Stockholm export the leave report and post the link "
        "in slack #hr",
        (
            r'"30 7 1 \* \*"',
            r"Europe/Stockholm",
            r"fileUrl",
            r'channel: "#hr"',
        ),
    ),
    Said(
        "incidents",
        "Every 10 minutes query the error rate of payments. Above 5 percent -> page team payments",
        (
            r'"\*/10 \* \* \* \*"',
            r'metric: "error_rate"',
            r"value > 5",
            r'team: "payments"',
        ),
    ),
    Said(
        "incidents",
        "Our monitoring posts to a webhook when an alert fires; it sends the alert id. Get the "
        "alert, create an issue in project OPS and comment the logs",
        (
            r"webhook",
            r"event.body.alert_id",
            r"get_alert",
            r"create_issue",
            r'project: "OPS"',
        ),
    ),
    Said(
        "incidents",
        "when the event alert.raised comes in, get the alert and tell the chat room oncall its "
        "severity and summary",
        (
            r'event "alert.raised"',
            r"severity",
            r"summary",
            r'room: "#?oncall',
        ),
    ),
    Said(
        "leads",
        "Every Tuesday and Thursday at 9 in Chicago search for leads in stage proposal and create a "
        "task for the owner of each",
        (
            r'"0 9 \* \* (TUE,THU|2,4)"',
            r"America/Chicago",
            r'stage: "proposal"',
            r"foreach",
        ),
    ),
    Said(
        "leads",
        "a web form sends company, contact name and contact email by webhook; create a lead from "
        "that and tell slack #leads",
        (
            r"webhook",
            r"company: input.company",
            r"contact_name: input.contact_name",
            r"contact_email: input.contact_email",
            r"#leads",
        ),
    ),
    Said(
        "warehouse",
        "every quarter of an hour get the open orders and show how many there are on the terminal in zone D",
        (
            r"\*/15",
            r"list_open",
            r'zone: "D"',
            r"size\(\)",
        ),
    ),
    Said(
        "warehouse",
        "weekdays at 5:45 pm, Bratislava time: list the articles that are low and e-mail them to "
        "buyer@depot.example",
        (
            r'"45 17 \* \* (MON-FRI|1-5)"',
            r"Europe/Bratislava",
            r"list_low",
            r"buyer@depot.example",
            r"map\(",
        ),
    ),
    Said(
        "leave",
        "daily at noon in Portugal: list the pending requests and mail the number to hr@firm.example",
        (
            r'"0 12 \* \* \*"',
            r"Europe/Lisbon",
            r'status: "pending"',
            r"size\(\)",
        ),
    ),
    Said(
        "shop",
        "When the event order.shipped happens wait 5 days and then ask the customer for a review by e-mail",
        (
            r'event "order.shipped"',
            r"event.order_id",
            r"wait 5d",
            r"send_email",
        ),
    ),
    Said(
        "leads",
        "once a week on Mondays at 8am in Sao Paulo, list the new leads and post the list in slack "
        "channel #new-leads",
        (
            r"America/Sao_Paulo",
            r'stage: "new"',
            r"map\(",
            r"#new-leads",
        ),
    ),
    Said(
        "shop",
        "Every day at 23:15 Helsinki time list the orders that are still open and cancel each of them",
        (
            r'"15 23 \* \* \*"',
            r"Europe/Helsinki",
            r'status: "open"',
            r"foreach",
            r"cancel_order",
        ),
    ),
    Said(
        "incidents",
        "nightly at 3 in Toronto purge files older than 30 days on host db1",
        (
            r'"0 3 \* \* \*"',
            r"America/Toronto",
            r'host: "db1"',
            r"older_than_days: 30",
        ),
    ),
    Said(
        "invoices",
        "each Monday and Thursday at 10 am London time send me the list of disputed invoices by mail",
        (
            r'"0 10 \* \* (MON,THU|1,4)"',
            r"Europe/London",
            r'status: "disputed"',
            r"map\(",
        ),
    ),
    Said(
        "leave",
        "When the HR tool posts to /absences (it passes the employee id, the first day and the last "
        "day), put the absence in the calendar",
        (
            r'webhook POST "/absences"',
            r"createAbsence",
            r"firstDay: input.first_day",
            r"lastDay: input.last_day",
        ),
    ),
)
