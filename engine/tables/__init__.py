"""The tables, by subject, as SQLModel classes. The migrations are the truth of the schema; these only name it.

Every table but the platform's (``runners``, ``login_delays``) carries ``account_id`` and has row-level security forced:
without ``app.account_id`` set in the transaction a reader sees nothing. The runner's role has policies of its own on
the tables it needs, see ``engine/migrations``.
"""

from engine.tables.accounts import Account, LoginDelay, RefreshToken, User, UserSession
from engine.tables.alerts import AlertChange, AlertRule
from engine.tables.approvals import Approval, ApprovalDelegation, ApprovalQuestion
from engine.tables.artifacts import ArtifactRow
from engine.tables.audit import AuditEntry
from engine.tables.bulk import BulkItem, BulkJob
from engine.tables.connectors import ConnectorRow
from engine.tables.conversations import Conversation, Message, ModelCall, Proposal
from engine.tables.events import EventWait, PublishedEvent
from engine.tables.finding import RunTerm, RunViewRow, UnsearchedRun
from engine.tables.hooks import HookDelivery, HookSeen
from engine.tables.models import AccountModel, ModelReservation, ModelSpend, PreferenceRow
from engine.tables.notifying import Channel, NoticeWish, OutboxRow
from engine.tables.rescues import Rescue, RescueCall
from engine.tables.runs import Run, RunEvent, RunnerRow, RunTrace, StartKey
from engine.tables.secrets import SecretRow
from engine.tables.totals import (
    CallStatsRow,
    FigureName,
    QueueSample,
    RunDuration,
    RunFold,
    RunMark,
    RunMinute,
    RunStatsRow,
    StepStatsRow,
)
from engine.tables.triggers import EventSubscription, TriggerFire, TriggerRow
from engine.tables.workflows import Draft, StepPin, Version, Workflow

__all__ = [
    "Account",
    "AccountModel",
    "AlertChange",
    "AlertRule",
    "Approval",
    "ApprovalDelegation",
    "ApprovalQuestion",
    "ArtifactRow",
    "AuditEntry",
    "BulkItem",
    "BulkJob",
    "CallStatsRow",
    "Channel",
    "ConnectorRow",
    "Conversation",
    "Draft",
    "EventSubscription",
    "EventWait",
    "FigureName",
    "HookDelivery",
    "HookSeen",
    "LoginDelay",
    "Message",
    "ModelCall",
    "ModelReservation",
    "ModelSpend",
    "NoticeWish",
    "OutboxRow",
    "PreferenceRow",
    "Proposal",
    "PublishedEvent",
    "QueueSample",
    "RefreshToken",
    "Rescue",
    "RescueCall",
    "Run",
    "RunDuration",
    "RunEvent",
    "RunFold",
    "RunMark",
    "RunMinute",
    "RunStatsRow",
    "RunTerm",
    "RunTrace",
    "RunViewRow",
    "RunnerRow",
    "SecretRow",
    "StartKey",
    "StepPin",
    "StepStatsRow",
    "TriggerFire",
    "TriggerRow",
    "UnsearchedRun",
    "User",
    "UserSession",
    "Version",
    "Workflow",
]
