"""What holds where a text does not say: times in milliseconds."""

from __future__ import annotations

from typing import Final

CALL_TIMEOUT_MS: Final = 30_000
"""How long a call may take."""
APPROVAL_MS: Final = 3 * 86_400_000
"""How long an approval waits."""
BACKOFF_MS: Final = 1_000
"""The pause before the first further try; it doubles with each."""
BACKOFF_MAX_MS: Final = 60_000
