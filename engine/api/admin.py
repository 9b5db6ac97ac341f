"""For administrators: the audit log, the policy about tools, how long things are kept, the limits of the queue."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from dsl.policy import Policy, PolicyProblem, problems_of
from engine import audit, catalog, limits, policy, retention
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.audit import Entry, Verdict
from engine.limits import AccountLimits, Limits, WorkflowLimits
from engine.permissions import Permission
from engine.retention import Retention

router = APIRouter(prefix="/admin")

Auditor = Annotated[Actor, Depends(Guard(Permission.AUDIT))]
Lawgiver = Annotated[Actor, Depends(Guard(Permission.POLICY))]
Limiter = Annotated[Actor, Depends(Guard(Permission.LIMITS))]


class AuditPage(BaseModel):
    """``next``: give it as ``before`` for the entries before these."""

    entries: tuple[Entry, ...]
    next: int | None


class PolicyPage(BaseModel):
    """``problems``: rules that do not say what was probably meant; they hold all the same."""

    policy: Policy
    problems: tuple[PolicyProblem, ...]


@router.get("/audit")
async def entries(actor: Auditor, request: Request, before: int | None = None, limit: int = 100) -> AuditPage:
    found = await audit.list_entries(database(request), actor, before=before, limit=limit)
    return AuditPage(entries=found, next=found[-1].id if len(found) >= limit else None)


@router.get("/audit/verdict")
async def verdict(actor: Auditor, request: Request) -> Verdict:
    """Walks the whole chain."""
    return await audit.verify(database(request), actor.account_id)


@router.get("/policy")
async def read_policy(actor: Lawgiver, request: Request) -> PolicyPage:
    """What the account says of its tools."""
    return await _page(request, actor, await policy.get_policy(database(request), actor))


@router.put("/policy")
async def write_policy(body: Policy, actor: Lawgiver, request: Request) -> PolicyPage:
    """Replace the whole policy. Whatever is not said is the worst."""
    return await _page(request, actor, await policy.set_policy(database(request), actor, body))


@router.get("/retention")
async def read_retention(actor: Lawgiver, request: Request) -> Retention:
    """How many days the account keeps runs, events and artifacts."""
    return await retention.get_retention(database(request), actor)


@router.put("/retention")
async def write_retention(body: Retention, actor: Lawgiver, request: Request) -> Retention:
    """Replace all of it; what is not said is as it is for everybody."""
    return await retention.set_retention(database(request), actor, body)


@router.get("/limits")
async def read_limits(actor: Limiter, request: Request) -> Limits:
    """Of the account and of each workflow, and how many runs it has running."""
    return await limits.get_limits(database(request), actor)


@router.put("/limits")
async def write_limits(body: AccountLimits, actor: Limiter, request: Request) -> Limits:
    """Replace the account's; what is not given is the default."""
    return await limits.set_account_limits(database(request), actor, body)


@router.put("/limits/workflows/{workflow_id}")
async def write_workflow_limits(
    workflow_id: UUID, body: WorkflowLimits, actor: Limiter, request: Request
) -> Limits:
    """Replace a workflow's; what is not given is the default."""
    return await limits.set_workflow_limits(database(request), actor, workflow_id, body)


async def _page(request: Request, actor: Actor, said: Policy) -> PolicyPage:
    known = await catalog.catalog(database(request), actor)
    return PolicyPage(policy=said, problems=problems_of(said, known))
