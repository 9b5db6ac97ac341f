"""A circuit breaker before each model: one that does not answer is left alone for a while; the next is asked at once.

The decisions are those of the connectors' breaker (``connectors.breaker``). Two things are a model's own: a server that
says when it wants to be asked again is left alone until then, and the first sign of an answer closes the circuit, since
an answer may take minutes to end.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from connectors.breaker import Admission, Circuit, Policy, Sign, admit, after
from engine.model.error import ModelError

POLICY: Final = Policy(failures=3, first_s=5.0, most_s=120.0)


def sign_of(error: ModelError) -> Sign:
    """What a failed call says about its server. A refusal and a bad answer are answers."""
    match error.code:
        case "unreachable" | "timeout" | "rate_limited":
            return "unwell"
        case "refused" | "bad_answer":
            return "well"
        case "budget" | "circuit_open":
            return "none"


class ModelBreaker:
    def __init__(
        self,
        policy: Policy = POLICY,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._chance = chance
        self.circuit = Circuit()

    @property
    def lets_through(self) -> bool:
        return admit(self.circuit, self._clock()) != "refuse"

    def enter(self, name: str) -> Admission:
        """Raises ``ModelError("circuit_open")`` where a call that comes now is refused."""
        admission = admit(self.circuit, self._clock())
        if admission == "refuse":
            wait = max(self.circuit.until - self._clock(), 1.0)
            raise ModelError(
                "circuit_open",
                f"The model {name!r} is left alone for another {wait:.0f} s: {self.circuit.why}",
                retry_after_s=wait,
            )
        if admission == "probe":
            self.circuit = replace(self.circuit, probing=True)
        return admission

    def answered(self) -> None:
        self.circuit = Circuit()

    def failed(self, admission: Admission, error: ModelError) -> None:
        now, sign = self._clock(), sign_of(error)
        if error.retry_after_s is not None and sign == "unwell":
            until = max(self.circuit.until, now + error.retry_after_s)
            self.circuit = Circuit(self.circuit.failures + 1, self.circuit.opened + 1, until, error.message)
        else:
            self.circuit = after(
                self.circuit, admission, sign, error.message, self._policy, now, self._chance()
            )

    def gave_up(self, admission: Admission) -> None:
        """The call was called off before it was known how it would end."""
        self.circuit = after(self.circuit, admission, "none", "", self._policy, self._clock(), 0.0)
