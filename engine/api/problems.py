"""Errors as RFC 9457 problem details, in this one place; those that nobody expected end in ``engine.api.sealing``."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from engine import errors
from engine.model.error import ModelError

MEDIA_TYPE = "application/problem+json"


def problem_of(error: errors.WeftError) -> tuple[int, str, dict[str, Any], dict[str, str]]:
    """(status, title, extra members, headers) of an error. Pure."""
    match error:
        case errors.NotFound():
            return 404, "Not found", {}, {}
        case errors.Forbidden():
            return 403, "Not allowed", {}, {}
        case errors.BadCredentials(retry_after=seconds) if seconds:
            return 429, "Too many attempts", {}, {"Retry-After": str(round(seconds))}
        case errors.BadCredentials():
            return 401, "Not signed in", {}, {"WWW-Authenticate": "Bearer"}
        case errors.Conflict(current=current):
            return 409, "Conflict", {} if current is None else {"current": jsonable_encoder(current)}, {}
        case errors.Rejected(diagnostics=diagnostics):
            found = [dataclasses.asdict(diagnostic) for diagnostic in diagnostics]
            return 422, "Not publishable", {"diagnostics": found}, {}
        case errors.BadInput(problems=problems):
            named = [{"path": path, "message": message} for path, message in problems]
            return 422, "Bad input", {"problems": named}, {}
        case errors.QueueFull(retry_after=seconds):
            return 429, "Queue full", {}, {"Retry-After": str(math.ceil(seconds))}
        case errors.Unavailable():
            return 503, "Unavailable", {}, {"Retry-After": "2"}
        case ModelError(code="budget"):
            return 429, "Budget used up", {"code": error.code}, {}
        case ModelError(code=code, retry_after_s=seconds):
            wait = {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}
            return 502, "No answer from a model", {"code": code}, wait
    return 500, "Not possible", {}, {}


def answer(
    status: int,
    title: str,
    detail: str,
    help: str = "",
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = {"type": f"urn:weft:problem:{title.lower().replace(' ', '-')}", "title": title, "status": status}
    body |= {"detail": detail} | ({"help": help} if help else {}) | (extra or {})
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    app.add_exception_handler(errors.WeftError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.WeftError)
    status, title, extra, headers = problem_of(error)
    return answer(status, title, error.message, error.help, extra, headers)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [
        {"path": ".".join(str(part) for part in one["loc"] if part != "body"), "message": one["msg"]}
        for one in error.errors()[:50]
    ]
    return answer(422, "Bad input", "The request does not fit.", extra={"problems": problems})


async def _plain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = {404: "Not found", 405: "Method not allowed", 413: "Too large"}.get(error.status_code, "Refused")
    return answer(error.status_code, title, str(error.detail), headers=dict(error.headers or {}))
