"""What the engine tells of itself to the outside: traces and logs. What is counted is in ``engine.tallies``.

Nothing here is needed by a run: a run never waits for any of it, and never fails because of it.
"""

from engine.telemetry.trace import Trace, accepted

__all__ = ["Trace", "accepted"]
