"""What is kept of a body to be looked at later: its beginning, without what must not be seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.dlp import DlpFailed, DlpPolicy, redact

LOOKED_AT: Final = 4_096
"""Bytes of the body that are looked at."""
SHOWN: Final = 600
"""Characters of it that are kept."""


def preview_of(body: bytes, secrets: Sequence[str], policy: DlpPolicy) -> str:
    """ "" where there is nothing to show, or where it could not be looked through."""
    words = body[:LOOKED_AT].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    for secret in secrets:
        words = words.replace(secret, "[secret]")
    try:
        words = redact(words, policy).text
    except DlpFailed:
        return ""
    return words if len(words) <= SHOWN and len(body) <= LOOKED_AT else f"{words[: SHOWN - 1]}…"
