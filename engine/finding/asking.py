"""A filter for runs as a value, and as the words of an address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from engine.errors import BadInput
from engine.lifecycle import RunState

SPANS: Final[dict[str, timedelta]] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
TRIGGERS: Final = (
    "manual",
    "api",
    "schedule",
    "webhook",
    "event",
    "mcp",
    "workflow",
    "chat",
    "replay",
    "fork",
    "error",
)
LONGEST_SEARCH: Final = 200
LONGEST_ERROR: Final = 60


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs. Everything that is set must hold. ``states``, ``triggers``: one of them; () for all. ``trigger``:
    the row of what started it by itself. ``version``: a number, of whatever workflow. ``by``: who asked for it.
    ``trial``: only tests, or only what is none. ``since`` (inclusive) and ``until`` (exclusive) are about when it was
    queued, ``ended_since`` and ``ended_until`` about when it ended; ``span``: "24h" and the like, until now, in the
    place of the first two. ``error``: the code of its error. ``search``: see ``terms.asked``."""

    workflow: UUID | None = None
    states: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    trigger: UUID | None = None
    version: int | None = None
    by: UUID | None = None
    trial: bool | None = None
    span: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ended_since: datetime | None = None
    ended_until: datetime | None = None
    error: str = ""
    search: str = ""

    @property
    def asks(self) -> bool:
        """Whether it leaves any run out."""
        return self != NOTHING_ASKED

    def words(self) -> dict[str, str]:
        """For an address, and for keeping: what ``read`` reads."""
        said: dict[str, str] = {}
        for name, value in (
            ("workflow", self.workflow),
            ("state", ",".join(self.states)),
            ("trigger", ",".join(self.triggers)),
            ("trigger_id", self.trigger),
            ("version", self.version),
            ("by", self.by),
            ("tests", {True: "only", False: "none", None: ""}[self.trial]),
            ("span", self.span),
            ("since", "" if self.since is None else _said(self.since)),
            ("until", "" if self.until is None else _said(self.until)),
            ("ended_since", "" if self.ended_since is None else _said(self.ended_since)),
            ("ended_until", "" if self.ended_until is None else _said(self.ended_until)),
            ("error", self.error),
            ("q", self.search),
        ):
            if value not in (None, ""):
                said[name] = str(value)
        return said


NOTHING_ASKED: Final = RunFilter()


def read(said: Mapping[str, str]) -> RunFilter:
    """From words of an address. Raises ``BadInput`` that names what is wrong; unknown names are left alone."""
    problems: list[tuple[str, str]] = []
    found = RunFilter()
    for name, value in said.items():
        if not isinstance(value, str) or not (value := value.strip()):
            continue
        try:
            found = _with(found, name, value)
        except ValueError as error:
            problems.append((name, str(error)))
    if found.since is not None and found.until is not None and found.since >= found.until:
        problems.append(("until", "must be after since"))
    if problems:
        raise BadInput(
            "This is no filter for runs: " + "; ".join(f"{n} {m}" for n, m in problems) + ".", problems
        )
    return found


def lenient(said: Mapping[str, str]) -> RunFilter:
    """As ``read``, leaving out what is wrong: for an address that somebody typed or kept."""
    found = RunFilter()
    for name, value in said.items():
        try:
            found = read({**found.words(), name: value})
        except BadInput:
            continue
    return found


def _with(found: RunFilter, name: str, value: str) -> RunFilter:
    match name:
        case "workflow":
            return replace(found, workflow=_id(value))
        case "trigger_id":
            return replace(found, trigger=_id(value))
        case "by":
            return replace(found, by=_id(value))
        case "state":
            return replace(found, states=_some(value, tuple(RunState)))
        case "trigger":
            return replace(found, triggers=_some(value, TRIGGERS))
        case "version":
            if not value.removeprefix("v").isdigit() or len(value) > 9:
                raise ValueError("must be a number")
            return replace(found, version=int(value.removeprefix("v")))
        case "tests":
            if value not in ("only", "none"):
                raise ValueError("must be only or none")
            return replace(found, trial=value == "only")
        case "span":
            if value not in SPANS:
                raise ValueError(f"must be one of {', '.join(SPANS)}")
            return replace(found, span=value)
        case "since":
            return replace(found, since=_moment(value))
        case "until":
            return replace(found, until=_moment(value))
        case "ended_since":
            return replace(found, ended_since=_moment(value))
        case "ended_until":
            return replace(found, ended_until=_moment(value))
        case "error":
            return replace(found, error=value[:LONGEST_ERROR])
        case "q":
            return replace(found, search=value[:LONGEST_SEARCH])
        case _:
            return found


def _some(value: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(part for part in value.split(",") if part))
    if unknown := [each for each in wanted if each not in known]:
        raise ValueError(f"{unknown[0]!r} must be one of {', '.join(known)}")
    return wanted


def _id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise ValueError("must be an id") from None


def _moment(value: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a time such as 2026-11-30T09:00:00Z") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
