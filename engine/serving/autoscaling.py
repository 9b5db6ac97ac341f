"""How many runners there should be: by the depth of the queue, not by requests, since runners pull their work."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from typing import Any

import psycopg

log = logging.getLogger(__name__)

POLL_S = 2.0
DEPTH = "SELECT count(*) FROM runs WHERE state = 'queued' AND due_at <= now()"


def wanted(queued: int, now: int, least: int, most: int, up: int, down: int) -> int:
    """Runners for a queue: more above ``up``, one less below ``down``. Pure."""
    if queued > up:
        now = max(now + 1, math.ceil(queued / up))
    elif queued < down:
        now -= 1
    return max(least, min(most, now))


class QueueDepth:
    """Serve's policy. It is called in the controller's event loop, so the database is asked in a thread."""

    def __init__(self, up: int, down: int) -> None:
        self._up = up
        self._down = down
        self._queued = 0
        self._asked = 0.0
        self._url = os.environ.get("WEFT_RUNNER_URL", "")
        self._thread: threading.Thread | None = None

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        if time.monotonic() - self._asked > POLL_S and (self._thread is None or not self._thread.is_alive()):
            self._asked = time.monotonic()
            self._thread = threading.Thread(target=self._ask, daemon=True, name="weft-queue-depth")
            self._thread.start()
        number = wanted(
            self._queued,
            context.target_num_replicas,
            context.capacity_adjusted_min_replicas,
            context.capacity_adjusted_max_replicas,
            self._up,
            self._down,
        )
        return number, {}

    def _ask(self) -> None:
        try:
            with psycopg.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="weft-autoscaling"
            ) as connection:
                row = connection.execute(DEPTH).fetchone()
            self._queued = int(row[0]) if row is not None else 0
        except psycopg.Error as error:
            log.warning("the queue could not be counted: %s", error)
