"""Who may do what: one table, default deny. Service functions ask it, and every API route names its entry."""

from __future__ import annotations

from enum import StrEnum

from engine.actor import Actor, Role
from engine.errors import Forbidden


class Permission(StrEnum):
    VIEW = "view"
    EDIT = "edit"
    PUBLISH = "publish"
    RUN = "run"
    REPLAY = "replay"
    RESCUE = "rescue"
    CANCEL = "cancel"
    SIGNAL = "signal"
    DECIDE = "decide"
    REVIEW = "review"
    CONVERSE = "converse"
    CONNECT = "connect"
    AUDIT = "audit"
    PEOPLE = "people"
    POLICY = "policy"
    LIMITS = "limits"
    MODELS = "models"
    SECRETS = "secrets"
    TRIGGERS = "triggers"
    CHANNELS = "channels"
    ALERTS = "alerts"


ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.VIEW: frozenset({"viewer", "builder", "approver", "operator", "admin"}),
    Permission.EDIT: frozenset({"builder", "admin"}),
    Permission.PUBLISH: frozenset({"builder", "admin"}),
    Permission.RUN: frozenset({"builder", "operator", "admin"}),
    Permission.REPLAY: frozenset({"builder", "operator", "admin"}),
    Permission.RESCUE: frozenset({"operator", "admin"}),
    Permission.CANCEL: frozenset({"builder", "operator", "admin"}),
    Permission.SIGNAL: frozenset({"builder", "operator", "admin"}),
    Permission.DECIDE: frozenset({"approver", "admin"}),
    Permission.REVIEW: frozenset({"operator", "admin"}),
    Permission.CONVERSE: frozenset({"builder", "admin"}),
    Permission.CONNECT: frozenset({"operator", "admin"}),
    Permission.AUDIT: frozenset({"admin"}),
    Permission.PEOPLE: frozenset({"admin"}),
    Permission.POLICY: frozenset({"admin"}),
    Permission.LIMITS: frozenset({"admin"}),
    Permission.MODELS: frozenset({"admin"}),
    Permission.SECRETS: frozenset({"operator", "admin"}),
    Permission.TRIGGERS: frozenset({"builder", "operator", "admin"}),
    Permission.ALERTS: frozenset({"operator", "admin"}),
    Permission.CHANNELS: frozenset({"operator", "admin"}),
}


def may(actor: Actor, permission: Permission) -> bool:
    return actor.role in ALLOWED[permission]


def require(actor: Actor, permission: Permission) -> None:
    """Raises ``Forbidden`` unless the actor's role has the permission."""
    if not may(actor, permission):
        who = ", ".join(sorted(ALLOWED[permission]))
        raise Forbidden(f"Your role {actor.role!r} may not do this.", f"Ask somebody who is {who}.")
