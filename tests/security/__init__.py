"""Attacks on the whole, each with what happens without the defence where that can be shown."""

from __future__ import annotations

import inspect
from typing import Any

from tests.studio.test_guard import is_event, ours

CANARY = "canary-of-a-prompt"


def handlers() -> dict[str, dict[str, Any]]:
    """Every handler that a page may name, with a payload that does not fit it."""
    found = {}
    for name, fn in ours().items():
        if not is_event(name):
            continue
        names = list(inspect.signature(fn).parameters)[1:]
        found[name] = {key: [CANARY] for key in names} or {"unasked": CANARY}
    return found
