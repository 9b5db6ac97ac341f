"""A process exits right before and right after every commit it makes, on a real Postgres; another finishes the run.

The places are found, not listed: see ``commits``. Two players only name them; then one process dies at each, before and
after, and a process that dies nowhere plays the scenario of all of them to its end. The witness are files, one an
effect, fsynced by the tool.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from engine.database import Urls
from tests.conftest import ROOT
from tests.engine_run.commits import CHILDREN, DIED, PLANS
from tests.engine_run.ground import Ground


@dataclass
class Players:
    """Forks a process for each order; ``tests.engine_run.commits`` says what it does."""

    process: subprocess.Popen[str]
    urls: Urls
    folder: Path
    ground: Ground
    owner: psycopg.Connection[Any]
    versions: dict[str, UUID] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    """By shape, all places that a process came to."""

    def play(self, shape: str, *keys: str, at: tuple[str, str] | None = None) -> tuple[int, list[str]]:
        """The process's exit code, and the places it came to. A run a key."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.files.mkdir(exist_ok=True)
        order: dict[str, Any] = {
            "ids": [
                str(one) for one in (self.ground.account_id, self.ground.workflow_id, self.version(shape))
            ],
            "app": self.urls.app,
            "runner": self.urls.runner,
            "files": str(self.files),
            "keys": keys,
            "at": at,
        }
        print(json.dumps(order), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        self.seen.setdefault(shape, set()).update(answer["places"])
        return answer["code"], answer["places"]

    def query(self, sql: str, *about: Any) -> list[Any]:
        return self.owner.execute(sql, about).fetchall()  # type: ignore[arg-type]

    @property
    def files(self) -> Path:
        return self.folder / "effects"

    def version(self, shape: str) -> UUID:
        if shape not in self.versions:
            made = PLANS[shape]()
            pins = tuple(
                pin.model_copy(update={"version": str(self.ground.publish(CHILDREN[pin.version]()))})
                for pin in made.workflows
                if pin.version in CHILDREN
            )
            self.versions[shape] = self.ground.publish(made.model_copy(update={"workflows": pins}))
        return self.versions[shape]

    def bury(self) -> None:
        """The process is dead, and what it held is left to a later one: the next to die shall not go on with it."""
        self.query(
            "UPDATE runs SET due_at = CASE WHEN state = 'running' THEN due_at ELSE 'infinity' END, lease_until ="
            " CASE WHEN state = 'running' THEN timestamptz 'infinity' END,"
            " state = CASE WHEN state = 'waiting' THEN 'queued' ELSE state END WHERE account_id = %s"
            " AND state IN ('queued', 'running', 'waiting') RETURNING 1",
            self.ground.account_id,
        )

    def wake(self) -> None:
        """Everything that dead processes left is due."""
        self.query(
            "UPDATE runs SET due_at = CASE WHEN state = 'running' THEN due_at ELSE now() END, lease_until ="
            " CASE WHEN state = 'running' THEN now() - interval '1 s' END WHERE account_id = %s"
            " AND state IN ('queued', 'running', 'waiting') RETURNING 1",
            self.ground.account_id,
        )

    def found(self, key: str) -> tuple[str, Any, dict[str, str]]:
        """How the run ended, its output, and what the files say: the effects by their place, and what is in them."""
        ((run_id, state, output),) = self.query(
            "SELECT id, state, output FROM runs WHERE workflow_id = %s AND idempotency_key = %s",
            self.ground.workflow_id,
            key,
        )
        children = {
            str(child): path
            for child, path in self.query("SELECT id, parent_path FROM runs WHERE parent_run_id = %s", run_id)
        }
        effects = {}
        for file in self.files.iterdir():
            owner, _, name = file.name.partition("+")
            if (owner == str(run_id) or owner in children) and not name.endswith(".tries"):
                effects[f"{children.get(owner, '')}/{name}"] = file.read_text()
        return state, output, effects


@pytest.fixture(scope="module")
def players(urls: Urls, owner_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Players]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.engine_run.commits"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with psycopg.connect(owner_url, autocommit=True) as owner:
        yield Players(process, urls, tmp_path_factory.mktemp("players"), Ground.lay(owner_url), owner)
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)


ALWAYS = ("lease.register", "lease.sign_off", "tallies.")
"""What a runner writes about itself in whatever scenario: each kind once, with the first scenario. (Renewing leases is
not among them: no scenario lasts that long; ``test_death`` kills runners that hold some.)"""
BESIDE = ("alerts.", "figures.", "finding.", "janitor.", "notifying.", "rescuing.", "triggers.")
"""What works beside a runner at its own pace, so that no scenario is sure to meet it; each dies in tests of its own."""
DEEP = {"two gates and a quorum", "cancelled", "a large value"}
"""Died through by the deep command only, which sets ``WEFT_PROGRAMS``; played once otherwise."""
TRIES = 3
"""Which events share a commit depends on the moment: a place that is not met is looked for again."""


@pytest.mark.properties
@pytest.mark.parametrize(
    "shape", [one for one in PLANS if one not in DEEP or os.environ.get("WEFT_PROGRAMS")]
)
def test_a_process_may_die_before_and_after_every_commit(shape: str, players: Players) -> None:
    calm = [f"calm-{uuid4()}" for _ in range(2)]
    seen = []
    for key in calm:
        code, places = players.play(shape, key)
        assert code == 0, f"the scenario does not end by itself: {_events(players, key)}"
        seen.append(places)
    wanted = players.found(calm[0])
    assert players.found(calm[1]) == wanted
    tried = [place for place in dict.fromkeys(seen[0] + seen[1]) if _is_tried(shape, place)]
    died: dict[str, tuple[str, str]] = {}
    for place, when in itertools.product(tried, ("before", "after")):
        for _ in range(TRIES):
            key = f"{place} {when} {uuid4()}"
            code, _ = players.play(shape, key, at=(place, when))
            assert code in (0, DIED), f"{place}, {when}: the process broke"
            if code == DIED:
                died[key] = (place, when)
                players.bury()
                break
    players.wake()
    code, _ = players.play(shape, *died)
    assert code == 0, f"not all runs end: {[_events(players, key)[-1:] for key in died]}"
    for key, (place, when) in died.items():
        found = players.found(key)
        assert found == wanted, f"died {when} {place}: {_events(players, key)}"
    always = {place for place in tried if place in seen[0] and place in seen[1] and _is_sure(shape, place)}
    both = set(died.values())
    met = {place for place in tried if (place, "before") in both and (place, "after") in both}
    rare = sorted(set(tried) - met - always)
    print(
        f"\n{shape}: died at {len(met)} of {len(tried)} commits, before and after each, and all {len(died)} runs"
        f" ended as if nothing had happened; {len({_kind(place) for place in met})} kinds"
        + (f"; met once and never again: {', '.join(rare)}" if rare else "")
    )
    assert met >= always, f"nobody died at {sorted(always - met)}"
    assert {_kind(place) for place in met} == {_kind(place) for place in tried}


def _is_tried(shape: str, place: str) -> bool:
    if all(part.startswith(BESIDE) for part in _kind(place).split("+")):
        return False
    return not place.startswith(ALWAYS) or (shape == "straight" and place.endswith("#1"))


def _is_sure(shape: str, place: str) -> bool:
    """A mere beginning may be part of a later batch; but not that of a call that must not be made twice."""
    return "step.started" not in place or shape in ("an unsafe call", "a call nobody knows of")


def _kind(place: str) -> str:
    return place.split("#")[0].split(" ")[0]


def _run(players: Players, key: str) -> UUID:
    found = players.query("SELECT id FROM runs WHERE idempotency_key = %s", key)
    return found[0][0]


def _events(players: Players, key: str) -> list[str]:
    return [f"{kind} {path}" for _, kind, path, _ in players.ground.events(_run(players, key))]


def test_the_shapes_come_to_every_way_of_writing(players: Players) -> None:
    """Each function of the engine that writes for runs is at work in one of the scenarios."""
    for shape in PLANS.keys() - players.seen.keys():
        assert players.play(shape, f"again-{uuid4()}")[0] == 0
    places = set().union(*players.seen.values())
    seen = {name for place in places for name in place.split("#")[0].split(" ")[0].split("+")}
    assert seen >= {
        "approving.deciding.decide",
        "childbirth.start",
        "childbirth.stop",
        "events.publish",
        "gatekeeping.close_gate",
        "gatekeeping.escalate",
        "gatekeeping.open_gate",
        "gatekeeping.park",
        "lease.claim",
        "lease.refer",
        "listening.subscribe",
        "listening.unsubscribe",
        "reviews.answer",
        "runs.cancel_run",
        "starting.born",
        "writer.append",
    }


def test_without_the_record_the_same_death_is_seen(players: Players) -> None:
    """The control: what the witness would say of an effect that happened twice."""
    shape, key = "an unsafe call", f"twice-{uuid4()}"
    assert players.play(shape, key)[0] == 0
    (file,) = [one for one in players.files.iterdir() if one.name == f"{_run(players, key)}+a"]
    file.write_text(file.read_text() + "done\n")
    assert "done\ndone\n" in players.found(key)[2].values()
