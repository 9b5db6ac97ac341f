"""Runs whose runners died under them: which of them may be tried again beside which.

A runner's death counts as an attempt of all the runs that it held, and nobody knows which of them was the cause. Twice
they are all tried again as any other. Who has been in two deaths is a *suspect*: a runner holds one of them at a time,
beside runs that are none. So whatever a poisonous run takes down with it from then on, it is no other suspect, and only
the run that keeps ending its runners comes to the end of its attempts; see docs/decisions/0029.
"""

from __future__ import annotations

CALM_ATTEMPTS = 2
"""Attempts that a run may lose with its runner before it is a suspect."""

MAY_BE_TAKEN = f"""
(attempt < {CALM_ATTEMPTS} OR (
  id = (SELECT s.id FROM runs s WHERE s.state = 'running' AND s.lease_until < now() AND s.attempt >= {CALM_ATTEMPTS}
        ORDER BY s.lease_until, s.id LIMIT 1)
  AND NOT EXISTS (SELECT FROM runs s WHERE s.state = 'running' AND s.lease_until >= now()
        AND s.lease_owner = %(me)s AND s.attempt > {CALM_ATTEMPTS})))"""
"""Of a run whose lease is over: whether the runner ``me`` may take it on. The first part is all that is looked at as
long as there is no suspect."""


def is_suspect(attempt: int) -> bool:
    """``attempt``: as it was claimed."""
    return attempt > CALM_ATTEMPTS


def given_up(attempts: int) -> str:
    """What a dead letter says."""
    return (
        f"The run was given up after {attempts} attempts that did not end: each time its runner stopped, or met with "
        "a defect, in the midst of it. Look at the step it was in and into the log of the runners for what ends them "
        "(memory, a crash), mend that, and start the run again. What it did before is not undone."
    )
