"""Effects on the world outside: the port through which tools are called, and what to do when a call goes wrong.

The decisions here are pure. An effect is *unsafe* when its tool writes and does not honour idempotency keys: doing it
twice could do the thing twice. Everything else may be repeated under the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from connectors import ToolError
from dsl.plan import Retry, ToolCall
from engine.strict import canonical_hash

Json: TypeAlias = Any

__all__ = [
    "Ask",
    "Fail",
    "Repeat",
    "ToolError",
    "Tools",
    "Verdict",
    "after_crash",
    "after_error",
    "approval_hash",
    "backoff_ms",
    "unsafe",
]

DEFAULT_TIMEOUT_S = 60.0
"""Of a call whose step names none."""


class Tools(Protocol):
    """Calls one tool of one account. Raises ``ToolError(code, message, outcome)``; ends within ``timeout_s``.

    ``pin``: the hash of the definition that the version was published with. Where the account has accepted another
    one since, the call is refused with the code "changed". None: whatever is accepted now."""

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None,
    ) -> Json: ...


@dataclass(frozen=True, slots=True)
class Repeat:
    """Call again after the delay."""

    delay_ms: int


@dataclass(frozen=True, slots=True)
class Fail:
    """The step has failed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Nobody knows whether it happened: a person must look."""


Verdict: TypeAlias = Repeat | Fail | Ask


def unsafe(call: ToolCall) -> bool:
    return call.effect == "write" and not call.honours_key


def after_error(
    call: ToolCall,
    retry: Retry | None,
    code: str,
    outcome: Literal["not_done", "unknown"],
    attempt: int,
    chance: float,
) -> Verdict:
    """What follows an error of the ``attempt``-th try (from 1). ``chance`` in [0, 1) spreads the backoff."""
    if outcome == "unknown" and unsafe(call):
        return Ask()
    if retry is not None and attempt <= retry.max and (not retry.codes or code in retry.codes):
        return Repeat(backoff_ms(retry, attempt, chance))
    return Fail()


def after_crash(call: ToolCall, started: bool) -> Literal["go", "ask"]:
    """What follows when a run is taken over: ``started`` says that the last try has a beginning and no end."""
    return "ask" if started and unsafe(call) else "go"


def backoff_ms(retry: Retry, attempt: int, chance: float) -> int:
    """Doubles with each attempt up to the limit; between half of that and all of it."""
    full = min(retry.backoff_ms * 2 ** min(attempt - 1, 40), retry.backoff_max_ms)
    return int(full * (0.5 + chance / 2))


def approval_hash(
    account_id: UUID, run_id: UUID, path: str, content_hash: str, effects: list[dict[str, Json]]
) -> str:
    """What an approval binds: account, run, step, version (its pins are in the content hash) and arguments."""
    body: Mapping[str, Json] = {
        "account": str(account_id),
        "run": str(run_id),
        "path": path,
        "version": content_hash,
        "effects": effects,
    }
    return canonical_hash(body)
