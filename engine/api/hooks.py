"""Webhooks: where senders call, and what people see of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from engine.actor import Actor
from engine.api.access import Guard, Open, database
from engine.api.problems import answer
from engine.hooks import register
from engine.hooks.receiving import receive
from engine.hooks.register import Delivery
from engine.hooks.request import LARGEST_BODY, HookRequest
from engine.hooks.verdict import ANSWERS, GOOD, Verdict
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Starter = Annotated[Actor, Depends(Guard(Permission.RUN))]
PATH = "/hooks/{account}/{path:path}"
OTHERS = ["GET", "PUT", "PATCH", "DELETE"]
TITLES = {
    400: "Bad input",
    401: "Not signed",
    409: "Paused",
    413: "Too large",
    422: "Bad input",
    429: "Too many",
}


class Test(BaseModel):
    """``body``: what is signed and sent, as it stands."""

    body: str = "{}"


class Tested(BaseModel):
    """What became of a test: as of any other delivery, and ``why`` in words."""

    verdict: Verdict
    why: str
    run_id: UUID | None


@router.post(PATH, dependencies=[Depends(Open())])
@router.api_route(PATH, methods=OTHERS, dependencies=[Depends(Open())], include_in_schema=False)
async def hook(account: str, path: str, request: Request) -> Response:
    """202 with the run's id; 200 for what was received before, or is not wanted. Whatever is wrong about a signature is
    one 401. 404 for every address that is none, of this workspace or of another."""
    body, size = await _read(request)
    source = request.client.host if request.client is not None else ""
    found = None
    if (account_id := _uuid(account)) is not None:
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        query = request.query_params.multi_items()
        received = HookRequest(account_id, request.method, f"/{path}", pairs, query, body, size, source)
        found = await receive(database(request), received)
    if found is None:
        return answer(404, "Not found", "There is no such webhook.")
    said = ANSWERS[found.verdict]
    wait = {} if found.retry_after_s is None else {"Retry-After": str(found.retry_after_s)}
    if found.verdict in GOOD:
        run = None if found.run_id is None else str(found.run_id)
        return JSONResponse({"verdict": found.verdict.value, "run_id": run}, said.status, wait)
    return answer(said.status, TITLES[said.status], said.words, headers=wait)


@router.get("/triggers/{trigger_id}/deliveries")
async def deliveries(
    trigger_id: UUID, actor: Viewer, request: Request, before: UUID | None = None, limit: int = 25
) -> tuple[Delivery, ...]:
    """What came in at a webhook, newest first."""
    return await register.list_deliveries(database(request), actor, trigger_id, before=before, limit=limit)


@router.post("/triggers/{trigger_id}/deliveries")
async def test(trigger_id: UUID, body: Test, actor: Starter, request: Request) -> Tested:
    """Sign a body as the sender would and receive it: the run that it starts is a real one."""
    found = await register.send_test(database(request), actor, trigger_id, body.body)
    return Tested(verdict=found.verdict, why=found.why, run_id=found.run_id)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value) if len(value) == 36 else None
    except ValueError:
        return None


async def _read(request: Request) -> tuple[bytes | None, int]:
    """The body and its size; no body once there is more of it than is read."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        return None, int(announced)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            return None, size
        parts.append(part)
    return b"".join(parts), size
