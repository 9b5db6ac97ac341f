"""A runner: claims runs that are due, carries them on, and holds their leases meanwhile.

``python -m engine.runner`` is one runner as a process of its own; the Serve replica holds the same class.
"""

from engine.runner.process import main, spare_the_collector
from engine.runner.runner import Runner, RunnerSettings

__all__ = ["Runner", "RunnerSettings", "main", "spare_the_collector"]
