"""What went wrong in a handler or in a browser, in the log without anybody's data.

The framework's own handlers write down whole messages, and a message holds what somebody typed, or whatever a socket
chose to send. Here it is the kind of error and where it happened.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections import deque
from typing import Final

import reflex as rx
from reflex.event import EventSpec

from engine.errors import WeftError
from studio.shell.notices import plain

log = logging.getLogger("weft.studio")

MOST_REPORTS: Final = 20
"""Reports of browsers that are written down a minute: anybody who can open the login page can send one."""
LONGEST_REPORT: Final = 300

_reports: deque[float] = deque(maxlen=MOST_REPORTS)
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")


def in_handler(exception: Exception) -> EventSpec:
    """A mistake of ours, or the database is away: a notice for the person, the place for the log."""
    if isinstance(exception, WeftError):
        return rx.toast.error(plain(exception.message), description=plain(exception.help))
    frames = "".join(traceback.format_tb(exception.__traceback__))
    log.error("a handler failed: %s at\n%s", type(exception).__name__, frames.rstrip())
    return rx.toast.error("Something went wrong here.", description="Try again; the server's log says more.")


def in_browser(exception: Exception) -> None:
    """What a page reports about itself: one line, shortened, not too often."""
    now = time.monotonic()
    if len(_reports) == MOST_REPORTS and now - _reports[0] < 60:
        return
    _reports.append(now)
    log.warning(
        "a page reports: %s", _UNPRINTABLE.sub(" ", str(exception)[: 2 * LONGEST_REPORT])[:LONGEST_REPORT]
    )
