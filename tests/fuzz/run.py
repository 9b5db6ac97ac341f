"""``weft fuzz``: texts nobody would write against everything that reads a text, until the time is up.

Hypothesis makes the cases and makes a failing one small; a watched child process does the work, so that a hang or a
crash of the process is a finding like any other.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.cases import texts
from tests.fuzz.targets import TARGETS
from tests.fuzz.watched import Ended, Watched

ROUND = 100
"""Cases of one seed; a finding is repeated with ``--seed`` of its round."""


@dataclass(frozen=True, slots=True)
class Finding:
    seed: int
    target: str
    ended: Ended
    text: str
    salt: int


@dataclass(slots=True)
class Tally:
    """``slowest`` is in seconds, by target."""

    cases: Counter[str] = field(default_factory=Counter)
    slowest: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    findings: list[Finding] = field(default_factory=list)


class Failed(AssertionError):
    """A case went wrong; the finding is kept apart, so that the last one told is the smallest."""


class TimeIsUp(Exception):
    pass


def fuzz(seconds: float, first: int, *, limit: float = 20.0) -> Tally:
    """Rounds of cases from seed ``first`` on, for so many seconds or to the first round with a finding."""
    tally = Tally()
    until = time.monotonic() + seconds
    number = first
    with Watched(limit) as child:
        while time.monotonic() < until and not tally.findings:
            found = _round(child, number, until, tally)
            if found is not None:
                tally.findings.append(found)
            number += 1
    return tally


def _round(child: Watched, number: int, until: float, tally: Tally) -> Finding | None:
    smallest: Finding | None = None
    hung = False

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(st.sampled_from(sorted(TARGETS)), texts(), st.integers(0, 2**32))
    def tried(target: str, text: str, salt: int) -> None:
        nonlocal smallest, hung
        if hung or (smallest is None and time.monotonic() > until):
            raise TimeIsUp
        ended = child.run(target, text, salt)
        tally.cases[target] += 1
        tally.slowest[target] = max(tally.slowest[target], ended.seconds)
        if ended.how != "well":
            smallest = Finding(number, target, ended, text, salt)
            hung = ended.how in ("hung", "died")  # too dear to make small
            raise Failed(ended.detail)

    try:
        tried()
    except (Failed, TimeIsUp):
        pass
    except Exception:
        if smallest is None:
            raise
    return smallest


def main(options: argparse.Namespace) -> int:
    tally = fuzz(options.minutes * 60, options.seed)
    total = sum(tally.cases.values())
    print(f"{'target':<12} {'cases':>8} {'slowest':>10}")
    for target in sorted(TARGETS):
        print(f"{target:<12} {tally.cases[target]:>8} {tally.slowest[target] * 1e3:>7.0f} ms")
    print(f"{total} cases, {len(tally.findings)} findings")
    for finding in tally.findings:
        path = Path(tempfile.gettempdir()) / f"weft-fuzz-{finding.target}-{finding.seed}.weft"
        path.write_bytes(finding.text.encode("utf-8", "surrogatepass"))
        print(f"\n{finding.target} {finding.ended.how} (seed {finding.seed}, salt {finding.salt}): {path}")
        print(finding.ended.detail)
        print(repr(finding.text))
    if options.json:
        figures = {
            target: {"cases": tally.cases[target], "slowest_ms": round(tally.slowest[target] * 1e3, 1)}
            for target in sorted(TARGETS)
        }
        print(
            json.dumps(
                {
                    "name": "fuzz",
                    "minutes": options.minutes,
                    "seed": options.seed,
                    "cases": total,
                    "findings": len(tally.findings),
                    "figures": figures,
                }
            )
        )
    return 1 if tally.findings else 0
