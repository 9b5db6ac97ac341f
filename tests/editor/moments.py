"""One moment for tests that count from now."""

from datetime import UTC, datetime

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""
