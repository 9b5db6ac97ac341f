"""Alerts: rules about an account's numbers, looked at every few seconds, and the channels that hear of it.

``kinds`` says what can be watched, ``deciding`` what follows from a reading, ``watchman`` looks beside every runner;
nothing of these imports SQLAlchemy. ``rules`` and ``history`` serve people.
"""

from engine.alerts.kinds import KINDS, SEVERITIES, Kind

__all__ = ["KINDS", "SEVERITIES", "Kind"]
