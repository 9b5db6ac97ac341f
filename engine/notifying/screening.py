"""What of a message may leave: the account's own rules, and nothing that is called a secret. Pure.

Where the rules cannot be read, or say "refuse" of something in it, or it cannot be looked through, the words in the
message are held back and only what it is about goes out: people are told that something waits, not what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from engine.dlp import DlpFailed, Redactor, read_policy
from engine.dlp.policy import STRICTEST
from engine.errors import BadInput

HELD_BACK: Final = "[held back by the rules of this workspace]"
HIDDEN: Final = "[hidden]"
_SECRET: Final = re.compile(
    r"passw(or)?d|passphrase|secret|api[ _-]?key|access[ _-]?key|private[ _-]?key|authorization|credential"
    r"|(^|[ _-])(token|pin|cvv|cvc)([ _-]|$)",
    re.IGNORECASE,
)
PLAIN: Final = frozenset(
    {
        "id",
        "run_id",
        "approval_id",
        "workflow_id",
        "link",
        "args_hash",
        "created_at",
        "expires_at",
        "at",
        "state",
    }
)
"""Keys, at the top, of what the platform itself wrote: looked at as a card number, an id could be one by chance."""


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is kept out of every message."""
    return _SECRET.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None


def screened(body: Mapping[str, Any], rules: object) -> dict[str, Any]:
    """The body as it may leave. ``rules``: the account's, as they are stored, or None."""
    try:
        policy = read_policy({} if rules is None else rules)
    except BadInput:
        policy = STRICTEST
    redactor = Redactor(policy)
    try:
        said = {key: value if key in PLAIN else _walked(key, value, redactor) for key, value in body.items()}
        if not any(found.action == "refuse" for found in redactor.found.values()):
            return said
    except DlpFailed:
        pass
    return {key: value if key in PLAIN else _emptied(value) for key, value in body.items() if key != "to"}


def _walked(name: str, value: Any, redactor: Redactor) -> Any:
    if name and is_secret_name(name):
        return _hidden(value)
    match value:
        case str():
            return redactor.redact(value).text
        case bool() | None:
            return value
        case int() | float():
            told = redactor.redact(str(value)).text
            return value if told == str(value) else told
        case Mapping():
            return {
                redactor.redact(str(key)).text: _walked(str(key), one, redactor) for key, one in value.items()
            }
        case list() | tuple():
            return [_walked("", one, redactor) for one in value]
        case _:
            return HIDDEN


def _hidden(value: Any) -> Any:
    """All that stands under the name of a secret; whether something is set at all stays."""
    match value:
        case bool() | None:
            return value
        case Mapping():
            return {str(key): _hidden(one) for key, one in value.items()}
        case _:
            return HIDDEN


def _emptied(value: Any) -> Any:
    match value:
        case str():
            return HELD_BACK if value else value
        case bool() | None:
            return value
        case Mapping():
            return {}
        case list() | tuple():
            return []
        case _:
            return HELD_BACK
