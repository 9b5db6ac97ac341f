"""Telling people and other systems what happened: written down with it, sent later, until it arrived.

``outbox`` writes a row in the caller's transaction; a ``Courier`` beside every runner sends it, again and again under
one id, and gives up after ``MOST_ATTEMPTS``. Whoever receives one may see it twice and can tell by the id. Nothing in
here imports SQLAlchemy but ``writing``, ``channels`` and ``deliveries``, which serve services and people.
"""

from engine.notifying.outbox import MOST_ATTEMPTS, Notice, enqueue, tell

__all__ = ["MOST_ATTEMPTS", "Notice", "enqueue", "tell"]
