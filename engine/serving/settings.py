"""How the application is sized and how it lets go, read from the environment of whoever deploys it.

``engine.env`` in the installation's folder holds settings that a redeploy takes over while the engine runs: lines of
``NAME=VALUE``, names that begin with ``WEFT_``; they win over the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.settings import BadSettings

FILE = "engine.env"
MOST = 256
"""Replicas that anybody may ask for: each is a process and four connections to Postgres."""
_LINE = re.compile(r"(WEFT_[A-Z0-9_]+)\s*=\s*(.*?)\s*")
_WITHHELD = ("WEFT_OWNER_URL",)


@dataclass(frozen=True, slots=True)
class Scaling:
    """Runners between ``least`` and ``most``: one more above ``up`` runs that are due, one less when there have been
    fewer than ``down`` for ``down_delay_s`` seconds."""

    least: int = 1
    most: int = 5
    up: int = 500
    down: int = 100
    down_delay_s: float = 20.0


@dataclass(frozen=True, slots=True)
class ServingSettings:
    """``drain_s``: how long a replica that leaves waits for calls in flight; other runs are given back at once."""

    scaling: Scaling = Scaling()
    drain_s: float = 60.0

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> ServingSettings:
        """Raises ``BadSettings``."""
        scaling = Scaling(
            least=_whole(environment, "WEFT_RUNNERS_MIN", 1, 1, MOST),
            most=_whole(environment, "WEFT_RUNNERS_MAX", 5, 1, MOST),
            up=_whole(environment, "WEFT_RUNNERS_UP", 500, 1, 1_000_000),
            down=_whole(environment, "WEFT_RUNNERS_DOWN", 100, 0, 1_000_000),
            down_delay_s=_seconds(environment, "WEFT_RUNNERS_DOWN_DELAY_S", 20, 1, 3600),
        )
        if scaling.least > scaling.most:
            raise BadSettings(
                f"WEFT_RUNNERS_MIN is {scaling.least}, more than WEFT_RUNNERS_MAX, {scaling.most}.",
                "Let the least be the most or less.",
            )
        if scaling.down >= scaling.up:
            raise BadSettings(
                f"WEFT_RUNNERS_DOWN is {scaling.down}, not less than WEFT_RUNNERS_UP, {scaling.up}.",
                "Leave room between them, or runners would come and go all the time.",
            )
        return ServingSettings(scaling, _seconds(environment, "WEFT_RUNNER_DRAIN_S", 60, 1, 3600))


def settled(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment with what ``engine.env`` says in it. Raises ``BadSettings`` for a line that cannot be read."""
    return {**environment, **_file(home / FILE)}


def told(environment: Mapping[str, str]) -> dict[str, str]:
    """What a replica is told: every setting of ours and of the traces, none of the rest of the environment."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(("WEFT_", "OTEL_")) and name not in _WITHHELD
    }


def _file(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"The settings in {str(path)!r} cannot be read: {error}.", "Correct or remove the file."
        ) from None
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:  # the line may hold a secret: it is not quoted
            raise BadSettings(
                f"Line {number} of {str(path)!r} is no setting.",
                "Write NAME=VALUE with a name that begins with WEFT_, or put # before it.",
            )
        found[match[1]] = match[2]
    return found


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environment.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise BadSettings(f"{name} is {value!r}.", f"Give a whole number from {least} to {most}.")
    return int(value)


def _seconds(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    value = environment.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value) or not least <= float(value) <= most:
        raise BadSettings(f"{name} is {value!r}.", f"Give seconds from {least:g} to {most:g}.")
    return float(value)
