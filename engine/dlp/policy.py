"""What an account wants done about each kind of thing, as it is stored with the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from engine.dlp.kinds import KINDS
from engine.dlp.pattern import BadPattern, Pattern, compiled
from engine.errors import BadInput

Action: TypeAlias = Literal["off", "redact", "refuse"]
Reach: TypeAlias = Literal["hosted", "all"]

MOST_CUSTOM: Final = 20
LONGEST_PATTERN: Final = 200
LONGEST_NAME: Final = 30
CUSTOM_MEMORY: Final = 1 << 18
"""Bytes that a compiled pattern of an account may take."""

USUAL: Final[dict[str, Action]] = {
    "private_key": "redact",
    "api_key": "redact",
    "iban": "redact",
    "card": "redact",
    "ssn": "redact",
    "email": "off",
    "phone": "off",
}
"""Where nothing is said: what opens something or is somebody's money stays here; addresses are what workflows are
about."""

ACTIONS: Final[tuple[str, ...]] = get_args(Action)


@dataclass(frozen=True, slots=True)
class CustomPattern:
    """``name`` in small letters, digits and spaces: it stands in the mark. Made by ``custom``."""

    name: str
    pattern: str
    action: Action
    compiled: Pattern = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class DlpPolicy:
    """``actions`` by a kind's key, ``USUAL`` where one is missing. ``reach``: "hosted" leaves models at loopback and
    private addresses alone, "all" does not."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    custom: tuple[CustomPattern, ...] = ()
    reach: Reach = "hosted"

    def action(self, key: str) -> Action:
        return self.actions.get(key, USUAL[key])


STRICTEST: Final = DlpPolicy({kind.key: "refuse" for kind in KINDS}, reach="all")
"""What holds where the stored policy cannot be read."""


def custom(name: str, pattern: str, action: str) -> CustomPattern:
    """Raises ``BadInput`` for what RE2 does not take, what finds nothing at all, and what is too large."""
    name = name.strip().lower()
    problems = []
    if not (0 < len(name) <= LONGEST_NAME and name.isascii() and name.replace(" ", "").isalnum()):
        problems.append(("name", f"must be 1 to {LONGEST_NAME} letters, digits and spaces"))
    if not 0 < len(pattern) <= LONGEST_PATTERN:
        problems.append(("pattern", f"must have 1 to {LONGEST_PATTERN} characters"))
    if action not in ACTIONS:
        problems.append(("action", "must be off, redact or refuse"))
    if problems:
        raise BadInput("This pattern cannot be kept.", problems)
    try:
        found = compiled(pattern, CUSTOM_MEMORY)
        finds_nothing = any(match.span() == (0, 0) for match in found.finditer(""))
    except BadPattern as error:
        raise BadInput(
            f"The pattern of {name!r} cannot be read: {error}.",
            [("pattern", str(error))],
            "Patterns are RE2's: no look-around and no references to groups.",
        ) from None
    if finds_nothing:
        raise BadInput(
            f"The pattern of {name!r} matches the empty text.",
            [("pattern", "matches the empty text")],
            "Ask for at least one character: + instead of *.",
        )
    return CustomPattern(name, pattern, action, found)  # type: ignore[arg-type]


def read_policy(said: object) -> DlpPolicy:
    """From what is stored or was sent: ``{"actions": {kind: action}, "custom": [{name, pattern, action}], "reach"}``.
    Raises ``BadInput``."""
    if not isinstance(said, dict):
        raise BadInput("The policy is not an object.")
    actions, listed, reach = said.get("actions", {}), said.get("custom", []), said.get("reach", "hosted")
    problems: list[tuple[str, str]] = []
    if not isinstance(actions, dict) or not actions.keys() <= USUAL.keys():
        problems.append(("actions", f"names a kind that is not one of {', '.join(USUAL)}"))
    elif not all(action in ACTIONS for action in actions.values()):
        problems.append(("actions", "must be off, redact or refuse"))
    if reach not in get_args(Reach):
        problems.append(("reach", "must be hosted or all"))
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        problems.append(("custom", "must be a list of patterns"))
    elif len(listed) > MOST_CUSTOM:
        problems.append(("custom", f"at most {MOST_CUSTOM} patterns"))
    if problems:
        raise BadInput("The policy does not fit.", problems)
    made = tuple(
        custom(str(one.get("name", "")), str(one.get("pattern", "")), one.get("action", "redact"))
        for one in listed
    )
    names = [one.name for one in made]
    if len(set(names) | {kind.mark.lower() for kind in KINDS}) < len(names) + len(KINDS):
        raise BadInput("Two kinds have the same name.", [("custom", "names must differ")])
    return DlpPolicy(actions, made, reach)


def said_of(policy: DlpPolicy) -> dict[str, Any]:
    """The policy as it is stored: what ``read_policy`` reads."""
    return {
        "actions": {kind.key: policy.action(kind.key) for kind in KINDS},
        "custom": [{"name": one.name, "pattern": one.pattern, "action": one.action} for one in policy.custom],
        "reach": policy.reach,
    }
