"""Catalogs of two more businesses: sales leads and a warehouse."""

from __future__ import annotations

from tests.designer.catalogs import BOOL, INT, MAIL, NUM, STR, array, catalog, connector, enum, obj, tool

LEADS = catalog(
    connector(
        "crm",
        "CRM",
        tool(
            "get_lead",
            "Read one sales lead.",
            obj("lead_id", lead_id=STR),
            obj(
                "*",
                id=STR,
                company=STR,
                contact=obj("*", name=STR, email=STR),
                score=INT,
                country=STR,
                vip=BOOL,
                budget=NUM,
            ),
            reads=True,
        ),
        tool(
            "assign_lead",
            "Assign a lead to a salesperson.",
            obj("lead_id owner", lead_id=STR, owner=STR, idempotency_key=STR),
            obj("*", lead_id=STR, owner=STR),
        ),
        tool(
            "update_lead",
            "Change the stage of a lead.",
            obj("lead_id stage", lead_id=STR, stage=enum("new", "qualified", "lost"), idempotency_key=STR),
            obj("*", lead_id=STR, stage=STR),
        ),
        tool(
            "list_leads",
            "List leads by stage.",
            obj(stage=enum("new", "qualified", "lost"), limit=INT),
            obj("*", leads=array(obj("*", id=STR, company=STR, score=INT)), count=INT),
            reads=True,
        ),
    ),
    connector(
        "legacy_crm",
        "Old CRM",
        tool(
            "get_lead",
            "Read one lead from the old system.",
            obj("lead_id", lead_id=STR),
            obj(
                "*",
                id=STR,
                company=STR,
                contact=obj("*", name=STR, email=STR),
                score=INT,
                country=STR,
                vip=BOOL,
                budget=NUM,
            ),
            reads=True,
        ),
    ),
    connector(
        "slack",
        "Slack",
        tool(
            "post_message",
            "Post a message to a channel.",
            obj("channel text", channel=STR, text=STR),
            obj("*", ts=STR),
        ),
    ),
    MAIL,
    connector(
        "postbox",
        "Postbox",
        tool(
            "send",
            "Send an e-mail through the other mail service.",
            obj("to subject body", to=STR, subject=STR, body=STR),
            obj("*", id=STR),
        ),
    ),
    roles="sales_manager sales_director salesperson",
)

WAREHOUSE = catalog(
    connector(
        "stock",
        "Warehouse",
        tool(
            "get_delivery",
            "Read one delivery with its items.",
            obj("delivery_id", delivery_id=STR),
            obj(
                "*",
                id=STR,
                supplier=STR,
                value=NUM,
                urgent=BOOL,
                items=array(obj("*", sku=STR, quantity=INT, shelf=STR)),
            ),
            reads=True,
        ),
        tool(
            "check_stock",
            "How many pieces of an article are there.",
            obj("sku", sku=STR),
            obj("*", sku=STR, quantity=INT, minimum=INT),
            reads=True,
        ),
        tool(
            "reorder",
            "Order more pieces of an article.",
            obj("sku quantity", sku=STR, quantity=INT, idempotency_key=STR),
            obj("*", order_id=STR),
        ),
        tool(
            "move_items",
            "Move an article to a shelf.",
            obj("sku shelf", sku=STR, shelf=STR),
            obj("*", moved=BOOL),
        ),
        tool("print_label", "Print a label for an article.", obj("sku", sku=STR), obj("*", label_id=STR)),
    ),
    MAIL,
    roles="warehouse_manager buyer",
)
