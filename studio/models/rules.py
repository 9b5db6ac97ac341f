"""What must not leave, as the page shows it and as its dialog says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.dlp import KINDS, DlpPolicy, read_policy
from engine.errors import BadInput

ACTIONS: Final = {"off": "May leave", "redact": "Is replaced by a mark", "refuse": "Stops the message"}
REACHES: Final = {
    "hosted": "Hosted models only; those at this machine and in its network may see everything",
    "all": "All models",
}
_TONES: Final = {"off": "", "redact": "info", "refuse": "warning"}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """``action``: a key of ``ACTIONS``; ``tone`` of its badge. ``pattern``: "" for the kinds that are built in."""

    key: str
    words: str
    action: str
    says: str
    tone: str
    pattern: str


def rule_rows(policy: DlpPolicy) -> list[RuleRow]:
    known = [(kind.key, kind.several, policy.action(kind.key), "") for kind in KINDS]
    own = [(one.name, one.name, one.action, one.pattern) for one in policy.custom]
    return [
        RuleRow(key, words[0].upper() + words[1:], action, ACTIONS[action], _TONES[action], pattern)
        for key, words, action, pattern in [*known, *own]
    ]


def custom_words(policy: DlpPolicy) -> str:
    """The account's own patterns, one a line, as the dialog takes them."""
    return "\n".join(
        f"{one.name}: {one.pattern}" + ("" if one.action == "redact" else f" => {one.action}")
        for one in policy.custom
    )


def policy_of(said: Mapping[str, Any]) -> DlpPolicy:
    """What a dialog says. A pattern's line is ``name: pattern``, with ``=> refuse`` or ``=> off`` behind it where it is
    not to be marked. Raises ``BadInput``."""
    custom = []
    for line in filter(str.strip, str(said.get("custom") or "").splitlines()):
        name, colon, rest = line.partition(":")
        if not colon:
            raise BadInput(
                "A pattern has no name.",
                [("custom", f"{line.strip()[:40]!r} has no name")],
                "Write each as name: pattern, one a line.",
            )
        pattern, arrow, action = rest.rpartition("=>")
        if not arrow or action.strip() not in ACTIONS:
            pattern, action = rest, "redact"
        custom.append({"name": name.strip(), "pattern": pattern.strip(), "action": action.strip()})
    actions = {kind.key: said[f"kind_{kind.key}"] for kind in KINDS if said.get(f"kind_{kind.key}")}
    return read_policy({"actions": actions, "custom": custom, "reach": said.get("reach") or "hosted"})
