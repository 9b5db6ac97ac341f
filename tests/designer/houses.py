"""Six businesses with connectors of other styles: camel case, verbs last, slashes, minor units, no output schemas.

They are what the designer has never seen: its rules must find their way by words and types alone.
"""

from __future__ import annotations

from dsl.policy import Policy, ToolRule
from tests.designer.catalogs import (
    BOOL,
    INT,
    MAIL,
    NUM,
    STR,
    Schema,
    array,
    catalog,
    connector,
    enum,
    obj,
    tool,
)
from tests.policies import FREE


def said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


# ---- a shop for bikes: camel case, amounts in cents --------------------------------------------------

_BIKE_ORDER = obj(
    "*",
    orderId=STR,
    state=enum("pending", "paid", "shipped", "delivered", "cancelled"),
    totalCents=said(INT, "Total in cents"),
    currencyCode=STR,
    shopper=obj("*", shopperId=STR, fullName=STR, emailAddress=STR, phone=STR, vip=BOOL),
    lines=array(obj("*", sku=STR, quantity=INT, priceCents=INT)),
    placedOn={"type": "string", "format": "date-time"},
    paymentId=STR,
)

BIKES = catalog(
    connector(
        "storefront",
        "Storefront",
        tool(
            "getOrder",
            "Fetch a single order by its id.",
            obj("orderId", orderId=STR),
            _BIKE_ORDER,
            reads=True,
        ),
        tool(
            "findOrders",
            "Search orders by state and date.",
            obj("", state=enum("pending", "paid", "shipped", "delivered", "cancelled"), since=STR, limit=INT),
            obj("*", orders=array(_BIKE_ORDER), total=INT),
            reads=True,
        ),
        tool(
            "cancelOrder",
            "Cancel an order that has not been shipped yet.",
            obj("orderId", orderId=STR, reason=STR),
            obj("*", orderId=STR, state=STR),
        ),
        tool(
            "refundPayment",
            "Give money back for an order.",
            obj(
                "orderId amountCents",
                orderId=STR,
                amountCents=said(INT, "Amount in cents"),
                idempotency_key=STR,
            ),
            obj("*", refundId=STR, state=STR),
        ),
        tool(
            "createVoucher",
            "Create a discount voucher for a shopper.",
            obj("shopperId valueCents", shopperId=STR, valueCents=said(INT, "Value in cents")),
            obj("*", code=STR, expiresOn=STR),
        ),
    ),
    connector(
        "sms",
        "Text messages",
        tool(
            "sendText",
            "Send a text message to a phone.",
            obj("phone message", phone=STR, message=STR),
            obj("*", messageId=STR),
        ),
    ),
    MAIL,
    roles="store_manager support_agent",
    policy=Policy(
        rules=(
            ToolRule(tool="*", approval="free", compensation="needless"),
            ToolRule(
                tool="storefront.refundPayment",
                does=("money",),
                idempotent=True,
                amount="amountCents",
                approval="bounded",
                approvers=("store_manager",),
            ),
        )
    ),
)

# ---- incoming invoices: verbs last, dashes -----------------------------------------------------------

_BILL = obj(
    "*",
    id=STR,
    vendor=obj("*", id=STR, name=STR, email=STR, country=STR),
    gross_amount=NUM,
    currency=STR,
    due_on={"type": "string", "format": "date"},
    state=enum("received", "approved", "overdue", "paid", "disputed"),
    purchase_order=STR,
)

LEDGER = catalog(
    connector(
        "books",
        "Accounting",
        tool("invoice-get", "An incoming invoice with its vendor.", obj("id", id=STR), _BILL, reads=True),
        tool(
            "invoice-list",
            "All incoming invoices in a state.",
            obj("", state=enum("received", "approved", "overdue", "paid", "disputed")),
            obj("*", invoices=array(_BILL)),
            reads=True,
        ),
        tool(
            "invoice-match",
            "Compare an invoice with its purchase order and say whether they agree.",
            obj("invoice_id", invoice_id=STR),
            obj("*", matches=BOOL, deviation_percent=NUM, explanation=STR),
            reads=True,
        ),
        tool(
            "invoice-book",
            "Book an invoice into the general ledger.",
            obj("invoice_id", invoice_id=STR, cost_center=STR, idempotency_key=STR),
            obj("*", booking_id=STR),
        ),
        tool(
            "payment-schedule",
            "Schedule the payment of an invoice.",
            obj("invoice_id amount", invoice_id=STR, amount=NUM, pay_on=STR, idempotency_key=STR),
            obj("*", payment_id=STR, state=STR),
        ),
        tool(
            "vendor-block",
            "Block a vendor so that nothing is paid to them.",
            obj("vendor_id", vendor_id=STR, reason=STR),
            obj("*", blocked=BOOL),
        ),
    ),
    connector(
        "teams",
        "Chat",
        tool(
            "message-post",
            "Post a message into a channel of the chat.",
            obj("channel text", channel=STR, text=STR),
            obj("*", id=STR),
        ),
    ),
    MAIL,
    roles="accountant controller cfo",
    policy=Policy(
        rules=(
            ToolRule(tool="*", approval="free", compensation="needless"),
            ToolRule(
                tool="books.payment-schedule",
                does=("money",),
                idempotent=True,
                amount="amount",
                approval="required",
                approvers=("controller", "cfo"),
            ),
        )
    ),
)

# ---- people: title case, noun first ------------------------------------------------------------------

_ABSENCE = obj(
    "*",
    absenceId=STR,
    employeeId=STR,
    kind=enum("vacation", "sick", "parental", "unpaid"),
    firstDay={"type": "string", "format": "date"},
    lastDay={"type": "string", "format": "date"},
    workingDays=INT,
    status=enum("requested", "approved", "rejected"),
)

PEOPLE = catalog(
    connector(
        "staff",
        "Personnel",
        tool(
            "AbsenceGet",
            "Read one request for absence.",
            obj("absenceId", absenceId=STR),
            _ABSENCE,
            reads=True,
        ),
        tool(
            "AbsenceList",
            "List requests for absence by status.",
            obj("", status=enum("requested", "approved", "rejected")),
            obj("*", absences=array(_ABSENCE)),
            reads=True,
        ),
        tool(
            "EmployeeGet",
            "Read an employee with their manager.",
            obj("employeeId", employeeId=STR),
            obj(
                "*",
                employeeId=STR,
                name=STR,
                email=STR,
                department=STR,
                startDate=STR,
                manager=obj("*", name=STR, email=STR),
            ),
            reads=True,
        ),
        tool(
            "AllowanceGet",
            "How many days of vacation an employee has left this year.",
            obj("employeeId", employeeId=STR),
            obj("*", employeeId=STR, remainingDays=INT),
            reads=True,
        ),
        tool(
            "AbsenceApprove",
            "Mark a request for absence as approved.",
            obj("absenceId", absenceId=STR, comment=STR),
            obj("*", status=STR),
        ),
        tool(
            "AbsenceReject",
            "Reject a request for absence.",
            obj("absenceId", absenceId=STR, comment=STR),
            obj("*", status=STR),
        ),
        tool(
            "AccountCreate",
            "Create the accounts of a new employee.",
            obj("employeeId", employeeId=STR, groups=array(STR)),
            obj("*", login=STR),
        ),
        tool(
            "AccountDisable",
            "Disable all accounts of an employee who leaves.",
            obj("employeeId", employeeId=STR),
            obj("*", disabled=BOOL),
        ),
    ),
    connector(
        "calendar",
        "Calendar",
        tool(
            "events/insert",
            "Put an event into a calendar.",
            obj("title start end", title=STR, start=STR, end=STR, attendees=array(STR)),
            obj("*", eventId=STR),
        ),
    ),
    MAIL,
    roles="people_partner team_lead director",
    policy=FREE,
)

# ---- an IT desk: title case, tools without output schemas --------------------------------------------

_TICKET = obj(
    "*",
    id=STR,
    title=STR,
    body=STR,
    priority=enum("low", "normal", "high", "urgent"),
    status=enum("open", "pending", "resolved"),
    requester=obj("*", name=STR, email=STR),
    assignee={"type": ["string", "null"]},
    ageHours=INT,
)

DESK = catalog(
    connector(
        "desk",
        "Service desk",
        tool("TicketGet", "Read a ticket.", obj("id", id=STR), _TICKET, reads=True),
        tool(
            "TicketSearch",
            "Find tickets by status and priority.",
            obj(
                "",
                status=enum("open", "pending", "resolved"),
                priority=enum("low", "normal", "high", "urgent"),
            ),
            obj("*", tickets=array(_TICKET), count=INT),
            reads=True,
        ),
        tool(
            "TicketCreate",
            "Open a new ticket.",
            obj("title", title=STR, body=STR, priority=enum("low", "normal", "high", "urgent")),
            obj("*", id=STR),
        ),
        tool(
            "TicketUpdate",
            "Change the priority or the status of a ticket.",
            obj(
                "id",
                id=STR,
                priority=enum("low", "normal", "high", "urgent"),
                status=enum("open", "pending", "resolved"),
            ),
            obj("*", id=STR),
        ),
        tool(
            "TicketAssign",
            "Assign a ticket to a group.",
            obj("id group", id=STR, group=enum("network", "hardware", "accounts", "applications")),
            obj("*", id=STR),
        ),
        tool("TicketComment", "Add a comment to a ticket.", obj("id text", id=STR, text=STR), None),
    ),
    connector(
        "infra",
        "Servers",
        tool(
            "server_status",
            "Whether a server is up, with its load.",
            obj("host", host=STR),
            obj("*", up=BOOL, cpu_percent=NUM, disk_percent=NUM),
            reads=True,
        ),
        tool("server_reboot", "Reboot a server.", obj("host", host=STR), None),
        tool("run_backup", "Start a backup of a server.", obj("host", host=STR), obj("*", backup_id=STR)),
        tool(
            "backup_state",
            "How far a backup is.",
            obj("backup_id", backup_id=STR),
            obj("*", state=enum("running", "finished", "failed"), size_gb=NUM),
            reads=True,
        ),
    ),
    connector(
        "slack",
        "Slack",
        tool(
            "chat_postMessage",
            "Send a message to a channel.",
            obj("channel text", channel=STR, text=STR),
            obj("*", ts=STR),
        ),
    ),
    connector(
        "pager",
        "On-call",
        tool(
            "page_on_call",
            "Page whoever is on call.",
            obj("summary", summary=STR, severity=enum("warning", "critical")),
            None,
        ),
    ),
    MAIL,
    roles="it_manager sysadmin",
    policy=FREE,
)

# ---- sales: slashes, and a tool whose name no text can write -----------------------------------------

_LEAD = obj(
    "*",
    id=STR,
    name=STR,
    company=STR,
    email=STR,
    source=enum("web", "fair", "referral"),
    employees=INT,
    expected_revenue=NUM,
    currency=STR,
    status=enum("new", "contacted", "qualified", "lost"),
    owner=obj("*", name=STR, email=STR),
    last_contact={"type": "string", "format": "date-time"},
)

SALES = catalog(
    connector(
        "crm",
        "CRM",
        tool("leads/get", "One lead.", obj("lead_id", lead_id=STR), _LEAD, reads=True),
        tool(
            "leads/list",
            "Leads by status.",
            obj("", status=enum("new", "contacted", "qualified", "lost"), limit=INT),
            obj("*", leads=array(_LEAD)),
            reads=True,
        ),
        tool(
            "leads/score",
            "Work out how promising a lead is, from 0 to 100.",
            obj("lead_id", lead_id=STR),
            obj("*", score=INT, grade=enum("A", "B", "C")),
            reads=True,
        ),
        tool(
            "leads/update",
            "Set the status or the owner of a lead.",
            obj(
                "lead_id",
                lead_id=STR,
                status=enum("new", "contacted", "qualified", "lost"),
                owner_email=STR,
            ),
            obj("*", id=STR),
        ),
        tool(
            "deals/create",
            "Create a deal for a lead.",
            obj("lead_id value", lead_id=STR, value=NUM, currency=STR, idempotency_key=STR),
            obj("*", deal_id=STR, stage=STR),
        ),
        tool(
            "quotes/send",
            "Send a quote for a deal to the customer.",
            obj("deal_id discount_percent", deal_id=STR, discount_percent=NUM),
            obj("*", quote_id=STR),
        ),
        tool("notes.add", "Add a note to a lead.", obj("lead_id text", lead_id=STR, text=STR), None),
    ),
    connector(
        "slack",
        "Slack",
        tool("post", "Post a message to a channel.", obj("channel text", channel=STR, text=STR), None),
    ),
    MAIL,
    roles="sales_manager sales_director",
    policy=FREE,
)

# ---- a warehouse: snake case, the account's policy says nothing --------------------------------------

_SHIPMENT = obj(
    "*",
    shipment_id=STR,
    order_number=STR,
    carrier=STR,
    status=enum("packed", "in_transit", "delivered", "lost"),
    weight_kg=NUM,
    recipient=obj("*", name=STR, email=STR, address=STR),
)

WAREHOUSE = catalog(
    connector(
        "wms",
        "Warehouse",
        tool(
            "get_stock_level",
            "How many pieces of an article are in stock.",
            obj("sku", sku=STR),
            obj("*", sku=STR, on_hand=INT, reserved=INT, reorder_point=INT, supplier_id=STR),
            reads=True,
        ),
        tool(
            "list_low_stock",
            "Articles whose stock is below their reorder point.",
            obj(""),
            obj("*", articles=array(obj("*", sku=STR, title=STR, on_hand=INT, supplier_id=STR))),
            reads=True,
        ),
        tool(
            "reserve_stock",
            "Reserve pieces of an article for an order.",
            obj("sku quantity", sku=STR, quantity=INT, order_number=STR, idempotency_key=STR),
            obj("*", reservation_id=STR),
        ),
        tool(
            "release_stock",
            "Release a reservation again.",
            obj("reservation_id", reservation_id=STR),
            obj("*", released=BOOL),
        ),
        tool(
            "create_purchase_order",
            "Order pieces of an article from a supplier.",
            obj("supplier_id sku quantity", supplier_id=STR, sku=STR, quantity=INT, idempotency_key=STR),
            obj("*", purchase_order_id=STR, total=NUM, currency=STR),
        ),
        tool(
            "get_supplier",
            "A supplier with contact and delivery time.",
            obj("supplier_id", supplier_id=STR),
            obj("*", supplier_id=STR, name=STR, email=STR, lead_time_days=INT),
            reads=True,
        ),
    ),
    connector(
        "carrier",
        "Parcel service",
        tool(
            "create_shipment",
            "Hand a parcel to the carrier.",
            obj("order_number", order_number=STR, express=BOOL, idempotency_key=STR),
            _SHIPMENT,
        ),
        tool(
            "track_shipment",
            "Where a shipment is.",
            obj("shipment_id", shipment_id=STR),
            _SHIPMENT,
            reads=True,
        ),
        tool("print_label", "Print the label of a shipment.", obj("shipment_id", shipment_id=STR), None),
    ),
    MAIL,
    roles="warehouse_manager buyer",
    policy=Policy(rules=(ToolRule(tool="mail.send", does=("send",), approval="free"),)),
)
