"""What the error workflow is told of a run that failed, as far as it wants to know. Pure.

The workflow declares some of these inputs, each as an object or as text: what it does not declare it is not given.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from engine.fitting import Interface, fitted

Json: TypeAlias = Any

STATES = ("failed", "timed_out", "cancelled", "needs_review")
NAMES = ("run_id", "workflow", "state", "error", "link")


@dataclass(frozen=True, slots=True)
class Failed:
    run_id: UUID
    workflow: str
    state: str
    error: Mapping[str, Json] | None


SAMPLE = Failed(
    UUID(int=0), "orders", "failed", {"code": "unavailable", "message": "Not now.", "step": "pay"}
)


def told(failed: Failed, interface: Interface) -> dict[str, Json]:
    """The input of the run that is started. Raises ``BadInput`` where the workflow needs more, or something else."""
    error = {"code": failed.state, "message": "", "step": ""} | {
        name: value for name, value in (failed.error or {}).items() if name in ("code", "message", "step")
    }
    known: dict[str, Json] = {
        "run_id": str(failed.run_id),
        "workflow": failed.workflow,
        "state": failed.state,
        "error": error,
        "link": link(failed.run_id),
    }
    properties = interface.input_schema.get("properties") or {}
    given = {name: value for name, value in known.items() if name in properties}
    wanted = properties.get("error")
    if isinstance(wanted, Mapping) and wanted.get("type") == "string":
        given["error"] = f"{error['code']}: {error['message']}".rstrip(": ")
    return fitted(given, interface)


def link(run_id: UUID) -> str:
    """Where people see the run: the first of ``WEFT_ORIGINS``."""
    origin = (os.environ.get("WEFT_ORIGINS") or "").split(",")[0].strip().rstrip("/")
    port = os.environ.get("WEFT_STUDIO_PORT", "3000")
    return f"{origin or f'http://localhost:{port}'}/runs/{run_id}"
