"""A circuit breaker: a connector that does not answer is left alone for a while, and its callers are told at once.

::

    closed ── so many failures in a row ──> open ── its time is over ──> half open: one call goes through
      ^                                      ^ <── it failed: twice as long ──┘ │
      └───────────────────────── it was answered ──────────────────────────────┘

Only what says that the connector itself is not well counts: it cannot be reached, or does not answer in time. A tool
that says no is answering, and so is one whose result does not fit. Decisions are pure; ``Breaker`` keeps one circuit.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from connectors.tool import Health, Json, ToolError, ToolResult
from connectors.toolset import Toolset
from connectors.wrappers import Wrapper

HASTY_S = 1.0
"""A call that had less time than this and got no answer in it says nothing about the connector."""


@dataclass(frozen=True, slots=True)
class Policy:
    """After ``failures`` in a row the circuit opens for ``first_s`` seconds, then for twice as long each time, up to
    ``most_s``; each between half of that and all of it."""

    failures: int = 5
    first_s: float = 1.0
    most_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """``failures`` in a row; ``opened`` how often in a row it opened; ``until`` on the caller's clock. ``why``: the
    last failure's message. ``probing``: the one call of a half open circuit is under way."""

    failures: int = 0
    opened: int = 0
    until: float = 0.0
    why: str = ""
    probing: bool = False

    @property
    def is_open(self) -> bool:
        return self.opened > 0


Admission: TypeAlias = Literal["go", "probe", "refuse"]
Sign: TypeAlias = Literal["well", "unwell", "none"]


def admit(circuit: Circuit, now: float) -> Admission:
    """What becomes of a call that comes ``now``."""
    if not circuit.is_open:
        return "go"
    return "refuse" if circuit.probing or now < circuit.until else "probe"


def sign_of(error: ToolError | None, timeout_s: float) -> Sign:
    """What the end of a call says about its connector; None: there was an answer."""
    match error:
        case None:
            return "well"
        case ToolError(code="unavailable"):
            return "unwell"
        case ToolError(code="timeout"):
            return "unwell" if timeout_s >= HASTY_S else "none"
        case ToolError(outcome="unknown"):
            return "well"
        case _:
            return "none"


def after(
    circuit: Circuit, admission: Admission, sign: Sign, why: str, policy: Policy, now: float, chance: float
) -> Circuit:
    """The circuit once an admitted call has ended. ``chance`` in [0, 1). Where it has opened meanwhile, only its
    probe counts: the others began before."""
    if circuit.is_open and admission != "probe":
        return circuit
    match sign:
        case "well":
            return Circuit()
        case "none":
            return replace(circuit, probing=False)
        case "unwell":
            failures = circuit.failures + 1
            if admission != "probe" and failures < policy.failures:
                return replace(circuit, failures=failures, why=why)
            whole = min(policy.first_s * 2 ** min(circuit.opened, 40), policy.most_s)
            return Circuit(failures, circuit.opened + 1, now + whole * (0.5 + chance / 2), why)


class Breaker:
    """``name`` of what it stands before, for messages. ``changed`` hears of a circuit that opened or closed."""

    def __init__(
        self,
        name: str,
        policy: Policy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        changed: Callable[[Circuit], None] = lambda circuit: None,
    ) -> None:
        self._name = name
        self._policy = policy if policy is not None else Policy()
        self._clock = clock
        self._chance = chance
        self._changed = changed
        self.circuit = Circuit()

    def health(self) -> Health | None:
        """None while the circuit is closed: then what it stands before knows better."""
        return Health("down", self.circuit.why) if self.circuit.is_open else None

    def check(self) -> None:
        """Raises ``ToolError`` when a call that came now would be refused."""
        if admit(self.circuit, self._clock()) == "refuse":
            raise self._refusal()

    async def call(self, timeout_s: float, do: Callable[[], Awaitable[ToolResult]]) -> ToolResult:
        """``do()``, unless the circuit is open: then ``ToolError("unavailable")``, and nothing was sent."""
        admission = admit(self.circuit, self._clock())
        if admission == "refuse":
            raise self._refusal()
        if admission == "probe":
            self.circuit = replace(self.circuit, probing=True)
        sign: Sign = "none"  # cut short: nothing was learnt
        why = ""
        try:
            result = await do()
            sign = sign_of(None, timeout_s)
            return result
        except ToolError as error:
            sign, why = sign_of(error, timeout_s), error.message
            raise
        finally:
            before = self.circuit
            now, chance = self._clock(), self._chance()
            self.circuit = after(before, admission, sign, why, self._policy, now, chance)
            if self.circuit.is_open != before.is_open or self.circuit.opened > before.opened:
                self._changed(self.circuit)

    def _refusal(self) -> ToolError:
        left = self.circuit.until - self._clock()
        again = f"it is tried again in {left:.1f} s" if left > 0 else "it is being tried just now"
        said = f"{self._name} is left alone after {self.circuit.failures} failures in a row, {again}"
        return ToolError("unavailable", f"{said}; nothing was sent. The last: {self.circuit.why}", "not_done")


class CircuitBroken(Wrapper):
    """A toolset behind a breaker, which may stand before several clients of the same server, one after the other."""

    def __init__(self, inner: Toolset, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        return await self._breaker.call(
            timeout_s, lambda: self._inner.call(name, arguments, key=key, timeout_s=timeout_s)
        )

    async def health(self) -> Health:
        return self._breaker.health() or await self._inner.health()
