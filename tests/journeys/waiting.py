"""Runs that wait for a person, put there as a runner does it: the studio of the journeys has no engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from deploy.postgres import EmbeddedPostgres
from engine import passwords
from engine.identity import new_id
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

PASSWORD = "a password for tests"

FLOW = """workflow {name} {{
  use shop: mcp "shop"
  input {{ order_id: string, amount: float }}
  output {{ refund_id: string }}

  step consent: approve by role "manager" {{ within 24h }}

  step refund: call shop.process_refund(order_id: input.order_id, amount: input.amount, reason: "asked for")
    key "refund-${{input.order_id}}"
    timeout 30s

  step done: return {{ refund_id: refund.id }}
}}
"""


@dataclass(frozen=True)
class Asked:
    run_id: str
    approval_id: str
    title: str


class Waiting:
    """``ask`` makes a run that waits; ``somebody`` a colleague who can sign in."""

    def __init__(self, stack: Stack, api: Visitor) -> None:
        self._api = api
        self._database = EmbeddedPostgres(stack.home).start()
        made = api.publish(FLOW.format(name="refunds_that_wait"))
        self.workflow = made

    def query(self, words: str, *args: Any) -> list[Any]:
        with psycopg.connect(self._database, autocommit=True) as connection:
            cursor = connection.execute(words, args)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def ask(self, order: str, amount: float, by: str = "role:manager", **columns: Any) -> Asked:
        run = self._api.until_served(
            "POST", f"/workflows/{self.workflow}/runs", {"input": {"order_id": order, "amount": amount}}
        )["run_id"]
        asked = Asked(run, str(new_id()), f"Refund {amount:.2f} EUR for order {order}?")
        kind, _, name = by.partition(":")
        effect = {
            "path": "refund",
            "connector": "shop",
            "tool": "process_refund",
            "arguments": {"order_id": order, "amount": amount, "currency": "EUR", "reason": "asked for"},
            "pending": [],
        }
        row: dict[str, Any] = {
            "id": asked.approval_id,
            "run_id": run,
            "path": "consent",
            "step_id": "consent",
            "title": asked.title,
            "effects": json.dumps([effect]),
            "shown": json.dumps({"order": {"id": order, "customer": "Ada Example", "placed": "3 days ago"}}),
            "approvers": json.dumps([{"by": kind, "name": name}]),
            "args_hash": "ab" * 32,
            **columns,
        }
        names, holes = ", ".join(row), ", ".join(["%s"] * len(row))
        self.query("UPDATE runs SET state = 'running' WHERE id = %s", run)
        self.query(
            "UPDATE runs SET state = 'waiting', waiting_on = '{consent}', due_at = NULL WHERE id = %s", run
        )
        self.query(
            f"INSERT INTO approvals ({names}, account_id, workflow_id, expires_at)"
            f" SELECT {holes}, account_id, workflow_id, now() + interval '20 hours' FROM runs WHERE id = %s",
            *row.values(),
            run,
        )
        return asked

    def state(self, asked: Asked) -> tuple[str, list[dict[str, Any]]]:
        [(state, decisions)] = self.query(
            "SELECT state, decisions FROM approvals WHERE id = %s", asked.approval_id
        )
        return state, decisions

    def somebody(self, name: str, role: str = "approver", groups: tuple[str, ...] = ()) -> tuple[UUID, str]:
        """Their id and address; the password is ``PASSWORD``."""
        user, email = new_id(), f"{name.lower()}@example.com"
        self.query(
            "INSERT INTO users (id, account_id, email, name, role, groups, password_hash)"
            " SELECT %s, id, %s, %s, %s, %s, %s FROM accounts LIMIT 1",
            user,
            email,
            name,
            role,
            list(groups),
            passwords.hashed(PASSWORD),
        )
        return user, email
