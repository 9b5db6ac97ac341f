"""Logs as lines: text for people, or one JSON object a line with ``WEFT_LOG=json``.

Each line says what it is about (``engine.telemetry.subject``). An error is shown by its type and where it happened: its
message may hold what somebody sent, or a credential, so it is left out of both forms, as the API does
(``engine.api.sealing``). What ends a process or a thread by surprise is logged in the same way.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType

from engine.telemetry.subject import fields

log = logging.getLogger("weft")


def configure(environment: Mapping[str, str] = os.environ) -> None:
    """For a process of ours: the root logger writes to standard error, and only there."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if environment.get("WEFT_LOG", "").lower() == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("engine", "weft"):
        logging.getLogger(ours).setLevel(logging.INFO)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_a_thread


class Lines(logging.Formatter):
    """One JSON object: time, level, logger, message, what it is about, and ``error``: type and frames."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            error = record.exc_info[1]
            line["error"] = {"type": _types(error), "frames": _frames(record.exc_info[2])}
        return json.dumps(line, ensure_ascii=False, default=str).encode(errors="replace").decode()


class Text(logging.Formatter):
    """The same for people: what it is about stands behind the message."""

    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(f"{name}={value}" for name, value in fields().items())
        line = f"{_time(record)} {record.levelname} {record.name} {record.getMessage()}"
        line = f"{line} [{about}]" if about else line
        if record.exc_info and record.exc_info[0] is not None:
            frames = "\n".join(f"  {frame}" for frame in _frames(record.exc_info[2]))
            line = f"{line}\n{' <- '.join(_types(record.exc_info[1]))}\n{frames}".rstrip()
        return line


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _types(error: BaseException | None) -> list[str]:
    """The error's type, and those of what led to it."""
    found: list[str] = []
    while error is not None and len(found) < 10:
        found.append(type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(trace)]


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("the process ends by an error that nobody expected", exc_info=(kind, error, trace))


def _uncaught_in_a_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and not issubclass(given.exc_type, SystemExit):
        log.critical(
            "a thread ended by an error that nobody expected",
            exc_info=(given.exc_type, given.exc_value, given.exc_traceback),
        )
