"""What can go wrong, as one small tree. The HTTP API turns each into a problem document, the studio into a notice.

::

    WeftError
    ├── NotFound         nothing there, or it belongs to somebody else: the same answer
    ├── Forbidden        known person, not allowed
    ├── BadCredentials   unknown person, wrong password, dead session or token
    ├── Conflict         somebody was faster; ``current`` is how things stand now
    ├── Rejected         a text that cannot be published; ``diagnostics`` says why
    ├── BadInput         values that do not fit; ``problems`` names each field
    ├── QueueFull        more runs wait to begin than may; later there is room again
    └── Unavailable      the database (or a connector) does not answer; trying again later helps

``message`` stands alone, ``help`` says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the language's checks take half a second to import, and start-up counts
    from dsl.diagnostic import Diagnostic


class WeftError(Exception):
    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class NotFound(WeftError):
    pass


class Forbidden(WeftError):
    pass


class BadCredentials(WeftError):
    """``retry_after`` is in seconds: earlier attempts are refused without looking at the password."""

    def __init__(self, message: str, help: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, help)
        self.retry_after = retry_after


class Conflict(WeftError):
    """``current`` is the thing as it is now: a draft, an approval."""

    def __init__(self, message: str, help: str = "", current: Any = None) -> None:
        super().__init__(message, help)
        self.current = current


class Rejected(WeftError):
    def __init__(self, message: str, diagnostics: Sequence[Diagnostic], help: str = "") -> None:
        super().__init__(message, help)
        self.diagnostics = tuple(diagnostics)


class BadInput(WeftError):
    """``problems`` are (path, message) pairs, the path as people write it (``order.total``), "" for the whole."""

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = (), help: str = "") -> None:
        super().__init__(message, help)
        self.problems = tuple(problems)


class QueueFull(WeftError):
    """``retry_after`` is in seconds."""

    def __init__(self, message: str, help: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, help)
        self.retry_after = retry_after


class Unavailable(WeftError):
    pass
